// Work of a node in multiply-adds (MACs), the unit of the papers: one multiplication with its addition counts as one.
#pragma once

#include <cstdint>

#include "graph/op_graph.h"
#include "graph/shapes.h"

namespace partway::graph {

// At the shapes of `types`. Counted: convolutions (transposed, quantised and fused ones too), Gemm, MatMul and the recurrent layers,
// from their weight matrices alone; every other operator, and what bodies and functions hold, counts 0, as does a node whose
// shapes are not known. Saturates at 2^60. Thread-safe.
int64_t NodeMacs(const OpGraph& graph, NodeId node, const ValueTypes& types);

}   // namespace partway::graph
