// Names for groups that nobody named.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "graph/op_graph.h"

namespace partway::graph {

// For each [positions[g], positions[g+1]) of the order: what the names of its nodes have in common beyond what all names of the
// model share, then where its first and last node part ("layer1.0..2", "conv1..maxpool"); without names its first heavy operator.
// Not empty, not necessarily unique. Linear.
std::vector<std::string> NameGroups(const OpGraph& graph, std::span<const int> positions);

}   // namespace partway::graph
