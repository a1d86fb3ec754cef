// What weights each group and each side of a cut needs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/op_graph.h"

namespace partway::graph {

struct ParamCount {
  int64_t params = 0;   // see IsParameter
  int64_t bytes = 0;    // of all initialisers, parameters or not: what a side has to hold
};

// Whether the elements of an initialiser count as parameters of the model. Not counted, as is usual: scalars, integers of 64 bits
// and booleans (shapes, axes, clip bounds), and the running mean and variance of BatchNormalization.
bool IsParameter(const OpGraph& graph, ValueId initializer);

// Of the initialisers that some of the nodes use, directly or through constant nodes, each once. Linear in those.
ParamCount ParamsOf(const OpGraph& graph, std::span<const NodeId> nodes);

// Bytes of the initialisers needed before and after each position 0..n of the graph's order. Linear.
struct SideBytes {
  std::vector<int64_t> head, tail;
};
SideBytes ParamBytesBySide(const OpGraph& graph);

}   // namespace partway::graph
