// Names for groups that nobody named.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "graph/op_graph.h"

namespace partway::graph {

// For each [positions[g], positions[g+1]) of the order: what the names of its nodes have in common beyond what all names of the
// model share ("layer1.0"), else the first and last of them ("layer1..layer2"), else its most frequent heavy operator ("Conv").
// Not empty, not necessarily unique. Linear.
std::vector<std::string> NameGroups(const OpGraph& graph, std::span<const int> positions);

}  // namespace partway::graph
