// A policy that was taught in the simulator (the further work that the ResNet-50 study names): a small network looks at how the run stands and
// names two prices, and the slot's option is the one of greatest
//
//   k (1 - energy E - privacy X) - lambda R / r_th + mu C / (range of accuracies)
//
// with as many frames as fit (eq. 11). At the right prices that rule is optimal (mean_lp.h), whatever the options are; so the network's size
// does not depend on theirs, and what it has to learn is how prices follow from the constraints, the link and what has been missed so far.
// It was trained by evolution strategies on whole runs (sim/train.h; docs/adr/0010 says why). While it runs nothing is learned but what the profile
// does not explain of latencies (unexplained_latency.h).
//
// What it is shown, in the order of kLearnedInputs. Means over slots forget with a weight of 1/64; "recent" ones with 1/12:
//   link              log2 of d(t) over its mean                  link_level   log2 of mean d over mean a times the bits of a frame that is accurate enough
//   tight_now, _mean  share of the slot's frames that fit by an option that keeps both constraints by itself
//   accurate_now, _mean   by one that is accurate enough          latency_need log2 of the least latency at that accuracy, over r_th; mean
//   frames            log2 of a(t) over its mean                  accuracy_goal   where c_th lies within the options' accuracies
//   latency_debt      sum of (R / r_th - 1) so far, squashed, full at some 10 and, _10, 100 slots
//   accuracy_debt     sum of (c_th - C) / range, squashed, full at some 3 and, _10, 30 slots
//   latency_recent, accuracy_recent   means of the same           beginning    1 / (1 + slots / 32)
//   energy_stake, privacy_stake       what the frames so far lost by each, recent
//
// Decide and Update take about as long as parecon's for 360 options, 2.4 times that for 90 (bench/decide_bench.cc).
#pragma once

#include <memory>
#include <vector>

#include "policy/learned_net.h"
#include "policy/learned_options.h"
#include "policy/registry.h"
#include "policy/unexplained_latency.h"

namespace partway::policy {

class Learned final : public Policy {
 public:
  Learned(std::shared_ptr<const LearnedOptions> options, const LearnedWeights& weights);

  Decision Decide(const Observation& seen) const override;
  void Update(const Observation& seen, const Decision& decision, const Outcome& outcome) override;
  std::vector<Memory> memory() const override;

  LearnedInputs InputsOf(const Observation& seen) const;
  struct Prices {
    double latency = 0;    // of a second
    double accuracy = 0;   // of an accuracy of 1
  };
  Prices PricesOf(const LearnedOutputs& outputs) const;
  double device_factor() const { return unexplained_.device_factor(); }
  double wait_s() const { return unexplained_.wait_s(); }

 private:
  // The options under a snapshot, kept for the Update that follows the Decide.
  struct Look {
    bool valid = false;
    int64_t slot = 0;
    int frames = 0;
    double uplink_bits = 0;
    cost::Weights weights{};
    LearnedOptions::Offer offer;
  };
  void LookAt(const Observation& corrected) const;

  std::shared_ptr<const LearnedOptions> options_;
  LearnedNet net_;
  int64_t slots_ = 0;
  double mean_bits_ = 0, mean_frames_ = 0, mean_tight_ = 0, mean_accurate_ = 0, mean_need_ = 0;
  double latency_debt_ = 0, accuracy_debt_ = 0;   // in slots of r_th, and of the range of accuracies
  double latency_recent_ = 0, accuracy_recent_ = 0, energy_recent_ = 0, exposure_recent_ = 0;
  UnexplainedLatency unexplained_;
  mutable Look look_;
  mutable std::vector<double> latency_s_, frames_, scratch_;
};

Entry LearnedEntry();

}   // namespace partway::policy
