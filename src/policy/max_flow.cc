#include "policy/max_flow.h"

#include <algorithm>

namespace partway::policy {

MaxFlow::MaxFlow(int32_t nodes, const std::vector<Arc>& arcs) {
  const auto n = static_cast<size_t>(nodes);
  first_.assign(n + 1, 0);
  for (const Arc& arc : arcs) ++first_[static_cast<size_t>(arc.from) + 1], ++first_[static_cast<size_t>(arc.to) + 1];
  for (size_t v = 0; v < n; ++v) first_[v + 1] += first_[v];
  head_.resize(2 * arcs.size());
  reverse_.resize(2 * arcs.size());
  place_.resize(arcs.size());
  std::vector<int32_t> next(first_.begin(), first_.end() - 1);
  for (size_t i = 0; i < arcs.size(); ++i) {
    const int32_t there = next[static_cast<size_t>(arcs[i].from)]++, back = next[static_cast<size_t>(arcs[i].to)]++;
    head_[static_cast<size_t>(there)] = arcs[i].to;
    head_[static_cast<size_t>(back)] = arcs[i].from;
    reverse_[static_cast<size_t>(there)] = back;
    reverse_[static_cast<size_t>(back)] = there;
    place_[i] = there;
  }
  capacity_.assign(head_.size(), 0);
  residual_.assign(head_.size(), 0);
  terminal_.assign(n, 0);
  straight_.assign(n, 0);
  excess_.assign(n, 0);
  sink_.assign(n, 0);
  label_.assign(n, 0);
  current_.assign(n, 0);
  queue_.assign(n, 0);
  queued_.assign(n, 0);
  far_ = nodes + 1;
}

void MaxFlow::SetTerminals(int32_t node, int64_t from_source, int64_t to_sink) {
  const auto v = static_cast<size_t>(node);
  const int64_t straight = std::min(from_source, to_sink);
  through_ += straight - straight_[v];
  straight_[v] = straight;
  terminal_[v] = from_source - to_sink;
}

void MaxFlow::Activate(int32_t node) {
  if (queued_[static_cast<size_t>(node)] != 0) return;
  queued_[static_cast<size_t>(node)] = 1;
  size_t end = begin_ + waiting_++;
  if (end >= queue_.size()) end -= queue_.size();
  queue_[end] = node;
}

// Breadth-first from the sink over arcs with something left; a node that does not reach it is far. Then all that have an excess which may
// still arrive become active.
void MaxFlow::MeasureDistances() {
  const size_t n = label_.size();
  size_t filled = 0;
  for (size_t v = 0; v < n; ++v) {
    label_[v] = sink_[v] > 0 ? 1 : far_;
    if (sink_[v] > 0) queue_[filled++] = static_cast<int32_t>(v);
    current_[v] = first_[v];
    queued_[v] = 0;
  }
  for (size_t done = 0; done < filled; ++done) {
    const auto v = static_cast<size_t>(queue_[done]);
    for (int32_t a = first_[v]; a < first_[v + 1]; ++a) {
      const auto arc = static_cast<size_t>(a);
      const auto from = static_cast<size_t>(head_[arc]);
      if (label_[from] != far_ || residual_[static_cast<size_t>(reverse_[arc])] == 0) continue;
      label_[from] = label_[v] + 1;
      queue_[filled++] = static_cast<int32_t>(from);
    }
  }
  begin_ = waiting_ = 0;
  relabels_ = 0;
  for (size_t v = 0; v < n; ++v) {
    if (excess_[v] > 0 && label_[v] < far_) Activate(static_cast<int32_t>(v));
  }
}

void MaxFlow::Discharge(int32_t node) {
  const auto v = static_cast<size_t>(node);
  while (true) {
    if (label_[v] == 1) {   // the sink is next to it
      const int64_t push = std::min(excess_[v], sink_[v]);
      excess_[v] -= push;
      sink_[v] -= push;
      if (excess_[v] == 0) return;
    }
    for (int32_t& a = current_[v]; a < first_[v + 1]; ++a) {
      const auto arc = static_cast<size_t>(a);
      const auto to = static_cast<size_t>(head_[arc]);
      if (residual_[arc] == 0 || label_[v] != label_[to] + 1) continue;
      const int64_t push = std::min(excess_[v], residual_[arc]);
      residual_[arc] -= push;
      residual_[static_cast<size_t>(reverse_[arc])] += push;
      excess_[v] -= push;
      excess_[to] += push;
      Activate(head_[arc]);
      if (excess_[v] == 0) return;
    }
    // Nothing next to it takes the rest: one above the nearest that has room.
    int32_t nearest = far_;
    for (int32_t a = first_[v]; a < first_[v + 1]; ++a) {
      const auto arc = static_cast<size_t>(a);
      if (residual_[arc] > 0) nearest = std::min(nearest, label_[static_cast<size_t>(head_[arc])]);
    }
    label_[v] = std::min(nearest + 1, far_);
    current_[v] = first_[v];
    ++relabels_;
    if (label_[v] == far_) return;   // its excess stays on the source's side of the cut
  }
}

int64_t MaxFlow::Solve() {
  const size_t n = label_.size();
  std::copy(capacity_.begin(), capacity_.end(), residual_.begin());
  int64_t sink_before = 0, sink_after = 0;
  for (size_t v = 0; v < n; ++v) {
    excess_[v] = std::max<int64_t>(terminal_[v], 0);
    sink_[v] = std::max<int64_t>(-terminal_[v], 0);
    sink_before += sink_[v];
  }
  MeasureDistances();
  while (waiting_ > 0) {
    const int32_t node = queue_[begin_];
    if (++begin_ == queue_.size()) begin_ = 0;
    --waiting_;
    queued_[static_cast<size_t>(node)] = 0;
    if (excess_[static_cast<size_t>(node)] > 0 && label_[static_cast<size_t>(node)] < far_) Discharge(node);
    if (relabels_ > static_cast<int32_t>(n)) MeasureDistances();
  }
  MeasureDistances();   // labels are lower bounds so far; the cut needs who reaches the sink
  for (size_t v = 0; v < n; ++v) sink_after += sink_[v];
  return through_ + sink_before - sink_after;
}

}   // namespace partway::policy
