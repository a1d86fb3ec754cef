// What came of a slot: the frames that ended in it, set beside what was decided. For live runs and simulated ones alike. Pure; not thread-safe.
#pragma once

#include "cost/state.h"
#include "device/frame_record.h"
#include "policy/policy.h"

namespace partway::control {

// The reason of frames that no share of the decision takes.
inline constexpr char kLeftOut[] = "left out by the policy";

// Of those that are not handed over (Controller::WorthSending).
inline constexpr char kLinkBehind[] = "the link is too far behind for the deadline";

// Seconds beyond which an option is one that needs a link where there was none (cost::kNoLinkSecondsPerBit).
inline constexpr double kNever = 3600;

// What eq. 2 says of a frame by its option, in the slot in which it was captured and without what others take of the edge.
struct ExpectedTimes {
  double device_s = 0, elsewhere_s = 0, edge_s = 0;
  bool sends = false;
};
ExpectedTimes ExpectedOf(const policy::OptionCost& cost, const cost::Weights& without_load);

class SlotAccount {
 public:
  void Begin();
  // A frame that has ended, in this slot or one before. `max_latency_s`: within which answers were asked for; `accuracy`: of the answer.
  void Ended(const device::FrameRecord& record, const ExpectedTimes& expected, double accuracy, double max_latency_s);
  int answered() const { return answered_; }
  int within() const { return within_; }

  // What the policy is told. `predicted`: what the slot model says of the decision, which stands in for a slot in which nothing was answered. NaN as
  // accuracy where it is not known.
  policy::Outcome End(int offered, const policy::Decision& decision, const policy::Outcome& predicted);

 private:
  int answered_ = 0, within_ = 0;
  int carried_ = 0;   // answered before the slot at hand and not counted yet
  double latency_sum_s_ = 0, accuracy_sum_ = 0;
  policy::Measured measured_;
};

}   // namespace partway::control
