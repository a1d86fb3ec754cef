// Which nodes give the same outputs for the same inputs, so that each side of a cut may compute them for itself.
#pragma once

#include <string>
#include <unordered_map>

#include "onnx/onnx_pb.h"

namespace partway::graph {

// Knows ONNX's and ONNX Runtime's random operators; operators of other domains count as random unless they are functions of
// the model made of deterministic nodes. Linear in the functions at construction. Thread-safe afterwards.
class Determinism {
 public:
  explicit Determinism(const onnx::ModelProto& model);
  // Bodies included.
  bool Is(const onnx::NodeProto& node) const;

 private:
  std::unordered_map<std::string, bool> functions_;   // by "domain/name"
};

}   // namespace partway::graph
