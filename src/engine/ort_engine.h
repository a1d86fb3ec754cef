// ONNX Runtime behind the Engine seam. ort_engine.cc and shape_probe.cc are the only files that name ONNX Runtime.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace partway::engine {

struct OrtOptions {
  std::string provider = "cpu";   // a name from OrtProviders()
  int threads = 1;                // intra-op threads shared by all segments of the process; 0: one per core
  bool optimize = true;           // graph optimisations
};

// One environment and one global thread pool per process (ONNX Runtime allows no more): the first call's `threads` holds for
// all later engines. Errors: InvalidArgument for a provider the library lacks (the ones it has are named). Thread-safe.
absl::StatusOr<std::unique_ptr<Engine>> MakeOrtEngine(const OrtOptions& options);

// "cpu", "cuda", "tensorrt", ...: what the library at hand was built with.
std::vector<std::string> OrtProviders();

}  // namespace partway::engine
