// What came of a slot: the frames that ended in it, set beside what was decided. Pure; not thread-safe.
#pragma once

#include <algorithm>

#include "policy/policy.h"

namespace partway::control {

class SlotAccount {
 public:
  void Begin() {
    answered_ = within_ = 0;
    latency_sum_s_ = accuracy_sum_ = 0;
  }
  // A frame that was answered, in this slot or one before. `within`: as soon as asked for.
  void Answered(double latency_s, double accuracy, bool within = true) {
    ++answered_;
    within_ += within ? 1 : 0;
    latency_sum_s_ += latency_s;
    accuracy_sum_ += accuracy;
  }
  int answered() const { return answered_; }
  int within() const { return within_; }

  // What the policy is told. `predicted`: what the slot model says of the decision, which stands in for a slot in which nothing was answered. NaN as
  // accuracy where it is not known.
  policy::Outcome End(int offered, const policy::Decision& decision, const policy::Outcome& predicted) {
    policy::Outcome outcome;
    outcome.offered = offered;
    // Frames of the slot before may have ended in this one. What is more than this one brought counts in the next, so that k stays a share.
    outcome.processed = std::min(answered_ + carried_, offered);
    carried_ += answered_ - outcome.processed;
    outcome.any = answered_ > 0 || decision.count > 0;
    if (answered_ > 0) {
      outcome.latency_s = latency_sum_s_ / answered_;
      outcome.accuracy = accuracy_sum_ / answered_;
    } else if (outcome.any) {
      outcome.latency_s = predicted.latency_s;
      outcome.accuracy = predicted.accuracy;
    }
    return outcome;
  }

 private:
  int answered_ = 0, within_ = 0;
  int carried_ = 0;   // answered before the slot at hand and not counted yet
  double latency_sum_s_ = 0, accuracy_sum_ = 0;
};

}   // namespace partway::control
