# The headers that nearly every test reads are compiled once; half of a build from nothing is tests. Only for GCC, and
# only for tests: of what is optimized GCC 12 warns wrongly about its own headers when they come precompiled.
function(sluice_precompile_tests)
  if(NOT SLUICE_TESTS OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled_tests.cc "")
  add_library(sluice_precompiled_tests OBJECT ${CMAKE_BINARY_DIR}/precompiled_tests.cc)
  target_link_libraries(sluice_precompiled_tests PRIVATE sluice_flags sluice_test_flags GTest::gmock)
  target_precompile_headers(sluice_precompiled_tests PRIVATE
    <algorithm> <chrono> <filesystem> <fstream> <functional> <map> <memory> <optional> <set> <string> <string_view>
    <vector> <fmt/format.h> <nlohmann/json.hpp> <gmock/gmock.h> <gtest/gtest.h>)
  # A precompiled header serves only where its macros are the same; and ccache asks for the option.
  target_link_libraries(sluice_test_flags INTERFACE fmt::fmt)
  target_compile_options(sluice_test_flags INTERFACE -fpch-preprocess)
  sluice_precompile_tests_below(${CMAKE_SOURCE_DIR})
endfunction()

function(sluice_precompile_tests_below folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(linked ${target} LINK_LIBRARIES)
    if("sluice_test_flags" IN_LIST linked AND linked MATCHES "GTest" AND NOT target STREQUAL "sluice_precompiled_tests")
      target_precompile_headers(${target} REUSE_FROM sluice_precompiled_tests)
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(below IN LISTS folders)
    sluice_precompile_tests_below(${below})
  endforeach()
endfunction()
