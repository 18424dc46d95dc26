# The layers of the house. A core library decides and may not link anything that does IO; an
# adapter library is the only place a vendor header may appear; a service wires both.

# sluice_core(NAME SOURCES... [LINK libs...] [TESTS files...])
# Pure code. Tests beside the code (foo_test.cc beside foo.cc) get the label `unit`, those named
# *_property_test.cc the label `property`.
function(sluice_core name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK;TESTS" ${ARGN})
  foreach(lib ${A_LINK})
    if(lib MATCHES "rdkafka|libpq|pqxx|rocksdb|arrow|parquet|CURL|adapter")
      message(FATAL_ERROR "${name} is a core library and may not link ${lib}: decide in the core, do IO in common/adapters")
    endif()
  endforeach()
  add_library(${name} STATIC ${A_SOURCES})
  target_link_libraries(${name} PUBLIC sluice_flags ${A_LINK})
  sluice_unit_tests(${name} ${A_TESTS})
endfunction()

# sluice_adapter(NAME SOURCES... [LINK libs...] [TESTS files...])
function(sluice_adapter name)
  cmake_parse_arguments(A "" "" "SOURCES;LINK;TESTS" ${ARGN})
  add_library(${name} STATIC ${A_SOURCES})
  target_link_libraries(${name} PUBLIC sluice_flags ${A_LINK})
  sluice_unit_tests(${name} ${A_TESTS})
endfunction()

# All sources of a test as one: what GoogleTest and JSON are made of for each is then made once, which takes a third of
# the time. So helpers of one library's tests have names that differ.
function(sluice_compile_together test)
  set_target_properties(${test} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
endfunction()

# One test binary for the unit tests of a library, one for its property tests.
function(sluice_unit_tests library)
  if(NOT SLUICE_TESTS OR NOT ARGN)
    return()
  endif()
  set(unit ${ARGN})
  set(property ${ARGN})
  list(FILTER unit EXCLUDE REGEX "_property_test\\.cc$")
  list(FILTER property INCLUDE REGEX "_property_test\\.cc$")
  if(unit)
    add_executable(${library}_test ${unit})
    sluice_compile_together(${library}_test)
    target_link_libraries(${library}_test PRIVATE ${library} sluice_test_flags GTest::gmock_main)
    gtest_discover_tests(${library}_test PROPERTIES LABELS unit TIMEOUT ${SLUICE_QUICK_TEST} DISCOVERY_TIMEOUT 60)
  endif()
  if(property)
    add_executable(${library}_property_test ${property})
    sluice_compile_together(${library}_property_test)
    target_link_libraries(${library}_property_test PRIVATE ${library} sluice_test_flags rapidcheck GTest::gmock_main)
    gtest_discover_tests(${library}_property_test PROPERTIES LABELS property TIMEOUT ${SLUICE_LONG_TEST} DISCOVERY_TIMEOUT 60)
  endif()
endfunction()
