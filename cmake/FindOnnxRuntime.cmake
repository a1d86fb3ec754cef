# Gives the target onnxruntime::onnxruntime. A machine that has ONNX Runtime as a CMake or pkg-config package uses that one;
# otherwise, or with PARTWAY_FETCHED_ONNXRUNTIME, the copy that `./dev setup` put under .deps/onnxruntime (include/, lib/).
option(PARTWAY_FETCHED_ONNXRUNTIME "Use the ONNX Runtime under .deps even if the machine has one" OFF)
if(NOT PARTWAY_FETCHED_ONNXRUNTIME)
  find_package(onnxruntime CONFIG QUIET)
  if(NOT TARGET onnxruntime::onnxruntime)
    pkg_check_modules(ONNXRUNTIME QUIET IMPORTED_TARGET libonnxruntime)
    if(ONNXRUNTIME_FOUND)
      add_library(onnxruntime::onnxruntime ALIAS PkgConfig::ONNXRUNTIME)
    endif()
  endif()
endif()
if(NOT TARGET onnxruntime::onnxruntime)
  set(ort_root ${CMAKE_SOURCE_DIR}/.deps/onnxruntime)
  if(NOT EXISTS ${ort_root}/lib/libonnxruntime.so.1)
    message(FATAL_ERROR "ONNX Runtime not found as a CMake or pkg-config package nor under ${ort_root}; run ./dev setup")
  endif()
  add_library(onnxruntime::onnxruntime SHARED IMPORTED)
  set_target_properties(onnxruntime::onnxruntime PROPERTIES
    IMPORTED_LOCATION ${ort_root}/lib/libonnxruntime.so.1
    INTERFACE_INCLUDE_DIRECTORIES ${ort_root}/include)
endif()
