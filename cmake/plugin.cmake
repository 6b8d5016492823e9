# assay_add_plugin(name [sources...]): one shared library with one exported function. Without
# sources, the folder's <name>.cpp. The build id is its identity: a rebuilt method reruns its trials.
function(assay_add_plugin name)
  set(sources ${ARGN})
  if(NOT sources)
    set(sources ${name}.cpp)
  endif()
  add_library(${name} MODULE ${sources})
  set_property(GLOBAL APPEND PROPERTY ASSAY_PLUGINS ${name})
  target_link_libraries(${name} PRIVATE assay::core)
  set_target_properties(${name} PROPERTIES
    PREFIX "" DEFINE_SYMBOL "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON CXX_STANDARD 20
    CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
  target_link_options(${name} PRIVATE -Wl,--build-id=sha1 -Wl,--no-undefined)
  if(COMMAND assay_warnings)
    assay_warnings(${name})
  endif()
  assay_precompile_torch(${name})
  if(PROJECT_NAME STREQUAL "assay")
    install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/assay/plugins)
    set_target_properties(${name} PROPERTIES INSTALL_RPATH "$ORIGIN/../..")
  endif()
endfunction()
