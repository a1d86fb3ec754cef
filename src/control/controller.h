// The control loop of a live device: each slot it asks a policy, under the state that our own traffic tells, what to do with the frames to come, gives
// every frame its option, and measures what came of it. The policies, the slot model and the spreading of frames are those of the simulators; what
// is added here is measuring, and the fallback to the device alone.
//
// A pure state machine like the session: time and measurements come in, decisions go out. Not thread-safe: the session's owner calls it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/beyond.h"
#include "control/fallback.h"
#include "control/frame_limits.h"
#include "control/load_estimator.h"
#include "control/slot_account.h"
#include "control/speed_estimator.h"
#include "control/spread.h"
#include "control/uplink_estimator.h"
#include "device/frame_record.h"
#include "device/session.h"
#include "policy/policy.h"
#include "policy/problem.h"

namespace partway::control {

struct ControllerOptions {
  // As the policy was made for; its options outlive the controller. Its slot may be shorter than the real one: then the policy leaves that much of
  // every resource free, and what comes unevenly does not pile up.
  policy::Problem problem;
  double slot_s = 1;                        // how long a decision holds
  double first_device_speed = 1;            // before anything was measured: times as fast as the profile
  std::optional<double> first_uplink_bps;   // before anything was measured; null: no link until there is an estimate
  bool fall_back = true;                    // to the device alone where that would have given more
  // Of each frame, from capture: options that are mostly later are left out. Null: latency counts on average only, or the policy is shown as it is.
  std::optional<double> deadline_s;
  // That the device may spend on a frame, by `power` and the state of the slot: options that need more are left out, whatever the policy. What is
  // finished on the device because the edge failed is not asked. Null: no limit.
  std::optional<double> max_energy_j;
  std::optional<cost::PowerModel> power;
  bool leave_out_late =
      true;   // false: the policy's decisions are carried out as they are, and the deadline only says how long answers are waited for
};

// A slot as it went.
struct SlotReport {
  policy::Observation seen;   // slot, frames, state
  std::optional<UplinkEstimate> uplink;
  policy::Decision decision;   // as carried out
  policy::Outcome predicted, outcome;
  int within = 0;   // answered in time, of those that ended in the slot
  bool fell_back = false;
  int edge_workers = 0;                 // as the server tells; 0: not yet
  std::vector<policy::Memory> memory;   // of the policy when it decided
};

class Controller {
 public:
  Controller(const ControllerOptions& options, std::unique_ptr<policy::Policy> policy);

  double slot_s() const { return options_.slot_s; }
  const cost::OptionTable& table() const { return *options_.problem.options; }
  // How a frame of this row runs.
  const device::Plan& plan(int32_t row) const { return plans_[static_cast<size_t>(row)]; }

  // The next slot begins, and the one at hand ends. `frames`: that it will bring, 1 or more. `connected`: the session may use the server. `came`: frames
  // that the slot which ends brought in fact; of one that brought none nobody learns anything. Returns its account, if there was one.
  std::optional<SlotReport> Begin(Instant now, int frames, bool connected, int came);
  // Ends the last slot.
  std::optional<SlotReport> End(int came);
  const policy::Decision& decision() const { return decision_; }
  // What it was made from.
  const policy::Observation& seen() const { return seen_; }
  bool fell_back() const { return fallback_.active(); }

  // The row by which the frame that was just captured runs; null: it is left out. Once for each frame, ids new each time.
  std::optional<int32_t> Take(device::FrameId frame, Instant captured);
  // Its end. Frames that Take left out are not reported.
  void Ended(const device::FrameRecord& record);

  // Whether a frame whose message of so many bytes could be handed over now is worth it: not if the link is at messages before it for so long that
  // the answer would miss the deadline. Always true without a deadline, before there is an estimate, and where nothing was heard of the link
  // for half a slot.
  bool WorthSending(device::FrameId frame, Instant now, Instant captured, int64_t bytes);

  // Fed by whoever owns the channel.
  UplinkEstimator& uplink() { return uplink_; }
  LoadEstimator& load() { return load_; }
  // The server was lost: what is under way says nothing any more.
  void Lost();
  // Whether the link should be measured by a probe now: nothing of ours has told of it for half a slot.
  bool WantsProbe(Instant now) const;
  // What a request of this row will take beside the uplink and the round trip; and how much work it is for the server.
  Duration BesideUplink(int32_t row) const { return EdgeTime(row, seen_.weights); }
  Duration EdgeWork(int32_t row) const { return EdgeTime(row, without_load_); }

 private:
  policy::Observation See(int frames, bool connected, Instant now);
  void Measure(int32_t row, const device::FrameRecord& record);
  Duration EdgeTime(int32_t row, const cost::Weights& weights) const;

  const ControllerOptions options_;
  const std::unique_ptr<policy::Policy> policy_;
  const policy::SlotModel model_;
  const FrameLimits limits_;
  std::vector<device::Plan> plans_;
  std::vector<int32_t> local_row_;   // by size
  UplinkEstimator uplink_;
  LoadEstimator load_;
  SpeedEstimator device_speed_, edge_speed_;
  Beyond beyond_local_, beyond_sent_;
  Beyond beyond_answer_{0};   // of what an answer was expected to take from the hand-over
  Fallback fallback_;
  Spreader spreader_;
  SlotAccount account_;

  std::optional<Instant> began_;   // the slot at hand
  int64_t slot_ = -1;
  policy::Observation seen_;
  cost::Weights without_load_{};   // what seen_'s state would weigh if nobody else used the edge
  policy::Decision decision_;
  policy::Outcome predicted_;
  SlotReport report_;
  std::vector<PlannedFrame> planned_;
  size_t next_ = 0;
  int scouts_ended_ = 0, scouts_within_ = 0;   // in the slot at hand, also those of one before
  struct Running {
    int32_t row;
    bool scout;
    ExpectedTimes expected;
    double answer_s = 0;   // that the answer is expected to take from the hand-over; 0: not known
  };
  std::unordered_map<device::FrameId, Running> running_;   // as many as the session has
};

}   // namespace partway::control
