# SPDX-License-Identifier: Apache-2.0
# avocet_add_plugin(ID SOURCES a.cpp ... [LIBRARIES lib ...] [INCLUDES dir ...])
#
# Builds the plugin whose sidecar is plugin.toml in the current source directory. The build tree gets
# <build>/plugins/ID/{plugin.toml,<library>}; the install tree <libdir>/avocet/plugins/ID/. The target is called ID.
function(avocet_add_plugin id)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;INCLUDES" ${ARGN})
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/plugin.toml")
    message(FATAL_ERROR "avocet_add_plugin(${id}): no plugin.toml in ${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  string(REPLACE "." "-" _file "${id}")
  add_library(${id} MODULE ${ARG_SOURCES})
  target_link_libraries(${id} PRIVATE Avocet::SDK ${ARG_LIBRARIES})
  target_include_directories(${id} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" ${ARG_INCLUDES})
  set(_dir "${CMAKE_BINARY_DIR}/plugins/${id}")
  set_target_properties(${id} PROPERTIES
    PREFIX "" OUTPUT_NAME "avocet-${_file}" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${_dir}")
  # One exported symbol, whatever static libraries bring in.
  set(_script "${CMAKE_CURRENT_BINARY_DIR}/${id}.map")
  file(WRITE "${_script}.new" "{ global: avocet_plugin_entry; local: *; };\n")
  file(COPY_FILE "${_script}.new" "${_script}" ONLY_IF_DIFFERENT)
  target_link_options(${id} PRIVATE "-Wl,--version-script=${_script}" "-Wl,--no-undefined" "-Wl,--gc-sections")
  configure_file("${CMAKE_CURRENT_SOURCE_DIR}/plugin.toml" "${_dir}/plugin.toml" COPYONLY)
  include(GNUInstallDirs)
  install(TARGETS ${id} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/avocet/plugins/${id}")
  install(FILES "${CMAKE_CURRENT_SOURCE_DIR}/plugin.toml" DESTINATION "${CMAKE_INSTALL_LIBDIR}/avocet/plugins/${id}")
endfunction()
