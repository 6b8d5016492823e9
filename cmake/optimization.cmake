# A Release build compiles the runner, the plugins and the tests at -O1: LibTorch or the disk does
# their work, and -O3 takes half as long again to compile.

# For a target whose own loops are hot: -O3 in a Release build.
function(assay_optimize target)
  target_compile_options(${target} PRIVATE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O3>)
endfunction()

# For all targets of the folder that calls it: -O1 in a Release build.
macro(assay_compile_quickly)
  add_compile_options($<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)
endmacro()

# Compiles up to 12 files of a target as one, so that headers are read and templates instantiated
# once per batch. Names in anonymous namespaces must then differ across the target.
option(ASSAY_UNITY "Compile the files of core, the runner and large plugins in batches" ON)
function(assay_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ASSAY_UNITY} UNITY_BUILD_BATCH_SIZE 12)
endfunction()
