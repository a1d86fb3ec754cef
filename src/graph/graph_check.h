// What a model's graph must satisfy before anything else looks at it, bodies included; and the order of its nodes.
#pragma once

#include "absl/status/status.h"
#include "graph/model.h"

namespace partway::graph {

// Unique names, no dangling input or output, limits kept, tensors with as much data as their shapes ask for; then sorts the
// nodes of each graph topologically if they are not (stable: as near the file's order as their needs allow). Errors:
// InvalidArgument naming node and value; a cycle is named node by node. Linear but for the depth of bodies.
absl::Status CheckAndSort(onnx::ModelProto* model, const LoadLimits& limits);

}   // namespace partway::graph
