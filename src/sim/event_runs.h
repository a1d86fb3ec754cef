// Scenarios of the slot simulator played frame by frame (event_simulator.h): what the slots bring, what may be chosen and which policies are
// those of SlotScenario; what only events have is added here. Each of the devices has a policy, frames and a link of its own.
//
// The first device meets the slots that the slot simulator draws from the same seed. The others draw their own; of traces they begin a part of the
// run later, evenly spread, so that they do not all fade at once. A link that is a rate against time is played as it is, within slots too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/event_simulator.h"
#include "sim/slot_simulator.h"

namespace partway::sim {

struct EventSetting {
  static constexpr int kMostDevices = 1000, kMostWorkers = 1024, kMostDepth = 4096, kMostQueued = 1'000'000;
  static constexpr int64_t kMostDeviceSlots = 1'000'000;   // slots times devices
  static constexpr int64_t kMostFrames = 1'000'000'000;    // that one run may bring

  int devices = 1;
  int depth_max = 16, waiting_max = 4;   // of each session (device/session.h)
  std::optional<Duration> deadline;      // of a frame, from its capture
  int edge_workers = 1;
  edge::SchedulerLimits edge_limits;
  double edge_jitter = 0;
  bool edge_reports_load = true;
  std::optional<Faults> faults;   // until the last slot ends; then sessions are watched, which takes several times longer
};

// Errors, InvalidArgument: a number outside these bounds, or a product of slots, devices and frames beyond them.
absl::Status CheckEventSetting(const EventSetting& setting, const SlotScenario& scenario);

struct EventRun {
  const SlotScenario* scenario = nullptr;
  const EventSetting* setting = nullptr;
  const PolicySpec* policy = nullptr;
  uint64_t seed = 0;
  // Told of every frame of every device (0, 1, ...) when it has ended, on the run's thread; may be empty.
  std::function<void(int device, const device::FrameRecord&)> frame;
};

struct EventRunResult {
  EventResult result;   // slots of devices only with SlotRunOptions::log
  std::vector<SlotMeans> devices;
  int64_t offered = 0;                   // of all devices
  double frames_per_s = 0;               // simulated a second, alone on its thread; 0 without a clock
  std::vector<std::string> violations;   // ViolationsOf, if it was not stopped
};

// Both must have passed their checks. Errors: those of MakePolicy and RunEvents, with the policy's name.
absl::StatusOr<EventRunResult> RunEventSlots(const EventRun& run, const SlotRunOptions& options);

// Many, side by side, as RunAllSlots. Progress is in slots times devices.
absl::StatusOr<std::vector<EventRunResult>> RunAllEvents(std::span<const EventRun> runs, const SlotRunOptions& options);

}   // namespace partway::sim
