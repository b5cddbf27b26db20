# `cmake --install`: the program, the library, its headers under <winnow/...>, and a package so that
# find_package(winnow) gives winnow::winnow.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Inside of the project headers are included by their path under src/; outside, only <winnow/...> is certain
# to be ours. Public headers are rewritten accordingly.
set(public_headers winnow.h core/options.h core/report.h core/budget.h report/render.h)
foreach(header ${public_headers})
  set(from ${PROJECT_SOURCE_DIR}/src/${header})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${from})
  file(READ ${from} text)
  string(REGEX REPLACE "#include \"([^\"]+)\"" "#include <winnow/\\1>" text "${text}")
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/include/winnow/${header} CONTENT "${text}" @ONLY)
endforeach()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/winnow)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/winnow-config.cmake.in
  ${PROJECT_BINARY_DIR}/winnow-config.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/winnow-config-version.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS winnow EXPORT winnow-targets COMPONENT library)
install(EXPORT winnow-targets NAMESPACE winnow:: DESTINATION ${package_folder} COMPONENT library)
install(FILES ${PROJECT_BINARY_DIR}/winnow-config.cmake ${PROJECT_BINARY_DIR}/winnow-config-version.cmake
  DESTINATION ${package_folder} COMPONENT library)
install(DIRECTORY ${PROJECT_BINARY_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
