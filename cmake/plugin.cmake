# assay_add_plugin(name [sources...] [LIBS libraries...] [INTERFACES headers...]): the plugin <name>.so,
# a shared library with one exported function, as target plugin_<name>. Without sources it compiles the
# folder's <name>.cpp. For a header some_kind.h of INTERFACES, SOME_KIND_VERSION is its hash.
# The build id is its identity: a rebuilt method reruns its trials. So no path of the project's folder
# may reach the file.
function(assay_add_plugin name)
  cmake_parse_arguments(arg "" "" "LIBS;INTERFACES" ${ARGN})
  set(sources ${arg_UNPARSED_ARGUMENTS})
  if(NOT sources)
    set(sources ${name}.cpp)
  endif()
  set(target plugin_${name})  # `name` alone may be that of a program, such as `train`
  add_library(${target} MODULE ${sources})
  set_property(GLOBAL APPEND PROPERTY ASSAY_PLUGINS ${target})
  target_link_libraries(${target} PRIVATE assay::core ${arg_LIBS})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${name} PREFIX "" DEFINE_SYMBOL "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_STANDARD 20
    CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    BUILD_RPATH_USE_ORIGIN ON LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
  target_compile_options(${target} PRIVATE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  target_link_options(${target} PRIVATE -Wl,--build-id=sha1)
  foreach(header IN LISTS arg_INTERFACES)
    get_filename_component(path ${header} ABSOLUTE)
    get_filename_component(macro ${header} NAME_WE)
    string(TOUPPER ${macro} macro)
    assay_hash_headers(version ${path})
    target_compile_definitions(${target} PRIVATE "${macro}_VERSION=\"${version}\"")
  endforeach()
  # Clang links a sanitizer's functions into programs alone.
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND ASSAY_SANITIZE))
    target_link_options(${target} PRIVATE -Wl,--no-undefined)
  endif()
  if(COMMAND assay_warnings)
    assay_warnings(${target})
  endif()
  if(COMMAND assay_unite)
    assay_unite(${target})
  endif()
  assay_precompile_torch(${target})
  if(PROJECT_NAME STREQUAL "assay")
    install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/assay/plugins)
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/../..")
  endif()
endfunction()
