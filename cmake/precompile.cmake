# assay_precompile(target group headers...): the first target of a group precompiles the headers, and
# the others use what it made. Targets of one group are compiled with the same flags.
function(assay_precompile target group)
  get_property(owner GLOBAL PROPERTY ASSAY_PRECOMPILED_${group})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
    set_property(GLOBAL PROPERTY ASSAY_PRECOMPILED_${group} ${target})
  endif()
endfunction()

# The same where <string> is among the headers: behind a precompiled one, g++ 12 warns of
# std::string operator+ (GCC bug 105651, as -Wrestrict does everywhere).
function(assay_precompile_strings target)
  assay_precompile(${target} ${ARGN})
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-stringop-overflow;-Wno-array-bounds>)
endfunction()
