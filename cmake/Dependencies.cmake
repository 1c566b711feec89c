# Every library that the program or its tests link, found once.
if(KAIWA_STATIC)
  set(Boost_USE_STATIC_LIBS ON)
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_library(ARGON2_LIBRARY argon2 REQUIRED)
find_library(CJOSE_LIBRARY cjose REQUIRED)
find_library(JANSSON_LIBRARY jansson REQUIRED)
find_library(BROTLIDEC_LIBRARY brotlidec REQUIRED)
find_library(BROTLICOMMON_LIBRARY brotlicommon REQUIRED)

add_library(kaiwa_argon2 INTERFACE)
target_link_libraries(kaiwa_argon2 INTERFACE "${ARGON2_LIBRARY}" Threads::Threads)
add_library(kaiwa_cjose INTERFACE)
target_link_libraries(kaiwa_cjose INTERFACE "${CJOSE_LIBRARY}" "${JANSSON_LIBRARY}" OpenSSL::Crypto m)
add_library(kaiwa_brotlidec INTERFACE)
target_link_libraries(kaiwa_brotlidec INTERFACE "${BROTLIDEC_LIBRARY}" "${BROTLICOMMON_LIBRARY}")

# fmt has no archive in the distribution: used from its headers.
add_library(kaiwa_fmt INTERFACE)
target_compile_definitions(kaiwa_fmt INTERFACE FMT_HEADER_ONLY)
