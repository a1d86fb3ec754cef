// What the files that name ONNX Runtime share: the environment of the process, its types in our terms, and the seam where its
// exceptions become values. Included by ort_*.cc only.
#pragma once

#include <onnxruntime_cxx_api.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/tensor.h"

namespace partway::engine {

// The environment: one at a time per process, with one pool of threads and one arena for activations, held by whatever was
// made with it. It goes when its last holder goes, and the next may then have another number of threads.
struct OrtProcess {
  Ort::Env env{nullptr};
  int threads = 1;   // of the pool, the calling thread included
};

// The environment that exists, or a new one whose pool has `threads` threads (at least 1). Thread-safe.
absl::StatusOr<std::shared_ptr<OrtProcess>> AcquireOrtProcess(int threads);

// Runs `body` and turns what it throws into a status: its reason in one line, without paths of the engine's source.
absl::Status CatchOrt(const std::function<void()>& body);

// The same line from any text of the engine's.
std::string OneLine(const std::string& reason);

DType FromOrtType(ONNXTensorElementDataType type);
// kOpaque has no counterpart: ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED.
ONNXTensorElementDataType ToOrtType(DType type);

}   // namespace partway::engine
