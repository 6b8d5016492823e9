# Our own code compiles without a warning; third-party headers are system headers.
# -Wrestrict misfires on std::string operator+ in g++ 12 (GCC bug 105329), -Wsubobject-linkage in a
# unity build, where a .cpp file looks like a header.
option(ASSAY_WERROR "Treat warnings as errors, as the presets do" OFF)
function(assay_warnings target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wno-sign-conversion>
    $<$<AND:$<BOOL:${ASSAY_WERROR}>,$<COMPILE_LANGUAGE:CXX>>:-Werror>
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict;$<$<BOOL:${ASSAY_UNITY}>:-Wno-subobject-linkage>>)
endfunction()
