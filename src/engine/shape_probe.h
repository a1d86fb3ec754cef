// Types and shapes of all values of a model at one input size, as ONNX Runtime sees them: first from loading the model with
// its inputs fixed (no run), then, for what that leaves open, from one run on zeros.
#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "graph/op_graph.h"
#include "graph/shapes.h"

namespace partway::engine {

struct ProbeSize {
  int height = 0, width = 0;   // for the free or matching spatial dimensions of image inputs; 0: what the model declares, else 224
};

// Input shapes for batch 1 at `size`: NCHW or NHWC image inputs get the size, other free dimensions 1. Errors: InvalidArgument
// when a fixed dimension contradicts the size ("input 'data' is fixed at 224x224, asked for 192x192").
absl::StatusOr<std::map<std::string, graph::ValueType>> InputTypesFor(const graph::OpGraph& graph, ProbeSize size);

absl::StatusOr<graph::ValueTypes> ProbeTypes(const graph::OpGraph& graph, ProbeSize size);

}  // namespace partway::engine
