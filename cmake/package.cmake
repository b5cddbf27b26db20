# What goes with the program: its manual page and the completions of shells, which it writes by itself, and packages
# for Debian: `winnow` for people and `libwinnow-dev` for programs. `cpack` in the build folder makes both.

include(GNUInstallDirs)
set(manual_folder ${PROJECT_BINARY_DIR}/manual)
find_program(GZIP gzip REQUIRED)
add_custom_command(
  OUTPUT ${manual_folder}/winnow.1.gz ${manual_folder}/winnow.bash ${manual_folder}/_winnow ${manual_folder}/winnow.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${manual_folder}
  COMMAND $<TARGET_FILE:winnow_cli> debug manual > ${manual_folder}/winnow.1
  COMMAND ${GZIP} -9nf ${manual_folder}/winnow.1
  COMMAND $<TARGET_FILE:winnow_cli> completion bash > ${manual_folder}/winnow.bash
  COMMAND $<TARGET_FILE:winnow_cli> completion zsh > ${manual_folder}/_winnow
  COMMAND $<TARGET_FILE:winnow_cli> completion fish > ${manual_folder}/winnow.fish
  DEPENDS winnow_cli VERBATIM)
add_custom_target(manual ALL DEPENDS ${manual_folder}/winnow.1.gz)

install(TARGETS winnow_cli COMPONENT program)
install(FILES ${manual_folder}/winnow.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${manual_folder}/winnow.bash RENAME winnow
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
install(FILES ${manual_folder}/_winnow DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
install(FILES ${manual_folder}/winnow.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/winnow COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libwinnow-dev COMPONENT library)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "The Winnow authors")
set(CPACK_PACKAGE_CONTACT "The Winnow authors <winnow@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program library)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME winnow)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
  "Winnow reads a model the way its loader would, without running it, and says
what the model would do to whoever loads it, with the code and the reason.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libwinnow-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
  "zlib1g-dev, liblzma-dev, liblz4-dev, libzstd-dev, libarchive-dev, libyaml-dev, libbz2-dev, pkg-config")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "The library of Winnow, its headers and its CMake package.")
include(CPack)
