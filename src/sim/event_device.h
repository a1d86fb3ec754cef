// One device of the event simulator: offers its frames, slot by slot or one after the other, and keeps account of what became of them. Not
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/rng.h"
#include "control/slot_account.h"
#include "control/spread.h"
#include "policy/slot_model.h"
#include "sim/event_queue.h"
#include "sim/event_simulator.h"
#include "sim/frame_pump.h"
#include "sim/id_window.h"
#include "sim/known_accuracy.h"
#include "sim/option_workload.h"
#include "sim/simulated_device.h"

namespace partway::sim {

class DeviceRun final : public SimulatedDevice::User {
 public:
  // All but `seed` must outlive it; `device` has passed the check.
  DeviceRun(const EventDevice& device, const EventScenario& scenario, OptionWorkload work, uint64_t seed, EventQueue* events,
            SimulatedEdge* edge);

  void Start();
  bool done() const { return !failure_.ok() || (all_offered_ && simulated_->session().idle()); }
  const absl::Status& failure() const { return failure_; }   // of its policy: nothing is offered any more
  EventDeviceResult Finish();

 private:
  void Ended(const device::FrameRecord& record) override;
  void Obeyed() override;
  void BeginSlot();
  // What the policy is shown of a slot.
  policy::Observation See(const policy::Observation& slot);
  void EndSlot();
  absl::Status CheckDecision(const policy::Observation& seen) const;
  void Spread(const policy::Observation& seen, Instant begin);
  void LeaveOut(int frames);
  void OfferNext();
  Instant BeginOf(size_t slot) const;

  const EventDevice& device_;
  const EventScenario& scenario_;
  EventQueue* events_;
  SimulatedEdge* edge_;
  Rng rng_;
  OptionWorkload work_;
  std::unique_ptr<SimulatedDevice> simulated_;
  std::optional<FramePump> pump_;   // without a policy
  std::optional<policy::SlotModel> model_;
  KnownAccuracy known_;
  Duration slot_{0};
  size_t slot_at_ = 0;   // of device_.slots
  bool in_slot_ = false;
  policy::Observation seen_;   // in the slot at hand
  double others_s_ = 0;        // of the edge's time that others had when it began
  EventSlot current_;
  Instant began_;   // the slot at hand
  control::Spreader spreader_;
  std::vector<control::SpreadShare> shares_;         // while planning
  std::span<const control::PlannedFrame> planned_;   // the spreader's
  size_t next_planned_ = 0;
  control::SlotAccount account_;
  IdWindow<control::ExpectedTimes> expected_;

  device::FrameId last_frame_ = 0;
  bool all_offered_ = false;
  absl::Status failure_;
  EventDeviceResult result_;
};

}   // namespace partway::sim
