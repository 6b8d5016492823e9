# LibTorch as imported targets: Torch::cpu (torch_cpu, c10), and Torch::cuda (torch_cuda, c10_cuda),
# which only the CUDA module links. find_package(Torch) of the wheel demands a CUDA toolkit.
# Looked for in: ASSAY_LIBTORCH, CMAKE_PREFIX_PATH, a Python that has torch, then the PyPI wheel,
# unpacked into the user's cache folder that all build folders share.
if(TARGET Torch::cpu)  # another folder of this project has found it
  return()
endif()
set(ASSAY_LIBTORCH_VERSION 2.11.0)
set(ASSAY_LIBTORCH "$ENV{ASSAY_LIBTORCH}" CACHE PATH "Folder with LibTorch's include/ and lib/")

function(assay_libtorch_version dir out)
  set(${out} "" PARENT_SCOPE)
  set(header "${dir}/include/torch/headeronly/version.h")
  if(NOT EXISTS "${header}")
    set(header "${dir}/include/torch/csrc/api/include/torch/version.h")
  endif()
  if(NOT EXISTS "${header}" OR NOT EXISTS "${dir}/lib/libtorch_cpu.so")
    return()
  endif()
  file(STRINGS "${header}" line REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9;]" "" numbers "${line}")
  list(JOIN numbers "." version)
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

function(assay_fetch_libtorch out)
  set(cache "$ENV{XDG_CACHE_HOME}")
  if(NOT cache)
    set(cache "$ENV{HOME}/.cache")
  endif()
  set(target "${cache}/assay/libtorch-${ASSAY_LIBTORCH_VERSION}")
  if(NOT EXISTS "${target}/torch/lib/libtorch_cpu.so")
    if(NOT PROJECT_NAME STREQUAL "assay")  # a package does not use the network
      message(FATAL_ERROR "LibTorch ${ASSAY_LIBTORCH_VERSION} was not found in CMAKE_PREFIX_PATH, in Python, or in "
        "${target}: set ASSAY_LIBTORCH to its folder, which has include/ and lib/.")
    endif()
    message(STATUS "Fetching LibTorch ${ASSAY_LIBTORCH_VERSION} (the PyPI wheel, 1.2 GB) into ${target}")
    find_program(python NAMES python3 REQUIRED)
    file(REMOVE_RECURSE "${target}.part")
    execute_process(
      COMMAND ${python} -m pip install --quiet --no-deps --target "${target}.part"
              torch==${ASSAY_LIBTORCH_VERSION} nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
      RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "LibTorch could not be fetched with pip; with a network, try again; "
        "without one, set ASSAY_LIBTORCH to the folder of a LibTorch ${ASSAY_LIBTORCH_VERSION} "
        "that has include/ and lib/.")
    endif()
    file(RENAME "${target}.part" "${target}")
  endif()
  set(${out} "${target}/torch" PARENT_SCOPE)
endfunction()

function(assay_find_libtorch out)
  foreach(dir IN LISTS ASSAY_LIBTORCH CMAKE_PREFIX_PATH)
    assay_libtorch_version("${dir}" version)
    if(version)
      set(${out} "${dir}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(ASSAY_LIBTORCH)
    message(FATAL_ERROR "ASSAY_LIBTORCH=${ASSAY_LIBTORCH} has no LibTorch: include/ and lib/libtorch_cpu.so were looked for.")
  endif()
  find_program(python NAMES python3)
  if(python)
    execute_process(COMMAND ${python} -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
      OUTPUT_VARIABLE dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
    if(result EQUAL 0)
      assay_libtorch_version("${dir}" version)
      if(version STREQUAL ASSAY_LIBTORCH_VERSION)
        set(${out} "${dir}" PARENT_SCOPE)
        return()
      endif()
    endif()
  endif()
  assay_fetch_libtorch(dir)
  set(${out} "${dir}" PARENT_SCOPE)
endfunction()

assay_find_libtorch(libtorch)
assay_libtorch_version("${libtorch}" libtorch_version)
if(NOT libtorch_version STREQUAL ASSAY_LIBTORCH_VERSION)
  message(FATAL_ERROR "LibTorch in ${libtorch} is ${libtorch_version}; Assay is built with ${ASSAY_LIBTORCH_VERSION}.")
endif()
set(ASSAY_LIBTORCH_DIR "${libtorch}" CACHE INTERNAL "The LibTorch in use")
message(STATUS "LibTorch ${libtorch_version}: ${libtorch}")

# Programs find LibTorch through this link, relative to their own folder: so neither the user's cache
# folder nor the project's is in a file, and build ids do not depend on them.
set(lib "${CMAKE_BINARY_DIR}/lib/assay/libtorch")
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/lib/assay")
file(CREATE_LINK "${libtorch}/lib" "${lib}" SYMBOLIC)

add_library(Torch::cpu INTERFACE IMPORTED GLOBAL)
set_target_properties(Torch::cpu PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${libtorch}/include;${libtorch}/include/torch/csrc/api/include"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${libtorch}/include;${libtorch}/include/torch/csrc/api/include"
  # As the wheel was built: NDEBUG changes the layout of at::RecordFunction. So assert() does nothing
  # in what links this, in a Debug build too.
  INTERFACE_COMPILE_DEFINITIONS "_GLIBCXX_USE_CXX11_ABI=1;NDEBUG"
  # at::parallel_for runs serially in code that is compiled without OpenMP. g++'s runtime has the file
  # name of LibTorch's own, libgomp.so.1, so a process loads one; clang's has another, and does without.
  INTERFACE_COMPILE_OPTIONS "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fopenmp>"
  INTERFACE_LINK_LIBRARIES "${lib}/libtorch_cpu.so;${lib}/libc10.so;$<$<CXX_COMPILER_ID:GNU>:gomp>")

# The NVIDIA libraries that libtorch_cuda asks for are not unpacked with the wheel; they are looked
# for when the module is loaded. Nothing in the module refers to libtorch_cuda by name: it is there
# for its kernels, so the linker must not drop it.
add_library(Torch::cuda INTERFACE IMPORTED GLOBAL)
set_target_properties(Torch::cuda PROPERTIES
  INTERFACE_LINK_OPTIONS "LINKER:--no-as-needed,--allow-shlib-undefined"
  INTERFACE_LINK_LIBRARIES "Torch::cpu;${lib}/libtorch_cuda.so;${lib}/libc10_cuda.so")
