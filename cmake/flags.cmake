# One interface target carries the warnings and sanitizers of all our own code.
add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own stable_sort calls what it has declared deprecated, and hides that from GCC alone.
  target_compile_options(sluice_flags INTERFACE -Wno-deprecated-declarations)
endif()
target_include_directories(sluice_flags INTERFACE ${CMAKE_SOURCE_DIR})
# Tests are compiled as fast as can be: half of all compiling is theirs, and what they test is optimized.
add_library(sluice_test_flags INTERFACE)
target_compile_options(sluice_test_flags INTERFACE -O0)
# Seconds that a quick test may take, and a long one.
set(SLUICE_QUICK_TEST 60)
set(SLUICE_LONG_TEST 300)
if(SLUICE_SANITIZE)
  set(SLUICE_QUICK_TEST 600)
  set(SLUICE_LONG_TEST 1800)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()
