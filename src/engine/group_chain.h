// A model as a chain of segments, one per layer group, so that any contiguous run of groups [from, to) can be run at once and
// changing the cut costs nothing. Values pass from group to group by reference.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "graph/grouping.h"

namespace partway::engine {

class GroupChain {
 public:
  // Builds groups [from, to) (all of them by default). Blocks.
  static absl::StatusOr<std::unique_ptr<GroupChain>> Build(Engine& engine, std::shared_ptr<const graph::Grouping> grouping,
                                                           const graph::ValueTypes& types, int from = 0, int to = -1);
  ~GroupChain();

  const graph::Grouping& grouping() const;
  int size() const;   // groups of the model
  // What [from, to) reads: values made or fed before it and used inside it. What it writes: values made inside it that are used
  // at or after `to` or are model outputs. Names in the order of values().
  const std::vector<std::string>& InputNames(int from, int to) const;
  const std::vector<std::string>& OutputNames(int from, int to) const;

  // Runs [from, to), from < to. `in` may hold more than InputNames (extra names are ignored) in any order. `out` entries that
  // carry memory are written in place when the name matches; on return `out` holds one entry per OutputNames, in that order.
  // Thread-safe. Errors: InvalidArgument for a missing input, wrong type or shape; FailedPrecondition for a group not built.
  absl::Status Run(int from, int to, std::span<const NamedTensor> in, std::vector<NamedTensor>& out);

 private:
  struct Impl;
  explicit GroupChain(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace partway::engine
