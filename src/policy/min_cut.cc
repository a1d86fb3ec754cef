#include "policy/min_cut.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace partway::policy {
namespace {

std::vector<int32_t> Crossing(const OperatorDag& dag) {
  std::vector<int32_t> crossing;
  for (size_t t = 0; t < dag.tensors.size(); ++t) {
    if (!dag.tensors[t].consumers.empty()) crossing.push_back(static_cast<int32_t>(t));
  }
  return crossing;
}

int32_t NodeCount(const OperatorDag& dag) { return static_cast<int32_t>(dag.operators.size() + Crossing(dag).size()); }

// First the arcs producer -> auxiliary node, in the order of the crossing tensors that have a producer; then the endless ones.
std::vector<MaxFlow::Arc> Arcs(const OperatorDag& dag) {
  const std::vector<int32_t> crossing = Crossing(dag);
  const auto auxiliary = [&](size_t i) { return static_cast<int32_t>(dag.operators.size() + i); };
  std::vector<MaxFlow::Arc> arcs;
  for (size_t i = 0; i < crossing.size(); ++i) {
    const int32_t producer = dag.tensors[static_cast<size_t>(crossing[i])].producer;
    if (producer != OperatorDag::kInput) arcs.push_back({producer, auxiliary(i)});
  }
  for (size_t i = 0; i < crossing.size(); ++i) {
    const OperatorDag::Tensor& tensor = dag.tensors[static_cast<size_t>(crossing[i])];
    for (const int32_t consumer : tensor.consumers) {
      arcs.push_back({auxiliary(i), consumer});
      if (tensor.producer != OperatorDag::kInput) arcs.push_back({consumer, tensor.producer});
    }
  }
  return arcs;
}

// What must not cross does not, whatever a bit weighs.
double Times(double bits, double weight) {
  if (std::isinf(bits)) return bits;
  return bits * weight;
}

}   // namespace

MinCut::MinCut(const OperatorDag& dag)
    : dag_(dag), flow_(NodeCount(dag), Arcs(dag)), crossing_(Crossing(dag)), on_device_(dag.operators.size(), 0) {
  reply_bits_.assign(dag.operators.size(), 0);
  for (const OperatorDag::Tensor& tensor : dag.tensors) {
    if (tensor.producer != OperatorDag::kInput) reply_bits_[static_cast<size_t>(tensor.producer)] += tensor.reply_bits;
  }
  const std::vector<MaxFlow::Arc> arcs = Arcs(dag);
  const auto operators = static_cast<int32_t>(dag.operators.size());
  for (size_t i = 0; i < arcs.size(); ++i) {
    const bool upload = arcs[i].from < operators && arcs[i].to >= operators;
    if (!upload) flow_.SetCapacity(i, MaxFlow::kInfinite);
  }
  // Each of the 2 n + m finite capacities at most 2^scale_bits_, all of them together below kInfinite.
  const uint64_t finite = 2 * dag.operators.size() + crossing_.size();
  scale_bits_ = std::min(50, 60 - static_cast<int>(std::bit_width(finite)));
}

const std::vector<uint8_t>& MinCut::Solve(const CutWeights& w) {
  // No answer costs more than all on the device or all on the edge; what is dearer than either is as good as endless.
  double all_device = 0, all_edge = 0;
  for (size_t i = 0; i < dag_.operators.size(); ++i) {
    all_device += dag_.operators[i].device_s * w.device;
    all_edge += dag_.operators[i].edge_s * w.edge + Times(reply_bits_[i], w.downlink);
  }
  for (const int32_t t : crossing_) {
    const OperatorDag::Tensor& tensor = dag_.tensors[static_cast<size_t>(t)];
    if (tensor.producer == OperatorDag::kInput) all_edge += Times(tensor.bits, w.uplink);
  }
  if (all_device == 0) {
    std::fill(on_device_.begin(), on_device_.end(), 1);
    return on_device_;
  }
  const double most = all_edge > 0 ? std::min(all_device, all_edge) : all_device;
  const double top = std::ldexp(1.0, scale_bits_), scale = top / (most * 1.0625);
  const auto whole = [&](double cost) { return static_cast<int64_t>(std::min(cost * scale, top) + 0.5); };
  for (size_t i = 0; i < dag_.operators.size(); ++i) {
    const OperatorDag::Operator& op = dag_.operators[i];
    const double edge = op.edge_s * w.edge + Times(reply_bits_[i], w.downlink);
    flow_.SetTerminals(static_cast<int32_t>(i), whole(edge), whole(op.device_s * w.device));
  }
  size_t arc = 0;
  for (size_t i = 0; i < crossing_.size(); ++i) {
    const OperatorDag::Tensor& tensor = dag_.tensors[static_cast<size_t>(crossing_[i])];
    const int64_t upload = whole(Times(tensor.bits, w.uplink));
    if (tensor.producer == OperatorDag::kInput) {
      flow_.SetTerminals(static_cast<int32_t>(dag_.operators.size() + i), upload, 0);
    } else {
      flow_.SetCapacity(arc++, upload);
    }
  }
  flow_.Solve();
  for (size_t i = 0; i < on_device_.size(); ++i) on_device_[i] = flow_.on_source_side(static_cast<int32_t>(i)) ? 1 : 0;
  return on_device_;
}

}   // namespace partway::policy
