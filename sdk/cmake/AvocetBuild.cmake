# SPDX-License-Identifier: Apache-2.0
# What the tree itself builds with: warnings, sanitizers, ccache, a fast linker, tests. Plugins outside the tree need
# only AvocetPlugin.cmake.
include(AvocetPlugin)

option(AVOCET_WERROR "Warnings are errors" ON)
set(AVOCET_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

add_compile_options(-Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>) # GCC bug 105651: wrong about std::string at -O2
endif()
if(AVOCET_WERROR)
  add_compile_options(-Werror)
endif()
if(AVOCET_SANITIZE)
  add_compile_options(-fsanitize=${AVOCET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AVOCET_SANITIZE})
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# avocet_core_library(record DEPENDS program ... LIBRARIES fmt::fmt ...): core/<name>/*.cpp as one static library.
function(avocet_core_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB _sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  list(FILTER _sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT _sources)
    add_library(avocet_${name} INTERFACE)
    set(_scope INTERFACE)
  else()
    add_library(avocet_${name} STATIC ${_sources})
    set(_scope PUBLIC)
  endif()
  target_include_directories(avocet_${name} ${_scope} "${CMAKE_CURRENT_SOURCE_DIR}")
  list(TRANSFORM ARG_DEPENDS PREPEND avocet_ OUTPUT_VARIABLE _depends)
  target_link_libraries(avocet_${name} ${_scope} Avocet::SDK ${_depends} ${ARG_LIBRARIES})
endfunction()

# avocet_add_test(NAME SOURCES ... LIBRARIES ... [DEFINITIONS ...] [LABELS ...] [LOCK name]): one GoogleTest program, one
# ctest entry for each test inside it. Tests with one LOCK never run at the same time.
function(avocet_add_test name)
  cmake_parse_arguments(ARG "" "LOCK" "SOURCES;LIBRARIES;DEFINITIONS;LABELS" ${ARGN})
  if(NOT AVOCET_TESTS)
    return()
  endif()
  include(GoogleTest)
  set(_properties TIMEOUT 300 SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
  if(ARG_LABELS) # an empty value would swallow the next property
    list(APPEND _properties LABELS ${ARG_LABELS})
  endif()
  if(ARG_LOCK)
    list(APPEND _properties RESOURCE_LOCK ${ARG_LOCK})
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${ARG_LIBRARIES} avocet_test_files GTest::gtest GTest::gmock GTest::gtest_main Threads::Threads)
  target_compile_definitions(test_${name} PRIVATE ${ARG_DEFINITIONS})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  gtest_discover_tests(test_${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES ${_properties})
endfunction()
