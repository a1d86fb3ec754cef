// Stable topological order of the nodes of one graph.
#pragma once

#include "absl/status/status.h"
#include "onnx/onnx_pb.h"

namespace partway::graph {

// Puts each node of `graph` behind the nodes whose values it reads, itself or inside its bodies; nodes that could go in either
// order keep the file's. A graph that is sorted already is left alone. Bodies are sorted by their own call. Names must be
// unique. Errors: InvalidArgument that names a cycle node by node.
absl::Status SortNodes(onnx::GraphProto* graph);

}   // namespace partway::graph
