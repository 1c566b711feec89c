# Flags that hold for every target.
add_compile_definitions(
  BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION
  # Asio would keep blocks of ended tasks for the next, larger than it needs: a frame that waits for
  # a whole answer holds what a passing one asked for. The C library's allocator fits them, and what
  # looks for errors of memory sees each frame.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=0
  _GLIBCXX_ASSERTIONS)
add_compile_options(-fPIE -fstack-protector-strong -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Xclang -fno-pch-timestamp -fcf-protection)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections)
  add_link_options(-Wl,--gc-sections)
endif()
add_link_options(-pie -Wl,-z,relro,-z,now)
find_program(KAIWA_LLD NAMES ld.lld-19 ld.lld)
if(KAIWA_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options("--ld-path=${KAIWA_LLD}")
endif()
if(KAIWA_STATIC)
  add_link_options(-static-libstdc++ -static-libgcc)
endif()
find_program(KAIWA_CCACHE ccache)
if(KAIWA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${KAIWA_CCACHE}")
endif()
