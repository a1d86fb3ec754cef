// The topological order in which a graph is cut.
#pragma once

#include <vector>

#include "graph/op_graph.h"

namespace partway::graph {

// Of the live non-constant nodes: the file's order or, if that has more positions crossed by a single value, the order of a
// depth-first walk back from the outputs, which puts each node right before its first consumer needs it (a Shape chain
// that an exporter wrote down early no longer widens every frontier up to its use). Linear.
std::vector<NodeId> ChooseOrder(const OpGraph& graph);

}   // namespace partway::graph
