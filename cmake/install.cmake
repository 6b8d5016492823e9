# The SDK: headers, the three libraries, and the package that find_package(assay) finds.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/assay)
set_target_properties(assay_base PROPERTIES EXPORT_NAME base INSTALL_RPATH "$ORIGIN")
set_target_properties(assay_pictures PROPERTIES EXPORT_NAME pictures INSTALL_RPATH "$ORIGIN")
set_target_properties(assay_core PROPERTIES EXPORT_NAME core INSTALL_RPATH "$ORIGIN;$ORIGIN/assay/libtorch")
# What is installed finds LibTorch through this link, and has no path of the builder's machine in it.
install(CODE "set(link \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/assay/libtorch\")
  get_filename_component(folder \"\${link}\" DIRECTORY)
  file(MAKE_DIRECTORY \"\${folder}\")
  file(CREATE_LINK \"${ASSAY_LIBTORCH_DIR}/lib\" \"\${link}\" SYMBOLIC)")
install(TARGETS assay_base assay_core assay_pictures EXPORT assayTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT assayTargets NAMESPACE assay:: DESTINATION ${package})
install(DIRECTORY core/include/assay ${PROJECT_BINARY_DIR}/include/assay DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_package_config_file(cmake/assayConfig.cmake.in ${PROJECT_BINARY_DIR}/assayConfig.cmake
  INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/assayConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/assayConfig.cmake ${PROJECT_BINARY_DIR}/assayConfigVersion.cmake
  cmake/libtorch.cmake cmake/precompile.cmake cmake/interface.cmake cmake/plugin.cmake DESTINATION ${package})
