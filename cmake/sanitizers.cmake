# ASSAY_SANITIZE=address,undefined for everything. vptr is left out: it misfires across libraries
# whose interfaces are loaded with RTLD_LOCAL.
set(ASSAY_SANITIZE "" CACHE STRING "Sanitizers, separated by commas")
if(ASSAY_SANITIZE)
  add_compile_options(-fsanitize=${ASSAY_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ASSAY_SANITIZE})
endif()

# The fuzz targets share their objects with the tests: what libFuzzer counts is compiled into all.
option(ASSAY_FUZZ "Build the fuzz targets, with clang" OFF)
if(ASSAY_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ASSAY_FUZZ=ON needs clang and its libFuzzer (Debian: clang, libclang-rt-14-dev), and the "
      "compiler is ${CMAKE_CXX_COMPILER}; use the preset `checked`.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
