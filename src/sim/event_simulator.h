// Frame by frame in virtual time: devices, each with the real device::Session and a link of its own, on one edge around the real
// edge::Scheduler. What the slot model (policy/slot_model.h) adds up, this plays through: stages overlap and wait for each other, queues
// are bounded and turn frames away, devices share the edge's workers, links have delay and buffers, and faults strike from a seed.
// docs/simulator.md says what each of the two leaves out.
//
// The same scenario and seed give the same result on every machine, and a device's draws are its own, so that one more device changes for the
// others only what it takes from them. The frames' rows are those that a live run writes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cost/option_table.h"
#include "device/session.h"
#include "edge/scheduler.h"
#include "net/link_model.h"
#include "policy/policy.h"
#include "sim/faults.h"

namespace partway::sim {

struct EventLink {
  std::shared_ptr<const net::RateProfile> up, down;   // null: no limit
  Duration delay_up{0}, delay_down{0};
  int64_t queue_bytes = int64_t{1} << 40;   // per direction
};

// The link that slots speak of: the uplink has each slot's rate until the next one's begin (and begins anew after the last one); round trip,
// halved, and downlink are the first slot's.
EventLink LinkOf(std::span<const policy::Observation> slots, double slot_s);

// A device takes its frames from slots, in which a policy chooses, or runs so many frames by one option.
struct EventDevice {
  std::string name = "device";
  const cost::OptionTable* options = nullptr;   // outlives the run; with an all-local row for every size
  EventLink link;
  // group_count and plan are set from the options. In slots a depth of 0 means depth_max.
  device::SessionOptions session;

  // Slot s begins at s times slot_s. The policy sees the slot and names options for b of its a frames. Those are captured evenly over the
  // slot, so that uploads run back to back where the upload is the slowest stage (Parecon, Fig. 1b and 1c); of several options the frames
  // are interleaved, uploads still one after the other. The rest is left out. At the slot's end the policy is told what was measured: the frames
  // that ended in it.
  policy::Policy* policy = nullptr;
  std::span<const policy::Observation> slots;   // ascending; outlives the run
  double slot_s = 1;
  // Times as fast as the slots' states say, which is what the policy believes.
  double actual_device = 1, actual_edge = 1;

  // Without a policy.
  int32_t option = 0;
  int64_t frames = 0;
  Duration frame_interval{0};   // 0: as fast as the session takes them
  cost::State state;            // its speeds, for the whole run; the link is `link`

  bool keep_records = true;
  bool keep_memory = false;   // of the policy, with each slot
  // Told of every frame when its outcome is there, also of those that the policy leaves out; may be empty.
  std::function<void(const device::FrameRecord&)> ended;
  bool watched = false;   // by a SessionChecker: what breaks the session's contract is in the result; several times slower
};

struct EventScenario {
  static constexpr size_t kMostDevices = 10'000;
  static constexpr int64_t kMostFrames = 1'000'000'000;   // of a device, without a policy
  static constexpr int kMostFramesInSlot = 1'000'000;

  std::vector<EventDevice> devices;
  int edge_workers = 1;
  edge::SchedulerLimits edge_limits;
  // Whether policies see in a slot's state which share of the edge's time other devices took in the slot before, as a server would tell with its
  // replies and heartbeats. Else they know nothing of each other.
  bool edge_reports_load = false;
  double edge_jitter = 0;                         // of its compute times: uniform within 1 - jitter .. 1 + jitter
  Faults faults;                                  // of each device, its link, and the edge
  Duration time_max = std::chrono::hours(1000);   // of virtual time
  // Called every some thousand events with the virtual time; false ends the run. May be empty.
  std::function<bool(Instant)> look_in;
};

// What a slot brought, was decided in it, and was measured in it.
struct EventSlot {
  int64_t slot = 0;
  double uplink_bits = 0;   // as observed
  policy::Decision decision;
  policy::Outcome outcome;   // processed: answered in the slot; what is more than it brought counts in the next
  double accuracy = 0;       // as the outcome's; kNotKnown where that of a frame is not
  double predicted_latency_s = 0;
  std::vector<policy::Memory> memory;   // with keep_memory: as it decided
};

struct EventDeviceResult {
  std::vector<device::FrameRecord>
      records;                    // in order of their outcomes; frames that the policy left out are dropped with that reason
  device::SessionCounts counts;   // with those left out
  int64_t left_out = 0;
  double latency_s = 0, accuracy = 0;   // means over the frames answered; the second kNotKnown where that of a frame is not
  std::vector<EventSlot> slots;
  std::vector<std::string> notices;
  FaultCounts faults{};
  bool connected = false;   // at the end
  int depth = 0;            // in force at the end
  std::vector<std::string> violations;
};

struct EventResult {
  std::vector<EventDeviceResult> devices;
  Instant ended;
  FaultCounts edge_faults{};
  int edge_queued_max = 0;
  double edge_busy_s = 0;   // of all workers
  bool done = false;        // every frame has its outcome; else it was stopped, time_max was over, or something does not end
  bool stopped = false;     // by look_in
};

// Errors, InvalidArgument, one line with the device's name: no options or no such row, slots out of order or out of bounds, a state that
// CheckState refuses, bounds below 1, a size without an all-local row.
absl::Status CheckEventScenario(const EventScenario& scenario);

// Errors: those of the check; Internal if a policy names an option that is not there or more frames than there are.
absl::StatusOr<EventResult> RunEvents(const EventScenario& scenario, uint64_t seed);

// What must hold after every run that was not stopped, whatever struck it: each frame has one outcome, what was dropped has a reason, no bound was
// exceeded, no session's contract was broken (of devices that were watched). One line for each that does not; empty if all is well.
std::vector<std::string> ViolationsOf(const EventScenario& scenario, const EventResult& result);

// Means over slots, as the papers and the slot simulator take them.
struct SlotMeans {
  double k = 0, latency_s = 0, accuracy = 0, fps = 0;
};
SlotMeans MeansOf(std::span<const EventSlot> slots, double slot_s);

// Runs drawn from a seed, for tests of the whole: several devices, some by a policy that changes its mind every slot, on an edge with tight
// bounds, and faults. `violations` of every device, and of the whole, say what went wrong.
struct RandomEventRun {
  std::vector<std::string> violations;
  EventResult result;
};
RandomEventRun RunRandomEvents(uint64_t seed);

}   // namespace partway::sim
