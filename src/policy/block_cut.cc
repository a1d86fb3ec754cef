#include "policy/block_cut.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace partway::policy {
namespace {

// What must not cross does not, whatever a bit weighs.
double Times(double bits, double weight) { return std::isinf(bits) ? bits : bits * weight; }

}   // namespace

BlockCut::BlockCut(const OperatorDag& dag, size_t begin, size_t end, const std::vector<int32_t>& tensors)
    : begin_(begin), flow_(1, {}), set_(end - begin, 0) {
  const auto within = [&](int32_t op) { return op >= 0 && static_cast<size_t>(op) >= begin && static_cast<size_t>(op) < end; };
  const auto local = [&](int32_t op) { return op - static_cast<int32_t>(begin); };
  for (size_t i = begin; i < end; ++i) {
    operators_.push_back({dag.operators[i].device_s, dag.operators[i].edge_s});
    device_s_ += dag.operators[i].device_s;
    edge_s_ += dag.operators[i].edge_s;
  }
  least_bits_ = std::numeric_limits<double>::infinity();
  for (const int32_t t : tensors) {
    const OperatorDag::Tensor& tensor = dag.tensors[static_cast<size_t>(t)];
    if (within(tensor.producer)) {
      Operator& producer = operators_[static_cast<size_t>(local(tensor.producer))];
      producer.reply_bits += tensor.reply_bits;
      reply_bits_ += tensor.reply_bits;
      if (!tensor.consumers.empty()) least_bits_ = std::min(least_bits_, tensor.bits);
    }
    Tensor kept;
    kept.first = static_cast<int32_t>(consumers_.size());
    for (const int32_t consumer : tensor.consumers) {
      if (within(consumer)) consumers_.push_back(local(consumer));
    }
    kept.last = static_cast<int32_t>(consumers_.size());
    kept.bits = tensor.bits;
    if (within(tensor.producer)) {
      kept.producer = local(tensor.producer);
      // Read behind the block, that is on the edge: uploaded wherever its producer runs here, so a part of what the producer costs.
      if (kept.last - kept.first < static_cast<int32_t>(tensor.consumers.size())) {
        operators_[static_cast<size_t>(kept.producer)].leaving_bits += tensor.bits;
        kept.bits = 0;   // its readers within only need it to be made before them
      }
    } else if (kept.last > kept.first) {
      entering_bits_ += tensor.bits;
      least_bits_ = std::min(least_bits_, tensor.bits);
    }
    if (kept.last > kept.first) tensors_.push_back(kept);
  }

  // First the arcs producer -> auxiliary node, in the order of the tensors that have a producer here; then the endless ones.
  std::vector<MaxFlow::Arc> arcs;
  const auto auxiliary = [&](size_t i) { return static_cast<int32_t>(operators_.size() + i); };
  for (size_t i = 0; i < tensors_.size(); ++i) {
    if (tensors_[i].producer != OperatorDag::kInput) arcs.push_back({tensors_[i].producer, auxiliary(i)});
  }
  const size_t uploads = arcs.size();
  for (size_t i = 0; i < tensors_.size(); ++i) {
    for (int32_t c = tensors_[i].first; c < tensors_[i].last; ++c) {
      const int32_t consumer = consumers_[static_cast<size_t>(c)];
      arcs.push_back({auxiliary(i), consumer});
      if (tensors_[i].producer != OperatorDag::kInput) arcs.push_back({consumer, tensors_[i].producer});
    }
  }
  flow_ = MaxFlow(static_cast<int32_t>(operators_.size() + tensors_.size()), arcs);
  for (size_t i = uploads; i < arcs.size(); ++i) flow_.SetCapacity(i, MaxFlow::kInfinite);
  // Each of the finite capacities at most 2^scale_bits_, all of them together below kInfinite.
  const uint64_t finite = 2 * operators_.size() + tensors_.size();
  scale_bits_ = std::min(50, 60 - static_cast<int>(std::bit_width(finite)));
}

double BlockCut::AllOnEdge(const CutWeights& w) const { return edge_s_ * w.edge + reply_bits_ * w.downlink; }

double BlockCut::Entering(const CutWeights& w) const { return Times(entering_bits_, w.uplink); }

double BlockCut::LeastDivided(const CutWeights& w) const {
  double sum = Times(least_bits_, w.uplink);
  for (const Operator& op : operators_) sum += std::min(op.device_s * w.device, op.edge_s * w.edge + op.reply_bits * w.downlink);
  return sum;
}

double BlockCut::CostOfSet(const CutWeights& w) const {
  double cost = 0;
  for (size_t i = 0; i < operators_.size(); ++i) {
    const Operator& op = operators_[i];
    cost += set_[i] != 0 ? op.device_s * w.device + Times(op.leaving_bits, w.uplink)
                         : op.edge_s * w.edge + op.reply_bits * w.downlink;
  }
  for (const Tensor& tensor : tensors_) {
    if (tensor.producer != OperatorDag::kInput && set_[static_cast<size_t>(tensor.producer)] == 0) continue;
    bool crosses = false;
    for (int32_t c = tensor.first; c < tensor.last && !crosses; ++c) {
      crosses = set_[static_cast<size_t>(consumers_[static_cast<size_t>(c)])] == 0;
    }
    if (crosses) cost += Times(tensor.bits, w.uplink);
  }
  return cost;
}

size_t BlockCut::count() const { return static_cast<size_t>(std::count(set_.begin(), set_.end(), 1)); }

void BlockCut::Solve(const CutWeights& w, double limit) {
  // What costs more than the limit is as good as endless.
  const double top = std::ldexp(1.0, scale_bits_), scale = top / (limit * 1.0625);
  const auto whole = [&](double cost) { return static_cast<int64_t>(std::min(cost * scale, top) + 0.5); };
  for (size_t i = 0; i < operators_.size(); ++i) {
    const Operator& op = operators_[i];
    flow_.SetTerminals(static_cast<int32_t>(i), whole(op.edge_s * w.edge + op.reply_bits * w.downlink),
                       whole(op.device_s * w.device + Times(op.leaving_bits, w.uplink)));
  }
  size_t arc = 0;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const int64_t upload = whole(Times(tensors_[i].bits, w.uplink));
    if (tensors_[i].producer == OperatorDag::kInput) {
      flow_.SetTerminals(static_cast<int32_t>(operators_.size() + i), upload, 0);
    } else {
      flow_.SetCapacity(arc++, upload);
    }
  }
  flow_.Solve();
  for (size_t i = 0; i < set_.size(); ++i) set_[i] = flow_.on_source_side(static_cast<int32_t>(i)) ? 1 : 0;
  cost_ = CostOfSet(w);
}

}   // namespace partway::policy
