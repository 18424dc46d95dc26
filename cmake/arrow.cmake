# Apache Arrow and Parquet for C++: sluice::arrow and sluice::parquet, for adapters only.
#
# From Apache's own packages (libparquet-dev, as in a container image) where they are installed; else
# from the Python wheel that the launcher fetches, which holds the same headers and libraries but no
# CMake package, and no library without a version in its name.
find_package(Parquet CONFIG QUIET)
if(Parquet_FOUND)
  add_library(sluice::arrow ALIAS Arrow::arrow_shared)
  add_library(sluice::parquet ALIAS Parquet::parquet_shared)
  return()
endif()

execute_process(COMMAND ${CMAKE_SOURCE_DIR}/launcher/arrow.sh ${CMAKE_BINARY_DIR}
  OUTPUT_VARIABLE arrow_folder OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE arrow_failed)
file(GLOB arrow_library ${arrow_folder}/libarrow.so.*)
file(GLOB parquet_library ${arrow_folder}/libparquet.so.*)
if(arrow_failed OR NOT arrow_library OR NOT parquet_library)
  message(FATAL_ERROR "Apache Arrow is not there: launcher/arrow.sh could not fetch it; Apache's package libparquet-dev would do too")
endif()
# CMake writes the folder of an imported library into the rpath of what is linked with it.
foreach(name arrow parquet)
  add_library(sluice::${name} SHARED IMPORTED)
  set_target_properties(sluice::${name} PROPERTIES IMPORTED_LOCATION ${${name}_library})
  target_include_directories(sluice::${name} SYSTEM INTERFACE ${arrow_folder}/include)
endforeach()
target_link_libraries(sluice::parquet INTERFACE sluice::arrow)
