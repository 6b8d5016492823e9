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
# once per batch. Names in anonymous namespaces must then differ across the target. CMake's own unity
# builds include files by their full paths, so ccache would never hit in a clone in another folder.
option(ASSAY_UNITY "Compile the files of core, the runner and plugins in batches" ON)
function(assay_unite target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  list(LENGTH sources count)
  if(NOT ASSAY_UNITY OR count LESS 2)
    return()
  endif()
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  set_source_files_properties(${sources} PROPERTIES HEADER_FILE_ONLY ON)
  set(batch 0)
  while(sources)
    list(SUBLIST sources 0 12 files)
    list(REMOVE_ITEM sources ${files})
    set(text "")
    foreach(file IN LISTS files)
      cmake_path(ABSOLUTE_PATH file)
      cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
      string(APPEND text "#include \"${file}\"\n")
    endforeach()
    set(name ${CMAKE_CURRENT_BINARY_DIR}/${target}_${batch}.cpp)
    file(CONFIGURE OUTPUT ${name} CONTENT "${text}")
    target_sources(${target} PRIVATE ${name})
    math(EXPR batch "${batch} + 1")
  endwhile()
endfunction()
