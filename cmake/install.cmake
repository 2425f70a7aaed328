# What `cmake --install` puts where: library, headers, tool, man pages, isthmusConfig.cmake and isthmus.pc.
include(CMakePackageConfigHelpers)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/isthmus)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS isthmus EXPORT isthmusTargets)
install(TARGETS isthmus_tool)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/isthmus
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/examples/data/ascent.npy
  DESTINATION ${CMAKE_INSTALL_DATADIR}/isthmus)
if(NOT WIN32)
  foreach(section IN ITEMS 1 3)
    install(FILES ${PROJECT_SOURCE_DIR}/docs/isthmus.${section}
      DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
endif()
install(EXPORT isthmusTargets NAMESPACE isthmus:: DESTINATION ${cmake_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/isthmusConfig.cmake.in
  ${PROJECT_BINARY_DIR}/isthmusConfig.cmake INSTALL_DESTINATION ${cmake_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/isthmusConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/isthmusConfig.cmake ${PROJECT_BINARY_DIR}/isthmusConfigVersion.cmake
  DESTINATION ${cmake_dir})

# The .pc file finds its prefix from where it lies, so the installed tree can be moved.
file(RELATIVE_PATH pc_up "/${pkgconfig_dir}" "/")
string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_up}")
get_target_property(library_type isthmus TYPE)
set(pc_libs "")
if(library_type STREQUAL "STATIC_LIBRARY")
  if(WIN32)
    set(pc_libs "-ladvapi32 -lbcrypt -luserenv")
  else()
    set(pc_libs "-pthread")
  endif()
endif()
configure_file(${PROJECT_SOURCE_DIR}/isthmus.pc.in ${PROJECT_BINARY_DIR}/isthmus.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/isthmus.pc DESTINATION ${pkgconfig_dir})
