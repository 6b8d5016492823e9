# Precompiled headers, one file per group: the first target of a group compiles them, and the others
# reuse its file. All targets of a group must agree on -fPIC and on every macro the headers read.
function(assay_precompile target group)
  get_property(owner GLOBAL PROPERTY ASSAY_PRECOMPILED_${group})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
    set_property(GLOBAL PROPERTY ASSAY_PRECOMPILED_${group} ${target})
  endif()
endfunction()

# LibTorch's headers take 18 s and 0.5 GB to precompile, so core, plugins and the worker share them.
# Their owner has no sources and no macros of its own, since g++ refuses a precompiled header in a
# target that lacks one of its macros. None of our own headers is among them: editing one would
# compile LibTorch's again.
function(assay_precompile_torch target)
  if(NOT TARGET assay_torch_headers)
    file(WRITE ${PROJECT_BINARY_DIR}/torch_headers.cpp "")
    add_library(assay_torch_headers OBJECT ${PROJECT_BINARY_DIR}/torch_headers.cpp)
    target_link_libraries(assay_torch_headers PRIVATE Torch::cpu)
    target_compile_options(assay_torch_headers PRIVATE -Wpedantic)  # without it g++ has a macro more
    set_target_properties(assay_torch_headers PROPERTIES UNITY_BUILD OFF POSITION_INDEPENDENT_CODE ON
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
    target_precompile_headers(assay_torch_headers PRIVATE <torch/nn/module.h> <torch/types.h>
      <algorithm> <filesystem> <functional> <map> <memory> <optional> <string> <variant> <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM assay_torch_headers)
endfunction()

# For a group with <string> among its headers: behind a precompiled one, g++ 12 warns of
# std::string operator+ (GCC bug 105651, as -Wrestrict does everywhere).
function(assay_precompile_strings target)
  assay_precompile(${target} ${ARGN})
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-stringop-overflow;-Wno-array-bounds>)
endfunction()
