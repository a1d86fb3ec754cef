# One library per folder under src/, linking only what it may use. What a folder may include is checked by
# tests/structure as well, from the order in docs/architecture.md.
#
#   partway_folder(FOLDER [NAME name] LINKS ... [PRIVATE_LINKS ...] [TEST_LINKS ...])
#
# builds partway_<name> from its *.cc (without *_test.cc) and, with PARTWAY_TESTS, <name>_test from its *_test.cc.

add_library(partway_flags INTERFACE)
target_include_directories(partway_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_options(partway_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers -Wno-unused-parameter)
if(PARTWAY_SANITIZE)
  target_compile_options(partway_flags INTERFACE -fsanitize=${PARTWAY_SANITIZE} -fno-omit-frame-pointer -g1)
  # For code of ours that must know; the compilers' own macros differ, and one is taken away below.
  target_compile_definitions(partway_flags INTERFACE PARTWAY_SANITIZED)
  target_link_options(partway_flags INTERFACE -fsanitize=${PARTWAY_SANITIZE})
  if(PARTWAY_SANITIZE MATCHES thread)
    # Protobuf's and Abseil's headers lay their classes out otherwise where they see this macro; the installed libraries were built without it.
    target_compile_options(partway_flags INTERFACE -U__SANITIZE_THREAD__)
  endif()
endif()
if(PARTWAY_FUZZ)
  target_compile_options(partway_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(partway_folder folder)
  cmake_parse_arguments(ARG "" "NAME" "LINKS;PRIVATE_LINKS;TEST_LINKS" ${ARGN})
  set(name ${folder})
  if(ARG_NAME)
    set(name ${ARG_NAME})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(partway_${name} STATIC ${sources})
    target_link_libraries(partway_${name} PUBLIC partway_flags ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  else()
    add_library(partway_${name} INTERFACE)
    target_link_libraries(partway_${name} INTERFACE partway_flags ${ARG_LINKS})
  endif()
  if(PARTWAY_TESTS AND tests)
    partway_test(${name}_test SOURCES ${tests} LINKS partway_${name} ${ARG_TEST_LINKS})
  endif()
endfunction()

# Defines NAME=value for those of the sources that name it. Paths are defined in no other way: on every command line they would keep compiler caches
# from sharing between checkouts.
function(partway_define definition)
  string(REGEX REPLACE "=.*" "" name "${definition}")
  foreach(source IN LISTS ARGN)
    get_filename_component(source "${source}" ABSOLUTE)
    file(STRINGS "${source}" uses REGEX "${name}")
    if(uses)
      set_property(SOURCE "${source}" APPEND PROPERTY COMPILE_DEFINITIONS "${definition}")
    endif()
  endforeach()
endfunction()

function(partway_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  partway_define(PARTWAY_SOURCE_DIR="${CMAKE_SOURCE_DIR}" ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE partway_flags ${ARG_LINKS} GTest::gmock_main)
  # One process a suite would hide a crash's neighbours; one a test costs little here.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
endfunction()
