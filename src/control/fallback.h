// Never worse than the device alone: when a slot's answers are fewer than the device alone would have given in time, the next slots stay on the
// device but for a few frames that go where the policy would send them, and when those come back in time the policy decides again. Pure; not
// thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "control/frame_limits.h"
#include "cost/option_table.h"
#include "policy/slot_model.h"

namespace partway::control {

// What the device alone would do with a slot.
struct LocalChoice {
  int32_t row = -1;   // -1: it can do nothing that keeps the accuracy
  int frames = 0;     // that it gets through
  int within = 0;     // of these in time: all or none
};

class Fallback {
 public:
  // `options` must outlive it. Limits as the policy has them.
  Fallback(const cost::OptionTable& options, double slot_s, double max_latency_s, double min_accuracy);

  // The most frames in time, then the most frames, then the more accurate; the rows that reach `min_accuracy`, or the most accurate if none does. `overhead_s`: of
  // a frame beside the model, such as resizing. Rows that need more energy than `limits` allow are none.
  LocalChoice Best(const policy::Observation& seen, const policy::SlotModel& model, const FrameLimits& limits,
                   double overhead_s) const;

  // The policy's decision, or what takes its place while it is not trusted.
  policy::Decision Decide(const policy::Observation& seen, const policy::Decision& policys, const LocalChoice& local);
  // What came of a slot that brought `came` frames: those in time, and of the scouts that ended in it all and those in time.
  void Ended(int came, int within, int scouts_ended, int scouts_within);

  bool active() const { return active_; }
  bool sends() const { return sends_; }   // the decision in force uses the edge

 private:
  const cost::OptionTable& options_;
  double slot_s_, max_latency_s_, min_accuracy_;
  bool active_ = false, sends_ = false;
  LocalChoice local_;
};

}   // namespace partway::control
