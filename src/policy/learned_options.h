// What a learned policy works out of a problem once, for all runs over it: the options that can ever be best, and what a slot offers in a few
// numbers that mean the same for any option table.
//
// What is to be made large per slot, besides keeping both constraints, is k (1 - energy E - privacy X): frames processed, less what each costs
// in joules on the device (cost/power.h) and in what its upload gives away (distance correlation), at weights that the user states.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/frame_spending.h"
#include "policy/policy.h"
#include "policy/problem.h"
#include "policy/slot_model.h"
#include "policy/unexplained_latency.h"

namespace partway::policy {

// What it is worth to spare, in frames: at 0.1, a frame that costs a joule counts as 0.9 of one that costs none. 0: does not matter.
struct LearnedGoals {
  double energy = 0;    // for a joule
  double privacy = 0;   // for a distance correlation of 1
};

// Immutable; thread-safe.
class LearnedOptions {
 public:
  // Errors: FailedPrecondition for a weight on energy without Problem::power, or on privacy where an option's distance correlation is not known.
  static absl::StatusOr<LearnedOptions> Make(const Problem& problem, const LearnedGoals& goals);

  size_t size() const { return rows_.size(); }
  int32_t row(size_t index) const { return rows_[index]; }   // of the problem's table
  const LearnedGoals& goals() const { return goals_; }
  double max_latency_s() const { return max_latency_s_; }
  double min_accuracy() const { return min_accuracy_; }
  double least_accuracy() const { return least_accuracy_; }
  double accuracy_range() const { return accuracy_range_; }   // above 0
  double frame_bits() const { return frame_bits_; }           // least that is sent by an option accurate enough, or by any

  // Latencies and frames of all options: `size()` of each.
  void Evaluate(const Observation& seen, double* latency_s, double* frames) const;

  // What the slot offers to somebody who wants each frame to keep the constraints by itself.
  struct Offer {
    double accurate = 0;        // greatest share of frames by an option that is accurate enough
    double tight = 0;           // by one that is fast enough too
    double least_latency = 8;   // of the accurate ones, over r_th; at most 8
  };
  Offer OfferOf(const Observation& seen, const double* latency_s, const double* frames) const;

  // By row of the problem's table.
  const UnexplainedLatency::Coefficients& coefficients() const { return coefficient_; }
  const FrameSpending& spending() const { return spending_; }

  // The option of greatest  k (1 - energy E - privacy X) - latency R + accuracy C ; -1 where none runs. `scratch`: size() numbers.
  int32_t Best(const Observation& seen, double latency_price, double accuracy_price, const double* latency_s,
               const double* frames, double* scratch) const;

 private:
  LearnedOptions(const Problem& problem, const LearnedGoals& goals, const std::vector<int32_t>& rows);

  LearnedGoals goals_;
  std::vector<int32_t> rows_;
  SlotModel model_;
  double max_latency_s_, min_accuracy_;
  double least_accuracy_ = 0, accuracy_range_ = 1, frame_bits_ = 1;
  std::vector<uint32_t> accurate_;   // options that are accurate enough
  UnexplainedLatency::Coefficients coefficient_;
  FrameSpending spending_;
};

}   // namespace partway::policy
