// A model as a chain of segments, one per layer group, so that any contiguous run of groups [from, to) can be run at once and
// changing the cut costs nothing. Values pass from group to group by reference and are let go after their last use.
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
  // A chain without any group yet; Install adds them as they come.
  static absl::StatusOr<std::unique_ptr<GroupChain>> Empty(std::shared_ptr<const graph::Grouping> grouping);
  ~GroupChain();

  // Puts a segment made of groups [from, to) in place, beside the ones there: a run uses the longest segment that starts where
  // it stands and ends in time. Runs that have begun end with what they began with. Thread-safe. Errors: InvalidArgument for a
  // range outside the model or a segment whose inputs or outputs are not that range's.
  absl::Status Install(int from, int to, std::shared_ptr<Segment> segment);
  // Builds groups [from, to) as one session and installs it: what a boundary costs in time is saved, the range's weights are held
  // once more until the single groups are removed. Blocks; meant for the background, for ranges that are run over and over.
  absl::Status Fuse(Engine& engine, const graph::ValueTypes& types, int from, int to);
  // Takes the segment of exactly [from, to) out again, if there is one; its memory goes with the last run that uses it.
  void Remove(int from, int to);
  // Whether [from, to) can be run with the segments at hand.
  bool Ready(int from, int to) const;

  const graph::Grouping& grouping() const;
  int size() const;   // groups of the model
  // What [from, to) reads: values made or fed before it and used inside it. What it writes: values made inside it that are used
  // at or after `to` or are model outputs; the last group also hands on model outputs that no group makes (inputs, constants).
  // Names in the order of values(). from == to reads and writes nothing. Thread-safe; the range must lie in 0..size() (asserted).
  const std::vector<std::string>& InputNames(int from, int to) const;
  const std::vector<std::string>& OutputNames(int from, int to) const;

  // Runs [from, to), from < to. `in` may hold more than InputNames (extra names are ignored) in any order. `out` entries that
  // carry memory are written in place when the name matches; on return `out` holds one entry per OutputNames, in that order.
  // Outputs that are not in the caller's memory are read-only: one that is also an input shares the input's memory.
  // Thread-safe. Errors: InvalidArgument for a missing input, wrong type or shape; FailedPrecondition for a group not built;
  // after an error `out` is empty.
  absl::Status Run(int from, int to, std::span<const NamedTensor> in, std::vector<NamedTensor>& out);

 private:
  struct Impl;
  explicit GroupChain(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::engine
