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
# compile LibTorch's again. Clang also refuses one whose default visibility differs, so there the
# targets with hidden symbols share another: set the target's visibility before you call this.
function(assay_precompile_torch target)
  set(owner assay_torch_headers)
  set(visibility default)
  get_target_property(wanted ${target} CXX_VISIBILITY_PRESET)
  if(wanted AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(owner assay_torch_headers_${wanted})
    set(visibility ${wanted})
  endif()
  if(NOT TARGET ${owner})
    file(WRITE ${PROJECT_BINARY_DIR}/torch_headers.cpp "")
    add_library(${owner} OBJECT ${PROJECT_BINARY_DIR}/torch_headers.cpp)
    target_link_libraries(${owner} PRIVATE Torch::cpu)
    target_compile_options(${owner} PRIVATE -Wpedantic)  # without it g++ has a macro more
    set_target_properties(${owner} PROPERTIES UNITY_BUILD OFF POSITION_INDEPENDENT_CODE ON
      CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET ${visibility})
    target_precompile_headers(${owner} PRIVATE <torch/nn/module.h> <torch/types.h>
      <algorithm> <filesystem> <functional> <map> <memory> <optional> <string> <variant> <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()

# For a group with <string> among its headers: behind a precompiled one, g++ 12 warns of
# std::string operator+ (GCC bug 105651, as -Wrestrict does everywhere).
function(assay_precompile_strings target)
  assay_precompile(${target} ${ARGN})
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-stringop-overflow;-Wno-array-bounds>)
endfunction()
