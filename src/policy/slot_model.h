// The papers' model of a slot, the one place where it is computed: what each option would give under a snapshot, and what comes of a
// decision. For policies that choose by it, for the optimum, and for the slot simulator.
//
//   latency of a frame     R = sum over w of coefficient[w] * weight[w]                    (Parecon, eq. 2)
//   frames that fit        b = floor(min(a, d / upload_bits, slot / device seconds))       (eq. 11; and slot / edge seconds if the
//                                                                                           problem counts the edge too)
//
// A share within 1e-12 below a whole frame is that frame, so that a quotient that is whole in exact arithmetic does not depend on how
// its parts were rounded. While the uplink carries nothing, an option that sends fits no frame and must not be chosen (`Runs`).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "policy/policy.h"
#include "policy/problem.h"
#include "policy/slot_kernels.h"

namespace partway::policy {

inline constexpr double kWholeShare = 1 + 1e-12;

// Immutable; thread-safe.
class SlotModel {
 public:
  static constexpr size_t kBlock = 64;

  explicit SlotModel(const Problem& problem);   // one that CheckProblem accepts; copies what it needs

  size_t size() const { return accuracy_.size(); }
  // Share in 0..1; 0 where it is not known (then there is no constraint on it).
  const std::vector<double>& accuracy() const { return accuracy_; }
  OptionCost Cost(size_t option) const;
  // Of what a decision's share stands for: a row, or the decision's own option.
  OptionCost CostOf(const Decision& decision, const Share& share) const {
    return share.option == kOwnOption ? decision.own : Cost(static_cast<size_t>(share.option));
  }
  const std::vector<double>& coefficient(cost::Weight weight) const { return coefficient_[weight]; }

  // Calls use(first, count, latency_s, frames) for blocks of at most kBlock options from `first` on. Latencies are eq. 2, frames eq. 11.
  // Options that do not run have latencies of 1e30 s a bit and 0 frames.
  template <class Use>
  void ForEachBlock(const Observation& seen, const Use& use) const;

  // One option's, the same numbers.
  double Latency(const Observation& seen, const OptionCost& cost) const;
  double Frames(const Observation& seen, const OptionCost& cost) const;
  // False if it sends and there is no link.
  static bool Runs(const Observation& seen, const OptionCost& cost) {
    return seen.uplink_bits > 0 || cost.coefficient[cost::kUplink] == 0;
  }

  // What comes of the decision if the slot is as observed. Asserted: no more frames than `seen` brings.
  Outcome Apply(const Observation& seen, const Decision& decision) const;

 private:
  double slot_s_;
  bool edge_limits_;
  std::array<std::vector<double>, cost::kWeights> coefficient_;
  std::vector<double> accuracy_;
};

template <class Use>
void SlotModel::ForEachBlock(const Observation& seen, const Use& use) const {
  const cost::Weights& w = seen.weights;
  const SlotTerms slot = {w[cost::kDevice],    w[cost::kUplink],
                          w[cost::kRoundTrip], w[cost::kEdge],
                          w[cost::kDownlink],  static_cast<double>(seen.frames),
                          seen.uplink_bits,    slot_s_,
                          edge_limits_};
  double latency[kBlock], frames[kBlock];
  for (size_t first = 0; first < size(); first += kBlock) {
    const size_t count = std::min(kBlock, size() - first);
    const SlotColumns columns = {coefficient_[cost::kDevice].data() + first, coefficient_[cost::kUplink].data() + first,
                                 coefficient_[cost::kRoundTrip].data() + first, coefficient_[cost::kEdge].data() + first,
                                 coefficient_[cost::kDownlink].data() + first};
    EvaluateSlot(columns, slot, count, latency, frames);
    use(first, count, static_cast<const double*>(latency), static_cast<const double*>(frames));
  }
}

}   // namespace partway::policy
