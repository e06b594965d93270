# find_package(signet) and pkg-config for those who install it.
include(CMakePackageConfigHelpers)
set(signet_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/signet")

install(TARGETS signet EXPORT signet-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/signet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT signet-targets NAMESPACE signet:: DESTINATION ${signet_package_dir})
configure_package_config_file(cmake/signet-config.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/signet-config.cmake"
  INSTALL_DESTINATION ${signet_package_dir})
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/signet-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/signet-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/signet-config-version.cmake"
  cmake/dependencies.cmake DESTINATION ${signet_package_dir})
# Who links an archive links what it needs; a shared library brings it along. (`pkg-config --static` is no way out: it asks for
# archives of the dependencies' dependencies as well, which their -dev packages do not pull in.)
get_target_property(signet_type signet TYPE)
if(signet_type STREQUAL "STATIC_LIBRARY")
  set(signet_pc_requires "Requires")
else()
  set(signet_pc_requires "Requires.private")
endif()
# A tree that was moved is found where it is.
file(RELATIVE_PATH signet_prefix_from_pc "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" signet_prefix_from_pc "${signet_prefix_from_pc}")
configure_file(cmake/signet.pc.in "${CMAKE_CURRENT_BINARY_DIR}/signet.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/signet.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET signet_redis)
  install(TARGETS signet_redis EXPORT signet-redis-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT signet-redis-targets NAMESPACE signet:: DESTINATION ${signet_package_dir})
  configure_file(cmake/signet-redis.pc.in "${CMAKE_CURRENT_BINARY_DIR}/signet-redis.pc" @ONLY)
  install(FILES cmake/redis-dependencies.cmake DESTINATION ${signet_package_dir})
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/signet-redis.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
if(SIGNET_BUILD_TOOL)
  install(TARGETS signet_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
