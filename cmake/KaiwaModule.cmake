# kaiwa_module(<name>        e.g. chat, or store_sqlite for src/store/sqlite
#   HEADERS <file>...        headers that other modules may include
#   SOURCES <file>...
#   DEPS <target>...         what our headers include
#   PRIVATE_DEPS <target>... what only our .cpp files include
#   TESTS <file>...          one test program, beside the code
#   TEST_DEPS <target>...)
#
# Creates kaiwa_<name> (alias kaiwa::<name>) and kaiwa_<name>_test. Every module shares the
# precompiled headers of base, so all are compiled with the same flags.
function(kaiwa_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "HEADERS;SOURCES;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "kaiwa_module(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()

  add_library(kaiwa_${name} STATIC ${arg_SOURCES})
  add_library(kaiwa::${name} ALIAS kaiwa_${name})
  target_link_libraries(kaiwa_${name} PUBLIC ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
  target_sources(kaiwa_${name} PUBLIC
    FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include" FILES ${arg_HEADERS})
  kaiwa_compile_like_us(kaiwa_${name})

  if(KAIWA_TESTS AND arg_TESTS)
    add_executable(kaiwa_${name}_test ${arg_TESTS})
    target_link_libraries(kaiwa_${name}_test PRIVATE kaiwa_${name} ${arg_TEST_DEPS} GTest::gmock GTest::gtest_main)
    kaiwa_compile_like_us(kaiwa_${name}_test)
    gtest_discover_tests(kaiwa_${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

# Warnings and precompiled headers of the house, for a module or any other target.
function(kaiwa_compile_like_us target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE kaiwa_external)
  if(NOT target STREQUAL "kaiwa_base")
    target_precompile_headers(${target} REUSE_FROM kaiwa_base)
  endif()
endfunction()

# Third-party headers that nearly every file needs.
add_library(kaiwa_external INTERFACE)
target_link_libraries(kaiwa_external INTERFACE
  Boost::headers Boost::json Boost::url Threads::Threads OpenSSL::SSL OpenSSL::Crypto kaiwa_fmt)
