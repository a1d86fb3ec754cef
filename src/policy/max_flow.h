// Least cut of a network whose nodes hang on a source and a sink: the first phase of push-relabel (Goldberg and Tarjan, "A new approach to
// the maximum-flow problem", J. ACM 35(4), 1988) with a queue of active nodes, exact distances at the start and again after each
// n relabels. Capacities are whole numbers, so the result is exact.
//
// The shape of the network is fixed once; capacities may be set and cuts found over and over without allocating. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace partway::policy {

class MaxFlow {
 public:
  // Larger than any sum of capacities may be; sums of all of a network's must stay below it.
  static constexpr int64_t kInfinite = int64_t{1} << 61;

  struct Arc {
    int32_t from = 0, to = 0;
  };
  MaxFlow(int32_t nodes, const std::vector<Arc>& arcs);

  void SetCapacity(size_t arc, int64_t capacity) { capacity_[static_cast<size_t>(place_[arc])] = capacity; }
  // Of the arcs source -> node and node -> sink.
  void SetTerminals(int32_t node, int64_t from_source, int64_t to_sink);

  // Finds a least cut and returns its capacity. Capacities stay as they were set.
  int64_t Solve();
  // After Solve: whether the node lies on the source's side. Of all least cuts this is the one with the most nodes there.
  bool on_source_side(int32_t node) const { return label_[static_cast<size_t>(node)] >= far_; }

 private:
  void MeasureDistances();
  void Discharge(int32_t node);
  void Activate(int32_t node);

  // Arcs in both directions, grouped by the node they leave: those of node v are first_[v] .. first_[v + 1].
  std::vector<int32_t> first_, head_, reverse_, place_;
  std::vector<int64_t> capacity_, residual_;
  std::vector<int64_t> terminal_;   // from the source less to the sink
  int64_t through_ = 0;             // what runs straight from the source over one node to the sink
  std::vector<int64_t> excess_, sink_;
  std::vector<int32_t> label_, current_, queue_;
  std::vector<uint8_t> queued_;
  std::vector<int64_t> straight_;
  size_t begin_ = 0, waiting_ = 0;   // of the ring `queue_`
  int32_t far_ = 0;
  int32_t relabels_ = 0;
};

}   // namespace partway::policy
