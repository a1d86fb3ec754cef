// Layer groups and the cuts between them.
//
// A grouping divides the graph's topological order into N consecutive groups g = 0..N-1. Cut c = 0..N runs the groups before
// it on the device: cut 0 sends the model's inputs, cut N sends nothing (papers-digest, "One vocabulary"). The frontier of
// cut c is the set of values that are made (or fed) before it and used at or after it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/op_graph.h"
#include "graph/shapes.h"

namespace partway::graph {

struct Group {
  std::string name;
  std::vector<NodeId> nodes;   // in order
  int64_t macs = 0;            // batch 1, at the size of the ValueTypes given
  int64_t params = 0;          // elements of the initialisers it uses; one shared by two groups counts in both
  int64_t param_bytes = 0;
};

struct Cut {
  std::vector<ValueId> values;   // the frontier, in the order of values(); at cut 0 all model inputs, at cut N empty
  int64_t bytes = 0;             // batch 1; -1 if a shape is not known
  int64_t head_macs = 0, tail_macs = 0;
  int64_t head_param_bytes = 0, tail_param_bytes = 0;   // a shared initialiser counts once per side
};

// Immutable. Two processes with the same model file and the same positions have the same fingerprint.
struct Grouping {
  std::shared_ptr<const OpGraph> graph;
  std::vector<int> positions;   // N+1 ascending positions in graph->order: group g is [positions[g], positions[g+1])
  std::vector<Group> groups;    // N
  std::vector<Cut> cuts;        // N+1
  std::string fingerprint;      // 16 hex digits: SHA-256 over model hash, order and positions
  int size() const { return static_cast<int>(groups.size()); }
};

// How to group: "auto", "all", "paper" (groups that travel in the file's metadata as partway.groups), "N" (about N groups of
// equal work), or the path of a JSON file [{"name": ..., "last": ["tensor", ...]}, ...]: each entry a group's name and the
// values it ends with.
//   auto: at most 16 groups, at single-value frontiers where the model has them, small frontiers preferred among near ones, no
//         group with less than 1 % of the work.
// Positions whose frontier holds a value that cannot be sent (DType::kOpaque) are never cuts; what cannot be cut is one group.
// Errors: InvalidArgument for an unknown form, a file that names values the model lacks, "paper" for a file without groups.
absl::StatusOr<std::shared_ptr<const Grouping>> MakeGrouping(std::shared_ptr<const OpGraph> graph, const ValueTypes& types,
                                                             std::string_view how);

// From positions that a peer sent; checked. Types may be empty (then macs are 0 and bytes -1).
absl::StatusOr<std::shared_ptr<const Grouping>> GroupingFromPositions(std::shared_ptr<const OpGraph> graph,
                                                                      std::vector<int> positions, const ValueTypes& types);

}   // namespace partway::graph
