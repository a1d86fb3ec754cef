// Groups given by name and by the values they end with: the papers' groups in a file's metadata, or a user's own file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/op_graph.h"

namespace partway::graph {

struct NamedGroup {
  std::string name;
  std::vector<std::string> last;   // values that the group ends with
};

// JSON [{"name": ..., "last": ["tensor", ...]}, ...]. Errors: InvalidArgument naming the entry.
absl::StatusOr<std::vector<NamedGroup>> ParseGroupList(std::string_view json);

// N+1 positions of the order: each group ends right behind the last producer of its values, the last one at the end of the graph.
// Errors: InvalidArgument for a value that the model lacks or that no node of it computes, and for a group that ends at or
// before the end of the one before it.
absl::StatusOr<std::vector<int>> PositionsOf(const OpGraph& graph, const std::vector<NamedGroup>& groups);

// The groups in the model's metadata ("partway.groups"). Errors: InvalidArgument for a file without them.
absl::StatusOr<std::vector<NamedGroup>> PaperGroups(const Model& model);

}   // namespace partway::graph
