// The types that a part of a model declares for its inputs and outputs.
#pragma once

#include <optional>

#include "graph/op_graph.h"
#include "graph/shapes.h"

namespace partway::graph {

// Looks at all nodes and inputs: linear.
ShapeTrust TrustOf(const OpGraph& graph);

// The declaration of an input or output of a part: exact dimensions, a symbol for each (but for channels that a convolution fixes), or none, as `graph.trust` allows.
// From `types`, else from the model's own declaration of the value; nullopt where neither knows the element type.
std::optional<onnx::ValueInfoProto> DeclaredType(const OpGraph& graph, ValueId value, const ValueTypes& types);

}   // namespace partway::graph
