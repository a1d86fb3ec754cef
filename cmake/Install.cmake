# `cmake --install build/release --prefix DIR` makes a tree that can be copied to another machine of the same kind:
#   bin/partway, share/partway/ (the shipped model and photos), share/doc/partway/ (licences), and lib/partway/ with every shared
#   library it needs save those of the C library, which must be the target's own.
set(private_lib lib/partway)

# RPATH, not the newer RUNPATH: it also holds for the libraries that the libraries need.
set_target_properties(partway PROPERTIES INSTALL_RPATH "$ORIGIN/../${private_lib}")
target_link_options(partway PRIVATE -Wl,--disable-new-dtags)

install(TARGETS partway RUNTIME DESTINATION bin COMPONENT program)
if(EXISTS ${CMAKE_SOURCE_DIR}/assets)
  install(DIRECTORY assets/ DESTINATION share/partway COMPONENT program)
endif()
install(FILES LICENSE NOTICE README.md CHANGELOG.md DESTINATION share/doc/partway COMPONENT program)
if(EXISTS ${CMAKE_SOURCE_DIR}/.deps/onnxruntime/LICENSE)
  install(FILES .deps/onnxruntime/LICENSE DESTINATION share/doc/partway/onnxruntime COMPONENT program)
  install(FILES .deps/onnxruntime/ThirdPartyNotices.txt DESTINATION share/doc/partway/onnxruntime COMPONENT program)
endif()

option(PARTWAY_INSTALL_LIBRARIES "Install the shared libraries that partway needs beside it" ON)
if(PARTWAY_INSTALL_LIBRARIES)
  install(CODE "set(private_lib \"${private_lib}\")\nset(program \"$<TARGET_FILE:partway>\")" COMPONENT program)
  install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/InstallLibraries.cmake COMPONENT program)
endif()
