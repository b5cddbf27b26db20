# What the layers need beyond their sources, and the one library that they make together.

find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
# Seen from apps/ and tests/ too.
set_target_properties(PkgConfig::CODECS PkgConfig::SECCOMP BZip2::BZip2 PROPERTIES IMPORTED_GLOBAL TRUE)

set(threat_pages ${CMAKE_CURRENT_BINARY_DIR}/threat_pages.inc)
file(GLOB threat_texts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/threats/*.md)
add_custom_command(
  OUTPUT ${threat_pages}
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/embed_threats.py
          ${PROJECT_SOURCE_DIR}/docs/threats ${threat_pages}
  DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed_threats.py ${threat_texts})
set(page_style ${CMAKE_CURRENT_BINARY_DIR}/page_style.inc)
add_custom_command(
  OUTPUT ${page_style}
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/embed_style.py
          ${PROJECT_SOURCE_DIR}/src/report/page.css ${page_style}
  DEPENDS ${PROJECT_SOURCE_DIR}/tools/embed_style.py ${PROJECT_SOURCE_DIR}/src/report/page.css)
target_sources(winnow_report PRIVATE ${threat_pages} ${page_style})
target_include_directories(winnow_report PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
target_link_libraries(winnow_report PRIVATE nlohmann_json::nlohmann_json PUBLIC winnow_knowledge)
target_compile_definitions(winnow_report PRIVATE
  WINNOW_VERSION="${PROJECT_VERSION}" WINNOW_HOMEPAGE="${PROJECT_HOMEPAGE_URL}")
target_link_libraries(winnow_engine PUBLIC Threads::Threads)

# libwinnow: every layer in one archive, because users of the library have no interest in layers.
set(layers bytes knowledge containers core code judge report formats engine)
add_library(winnow STATIC ${PROJECT_SOURCE_DIR}/src/winnow.cpp)
add_library(winnow::winnow ALIAS winnow)
target_compile_definitions(winnow PRIVATE WINNOW_VERSION="${PROJECT_VERSION}")
target_compile_features(winnow PUBLIC cxx_std_20)
foreach(layer ${layers})
  target_sources(winnow PRIVATE $<TARGET_OBJECTS:winnow_${layer}>)
endforeach()
target_include_directories(winnow PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:include>)
target_link_libraries(winnow PUBLIC PkgConfig::CODECS PkgConfig::SECCOMP BZip2::BZip2 Threads::Threads)

include(${CMAKE_CURRENT_LIST_DIR}/install.cmake)
