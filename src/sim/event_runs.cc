#include "sim/event_runs.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "sim/run_all.h"

namespace partway::sim {
namespace {

constexpr uint64_t kDeviceStream = 101;      // and on, one for each device but the first
constexpr uint64_t kPolicyStream = 3;        // as in the slot simulator
constexpr double kTimeAfterSlots_s = 3600;   // for what is still under way

// A rate that began earlier.
class Ahead final : public net::RateProfile {
 public:
  Ahead(std::shared_ptr<const net::RateProfile> rate, Duration by) : rate_(std::move(rate)), by_(by) {}
  Instant Finish(Instant start, int64_t bits) const override {
    const Instant end = rate_->Finish(start + by_, bits);
    return end == net::kNever ? end : Instant{end.since_origin - by_};
  }
  int64_t Carried(Instant start, Instant end) const override { return rate_->Carried(start + by_, end + by_); }
  BitsPerSecond Typical() const override { return rate_->Typical(); }

 private:
  std::shared_ptr<const net::RateProfile> rate_;
  Duration by_;
};

// What a device brings into a run.
struct DevicePart {
  std::vector<policy::Observation> slots;
  std::unique_ptr<policy::Policy> policy;
};

absl::StatusOr<DevicePart> PartOf(const EventRun& run, uint64_t device, int64_t ahead) {
  const SlotScenario& scenario = *run.scenario;
  const uint64_t seed = device == 0 ? run.seed : StreamSeed(run.seed, kDeviceStream + device);
  DevicePart part{DrawSlots(scenario, seed, ahead), nullptr};
  const policy::Entry* entry = policy::FindPolicy(run.policy->name);
  const bool knows_future = entry != nullptr && entry->needs_future;
  ASSIGN_OR_RETURN(part.policy,
                   policy::MakePolicy(run.policy->name,
                                      ProblemOf(scenario, knows_future ? std::span<const policy::Observation>(part.slots)
                                                                       : std::span<const policy::Observation>()),
                                      run.policy->parameters, StreamSeed(seed, kPolicyStream)));
  return part;
}

EventLink LinkOfDevice(const EventRun& run, const DevicePart& part, int64_t ahead) {
  const SlotScenario& scenario = *run.scenario;
  EventLink link = LinkOf(part.slots, scenario.slot_s);
  if (const auto* profiled = std::get_if<ProfiledBits>(&scenario.link)) {
    link.up = std::make_shared<Ahead>(profiled->rate, FromSeconds(scenario.slot_s) * ahead);
  }
  return link;
}

absl::Status Check(const char* what, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return InvalidArgument(what, " ", value, "; expected ", least, " to ", most);
}

}   // namespace

absl::Status CheckEventSetting(const EventSetting& setting, const SlotScenario& scenario) {
  using S = EventSetting;
  RETURN_IF_ERROR(Check("devices:", setting.devices, 1, S::kMostDevices));
  RETURN_IF_ERROR(Check("frames under way on a device:", setting.depth_max, 1, S::kMostDepth));
  RETURN_IF_ERROR(Check("frames waiting on a device:", setting.waiting_max, 1, S::kMostDepth));
  RETURN_IF_ERROR(Check("workers of the edge:", setting.edge_workers, 1, S::kMostWorkers));
  RETURN_IF_ERROR(Check("requests waiting on the edge:", setting.edge_limits.max_queued, 1, S::kMostQueued));
  RETURN_IF_ERROR(Check("of a device:", setting.edge_limits.max_queued_per_device, 1, S::kMostQueued));
  if (scenario.slots > S::kMostDeviceSlots / setting.devices) {
    return InvalidArgument(setting.devices, " devices for ", scenario.slots, " slots; expected at most ", S::kMostDeviceSlots,
                           " slots of all devices together");
  }
  const FrameSource& frames = scenario.frames;
  int64_t most = frames.high;
  if (!frames.trace.empty()) most = *std::max_element(frames.trace.begin(), frames.trace.end());
  if (most * scenario.slots * setting.devices > S::kMostFrames) {
    return InvalidArgument(setting.devices, " devices bring up to ", most, " frames in each of ", scenario.slots,
                           " slots; expected at most ", S::kMostFrames, " frames of all together");
  }
  return absl::OkStatus();
}

absl::StatusOr<EventRunResult> RunEventSlots(const EventRun& run, const SlotRunOptions& options) {
  const SlotScenario& scenario = *run.scenario;
  const EventSetting& setting = *run.setting;
  const Instant start = options.clock != nullptr ? options.clock->Now() : Instant{};
  std::vector<DevicePart> parts;
  EventScenario events;
  events.devices.reserve(static_cast<size_t>(setting.devices));
  parts.reserve(static_cast<size_t>(setting.devices));
  for (int i = 0; i < setting.devices; ++i) {
    const int64_t ahead = scenario.slots * i / setting.devices;
    absl::StatusOr<DevicePart> part = PartOf(run, static_cast<uint64_t>(i), ahead);
    if (!part.ok()) return Annotate(part.status(), run.policy->name);
    parts.push_back(*std::move(part));
    EventDevice device;
    device.name = Concat("device ", i + 1);
    device.options = scenario.options.get();
    device.link = LinkOfDevice(run, parts.back(), ahead);
    device.session.depth_max = setting.depth_max;
    device.session.waiting_max = setting.waiting_max;
    device.session.deadline = setting.deadline;
    device.policy = parts.back().policy.get();
    device.slots = parts.back().slots;
    device.slot_s = scenario.slot_s;
    device.actual_device = scenario.actual_device_speed / scenario.device_speed;
    device.actual_edge = scenario.actual_edge_speed / scenario.edge_speed;
    device.keep_records = false;
    device.keep_memory = options.log;
    if (run.frame) device.ended = [&run, i](const device::FrameRecord& record) { run.frame(i, record); };
    device.watched = setting.faults.has_value();
    events.devices.push_back(std::move(device));
  }
  events.edge_workers = setting.edge_workers;
  events.edge_limits = setting.edge_limits;
  events.edge_limits.max_devices = std::max(events.edge_limits.max_devices, setting.devices);
  events.edge_jitter = setting.edge_jitter;
  events.edge_reports_load = setting.edge_reports_load;
  const Duration slot = FromSeconds(scenario.slot_s);
  if (setting.faults) {
    events.faults = *setting.faults;
    events.faults.until = Instant{} + slot * scenario.slots;
  }
  events.time_max = slot * scenario.slots + FromSeconds(kTimeAfterSlots_s);
  int64_t told = 0;
  const auto tell = [&](int64_t done) {
    if (options.progress && done > told) options.progress(done - told);
    told = std::max(told, done);
  };
  events.look_in = [&](Instant now) {
    tell(std::min<int64_t>(now.since_origin / slot, scenario.slots) * setting.devices);
    return options.stop == nullptr || !options.stop->load(std::memory_order_relaxed);
  };
  absl::StatusOr<EventResult> played = RunEvents(events, run.seed);
  if (!played.ok()) return Annotate(played.status(), run.policy->name);
  EventRunResult result;
  result.result = *std::move(played);
  if (!result.result.stopped) {
    tell(scenario.slots * setting.devices);
    result.violations = ViolationsOf(events, result.result);
  }
  for (EventDeviceResult& device : result.result.devices) {
    result.devices.push_back(MeansOf(device.slots, scenario.slot_s));
    result.offered += device.counts.offered;
    if (!options.log) std::vector<EventSlot>().swap(device.slots);
  }
  if (options.clock != nullptr) {
    const double seconds = ToSeconds(options.clock->Now() - start);
    if (seconds > 0) result.frames_per_s = static_cast<double>(result.offered) / seconds;
  }
  return result;
}

absl::StatusOr<std::vector<EventRunResult>> RunAllEvents(std::span<const EventRun> runs, const SlotRunOptions& options) {
  return RunAll<EventRunResult>(runs.size(), options.threads, [&](size_t i) { return RunEventSlots(runs[i], options); });
}

}   // namespace partway::sim
