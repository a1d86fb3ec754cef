// Frontiers: which values cross which position of an order of nodes.
//
// Position p of an order of n nodes, p = 0..n, has the first p nodes before it. A value crosses the positions of one interval:
// from right after its producer (0 for an input) to right before its last consumer, so all frontiers together take one sweep.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/op_graph.h"
#include "graph/shapes.h"

namespace partway::graph {

// Of each value, by ValueId: it crosses positions first..last, none if first > last. Constants cross nothing.
struct Lifetimes {
  std::vector<int> first, last;
  int positions = 0;   // n + 1
};
// `order`: as OpGraph::order. Linear.
Lifetimes ComputeLifetimes(const OpGraph& graph, std::span<const NodeId> order);

// Of each position 0..n.
struct PositionTable {
  std::vector<int> values;       // how many cross
  std::vector<int> unsendable;   // how many of them cannot be sent
  std::vector<int64_t> bytes;    // batch 1; -1 if a type is not known
};
// Linear.
PositionTable Sweep(const OpGraph& graph, const Lifetimes& lifetimes, const ValueTypes& types);

// The values that cross each of `positions` (ascending), each list ascending. Linear in the graph and in what is returned.
std::vector<std::vector<ValueId>> FrontiersAt(const Lifetimes& lifetimes, std::span<const int> positions);

// False for sequences, maps, optionals, strings and complex numbers, as `types` or the model's own declarations say.
bool Sendable(const OpGraph& graph, ValueId value, const ValueTypes& types);
// Batch 1; -1 if the type is not known.
int64_t ValueBytes(const OpGraph& graph, ValueId value, const ValueTypes& types);

}   // namespace partway::graph
