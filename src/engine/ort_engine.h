// ONNX Runtime behind the Engine seam. Only ort_engine.cc and ort_env.{h,cc} name ONNX Runtime.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace partway::engine {

struct OrtOptions {
  std::string provider = "cpu";   // a name from OrtProviders()
  int threads = 1;                // intra-op threads, the calling one included; 0: one per core
  bool optimize = true;           // graph optimisations
  // For looking at a model, not running it: values of opaque type among inputs and outputs are listed as kOpaque instead of
  // refused, and Run fails if there are any.
  bool allow_opaque = false;
};

// Threads: an engine with one thread computes on the caller's thread alone. Engines with more share the one pool of the
// process, whose size the first of them sets for as long as any engine or segment lives; info().threads tells what an engine
// got. Spinning is off. On "cpu" the same segment, input and number of threads give the same bits.
// Errors: InvalidArgument for a provider the library lacks (the ones it has are named) or a negative number of threads;
// FailedPrecondition for a provider that the library has and this machine does not. Thread-safe.
absl::StatusOr<std::unique_ptr<Engine>> MakeOrtEngine(const OrtOptions& options);

// "cpu", "cuda", "tensorrt", ...: what the library at hand was built with.
std::vector<std::string> OrtProviders();

}   // namespace partway::engine
