#include "sim/event_simulator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status.h"
#include "net/trace.h"
#include "policy/problem.h"
#include "sim/event_device.h"
#include "sim/slot_scenario.h"

namespace partway::sim {
namespace {

constexpr uint64_t kEdgeStream = 0, kFirstDeviceStream = 1;
constexpr double kHighestRate = 1e11;   // bit/s; what a link model carries
constexpr int kEventsBetweenLooks = 8192;

// A link on which nothing ever ends.
class NoRate final : public net::RateProfile {
 public:
  Instant Finish(Instant start, int64_t bits) const override { return bits > 0 ? net::kNever : start; }
  int64_t Carried(Instant, Instant) const override { return 0; }
  BitsPerSecond Typical() const override { return BitsPerSecond(0); }
};

absl::Status CheckSlots(const EventDevice& device) {
  if (!(device.slot_s >= SlotScenario::kShortestSlot && device.slot_s <= SlotScenario::kLongestSlot)) {
    return InvalidArgument("a slot of ", device.slot_s, " s; expected ", SlotScenario::kShortestSlot, " to ",
                           SlotScenario::kLongestSlot);
  }
  int64_t last = -1;
  for (const policy::Observation& seen : device.slots) {
    if (seen.slot <= last || seen.slot > SlotScenario::kMostSlots) {
      return InvalidArgument("slot ", seen.slot, " after slot ", last, "; expected ascending numbers up to ",
                             SlotScenario::kMostSlots);
    }
    last = seen.slot;
    if (seen.frames < 0 || seen.frames > EventScenario::kMostFramesInSlot) {
      return InvalidArgument("slot ", seen.slot, " brings ", seen.frames, " frames; expected 0 to ",
                             EventScenario::kMostFramesInSlot);
    }
    RETURN_IF_ERROR(Annotate(cost::CheckState(seen.state), Concat("slot ", seen.slot)));
  }
  return absl::OkStatus();
}

absl::Status CheckDevice(const EventDevice& device) {
  // The constraints are the policy's own business; the check of options is the same.
  RETURN_IF_ERROR(policy::CheckProblem({.options = device.options, .slot_s = 1, .max_latency_s = 1}));
  RETURN_IF_ERROR(OptionWorkload::Make(*device.options).status());
  const device::SessionOptions& s = device.session;
  if (s.depth < 0 || s.depth_max < 1 || s.compute_slots < 1 || s.waiting_max < 1) {
    return InvalidArgument("a depth of ", s.depth, " (at most ", s.depth_max, "), ", s.compute_slots, " compute slots and ",
                           s.waiting_max, " waiting; expected at least 0, 1, 1 and 1");
  }
  const EventLink& link = device.link;
  if (link.delay_up < Duration(0) || link.delay_down < Duration(0) || link.queue_bytes < 1) {
    return InvalidArgument("a link with delays of ", ToSeconds(link.delay_up), " and ", ToSeconds(link.delay_down),
                           " s and a queue of ", link.queue_bytes, " bytes; expected no delay below 0 and at least 1 byte");
  }
  for (const double actual : {device.actual_device, device.actual_edge}) {
    if (!(actual > 0 && std::isfinite(actual))) {
      return InvalidArgument("it is ", actual, " times as fast as believed; expected a number above 0");
    }
  }
  if (device.policy != nullptr) return CheckSlots(device);
  if (device.option < 0 || static_cast<size_t>(device.option) >= device.options->size()) {
    return InvalidArgument("option ", device.option, "; expected 0 to ", device.options->size() - 1);
  }
  if (device.frames < 0 || device.frames > EventScenario::kMostFrames || device.frame_interval < Duration(0)) {
    return InvalidArgument(device.frames, " frames, one every ", ToSeconds(device.frame_interval), " s; expected 0 to ",
                           EventScenario::kMostFrames, " and no time below 0");
  }
  return cost::CheckState(device.state);
}

}   // namespace

EventLink LinkOf(std::span<const policy::Observation> slots, double slot_s) {
  EventLink link;
  if (slots.empty()) return link;
  const Duration slot = FromSeconds(slot_s);
  std::vector<net::RateStep> steps;
  bool any = false;
  for (const policy::Observation& seen : slots) {
    const auto rate = static_cast<int64_t>(std::llround(std::min(seen.state.uplink_bps, kHighestRate)));
    any |= rate > 0;
    // Slots that were left out stand for no frames; the rate before them holds on.
    steps.push_back({steps.empty() ? Duration(0) : slot * seen.slot, rate});
  }
  link.up = any ? net::RateOverTime(steps) : std::make_shared<NoRate>();
  const cost::State& first = slots.front().state;
  const Duration round_trip = FromSeconds(first.rtt_s);
  link.delay_up = round_trip / 2;
  link.delay_down = round_trip - link.delay_up;
  if (std::isfinite(first.downlink_bps)) {
    const auto rate = static_cast<int64_t>(std::llround(std::min(first.downlink_bps, kHighestRate)));
    link.down = rate > 0 ? net::RateOverTime({{Duration(0), rate}}) : std::make_shared<NoRate>();
  }
  return link;
}

absl::Status CheckEventScenario(const EventScenario& scenario) {
  if (scenario.devices.empty() || scenario.devices.size() > EventScenario::kMostDevices) {
    return InvalidArgument(scenario.devices.size(), " devices; expected 1 to ", EventScenario::kMostDevices);
  }
  const edge::SchedulerLimits& l = scenario.edge_limits;
  if (scenario.edge_workers < 1 || l.max_queued < 1 || l.max_queued_per_device < 1 || l.max_devices < 1) {
    return InvalidArgument("an edge with ", scenario.edge_workers, " workers and queues of ", l.max_queued, ", of ",
                           l.max_queued_per_device, " for a device and for ", l.max_devices,
                           " devices; expected at least 1 each");
  }
  if (!(scenario.edge_jitter >= 0 && scenario.edge_jitter <= 1)) {
    return InvalidArgument("the edge's jitter is ", scenario.edge_jitter, "; expected a share of 0 to 1");
  }
  for (const EventDevice& device : scenario.devices) RETURN_IF_ERROR(Annotate(CheckDevice(device), device.name));
  return absl::OkStatus();
}

absl::StatusOr<EventResult> RunEvents(const EventScenario& scenario, uint64_t seed) {
  RETURN_IF_ERROR(CheckEventScenario(scenario));
  EventQueue events;
  Rng edge_rng(StreamSeed(seed, kEdgeStream));
  SimulatedEdgeOptions edge_options{.compute = {}, .workers = scenario.edge_workers, .limits = scenario.edge_limits};
  edge_options.compute.jitter = scenario.edge_jitter;
  SimulatedEdge edge(&events, &edge_rng, std::move(edge_options));
  edge.Suffer(scenario.faults);
  std::vector<std::unique_ptr<DeviceRun>> runs;
  for (const EventDevice& device : scenario.devices) {
    ASSIGN_OR_RETURN(OptionWorkload work, OptionWorkload::Make(*device.options));
    runs.push_back(std::make_unique<DeviceRun>(device, scenario, std::move(work),
                                               StreamSeed(seed, kFirstDeviceStream + runs.size()), &events, &edge));
  }
  for (const auto& run : runs) run->Start();

  const Instant end = Instant{} + scenario.time_max;
  size_t running = 0;   // the first that may not be done; those before it are
  const auto all_done = [&] {
    while (running < runs.size() && runs[running]->done()) ++running;
    return running == runs.size();
  };
  bool done = all_done();
  EventResult result;
  int until_look = kEventsBetweenLooks;
  while (!done && events.now() <= end && events.Step()) {
    done = all_done();
    if (--until_look > 0 || !scenario.look_in) continue;
    until_look = kEventsBetweenLooks;
    if (!scenario.look_in(events.now())) {
      result.stopped = true;
      break;
    }
  }

  for (const auto& run : runs) {
    RETURN_IF_ERROR(run->failure());
    result.devices.push_back(run->Finish());
  }
  result.ended = events.now();
  result.edge_faults = edge.fault_counts();
  result.edge_queued_max = edge.queued_max();
  result.edge_busy_s = edge.busy_s();
  result.done = done;
  return result;
}

std::vector<std::string> ViolationsOf(const EventScenario& scenario, const EventResult& result) {
  std::vector<std::string> violations;
  if (!result.done) violations.push_back("the run does not end");
  if (result.edge_queued_max > scenario.edge_limits.max_queued) violations.push_back("more requests wait on the edge than may");
  for (size_t i = 0; i < result.devices.size(); ++i) {
    const EventDeviceResult& d = result.devices[i];
    const EventDevice& device = scenario.devices[i];
    for (const std::string& violation : d.violations) violations.push_back(Concat(device.name, ": ", violation));
    const device::SessionCounts& c = d.counts;
    int64_t brought = device.policy == nullptr ? device.frames : 0;
    for (const policy::Observation& seen : device.slots) brought += seen.frames;
    const bool rows_missing = device.keep_records && d.records.size() != static_cast<size_t>(c.offered);
    if (c.offered != c.edge + c.local + c.dropped || c.offered != brought || rows_missing) {
      violations.push_back(Concat(device.name, ": of ", brought, " frames ", c.edge, " are the edge's, ", c.local, " local, ",
                                  c.dropped, " dropped",
                                  device.keep_records ? Concat(", with ", d.records.size(), " rows") : ""));
    }
    const auto without_reason = std::count_if(d.records.begin(), d.records.end(), [](const device::FrameRecord& r) {
      return r.outcome == device::Outcome::kDropped && r.reason.empty();
    });
    if (without_reason > 0) violations.push_back(Concat(device.name, ": ", without_reason, " frames dropped without a reason"));
  }
  return violations;
}

SlotMeans MeansOf(std::span<const EventSlot> slots, double slot_s) {
  SlotMeans sum;
  int64_t with_frames = 0, in_use = 0;
  for (const EventSlot& slot : slots) {
    if (slot.outcome.offered == 0) continue;
    ++with_frames;
    sum.k += slot.outcome.k();
    sum.fps += slot.outcome.processed / slot_s;
    if (!slot.outcome.any) continue;
    ++in_use;
    sum.latency_s += slot.outcome.latency_s;
    sum.accuracy += slot.accuracy;
  }
  const auto mean = [](double total, int64_t count) { return count > 0 ? total / static_cast<double>(count) : 0; };
  return {mean(sum.k, with_frames), mean(sum.latency_s, in_use), mean(sum.accuracy, in_use), mean(sum.fps, with_frames)};
}

}   // namespace partway::sim
