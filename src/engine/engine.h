// The Engine seam: builds a part of a model so that it can run, and runs it. ort_engine.h is the live implementation. Whoever
// runs models on the device or the edge holds an Engine and nothing more specific; the session never calls it but asks for
// computations by command (device/session.h), which is where the simulator takes its place.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "graph/sub_model.h"

namespace partway::engine {

struct EngineInfo {
  std::string name;       // "onnxruntime"
  std::string version;    // "1.31.1"
  std::string provider;   // "cpu"
  int threads = 0;
};

// A part of a model, ready to run.
class Segment {
 public:
  virtual ~Segment() = default;
  // As declared by the part: -1 where a dimension is free.
  virtual const std::vector<TensorSpec>& inputs() const = 0;
  virtual const std::vector<TensorSpec>& outputs() const = 0;
  // Runs once. `in` follows inputs(), `out` follows outputs(). An `out` entry that holds memory receives the result there (its
  // type and shape must be the result's); an empty one is set to memory of the engine. No tensor is copied on the way in.
  // Thread-safe; concurrent calls run concurrently. Blocks for as long as the computation takes. Errors: InvalidArgument for
  // a wrong count, type or shape (named), Internal for what the engine reports.
  virtual absl::Status Run(std::span<const Tensor> in, std::span<Tensor> out) = 0;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual EngineInfo info() const = 0;
  // Blocks while it builds (tens of milliseconds per 100 MB). Thread-safe; builds are serialised. Errors: InvalidArgument for a
  // part the engine refuses (its reason in one line).
  virtual absl::StatusOr<std::unique_ptr<Segment>> Build(const graph::SubModel& part) = 0;
  // The same from the bytes of an ONNX file.
  virtual absl::StatusOr<std::unique_ptr<Segment>> BuildFromBytes(std::string_view onnx) = 0;
};

}   // namespace partway::engine
