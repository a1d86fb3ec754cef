#include "sim/session_simulation.h"

#include <cassert>
#include <map>
#include <utility>

#include "base/rng.h"
#include "base/text.h"
#include "sim/event_queue.h"
#include "sim/frame_pump.h"
#include "sim/simulated_device.h"

namespace partway::sim {
namespace {

constexpr int64_t kReplyBytes = 4096;

net::LinkModel Link(BitsPerSecond rate, Duration delay, int64_t queue_bytes) {
  auto profile = net::ConstantRate(rate);
  assert(profile.ok() && "the link's rate is out of range");
  return net::LinkModel(*std::move(profile), delay, queue_bytes);
}

// A model of so many groups.
class GroupWorkload final : public Workload {
 public:
  GroupWorkload(const SessionSimulationOptions& options, Rng* rng) : options_(options), rng_(rng) {
    assert(options.device.group_s.size() == static_cast<size_t>(options.session.group_count));
    assert(options.cut_bytes.size() == options.device.group_s.size() + 1);
  }
  Duration Prepare(const device::PrepareCommand& c) override {
    sizes_[c.frame] = c.size;
    return options_.prepare;
  }
  Duration Compute(const device::ComputeCommand& c) override { return options_.device.Draw(c.from, c.to, sizes_[c.frame], rng_); }
  Duration Encode(const device::EncodeCommand&) override { return options_.encode; }
  Upload UploadOf(const device::SendCommand& c) override {
    const int size = sizes_[c.frame];
    const double scale = static_cast<double>(size) / options_.device.reference_size;
    const double share = c.plan.codec == "raw" ? 1 : options_.encoded_share;
    const auto whole = static_cast<double>(options_.cut_bytes[static_cast<size_t>(c.plan.from)]);
    return {.bytes = static_cast<int64_t>(whole * scale * scale * share),
            .reply_bytes = kReplyBytes,
            .edge_s = options_.edge.compute.Seconds(c.plan.from, c.plan.to, size)};
  }
  void Ended(device::FrameId frame) override { sizes_.erase(frame); }

 private:
  const SessionSimulationOptions& options_;
  Rng* rng_;
  std::map<device::FrameId, int> sizes_;   // as prepared, of frames without an outcome
};

class Source final : public SimulatedDevice::User {
 public:
  Source(const SessionSimulationOptions& options, EventQueue* events)
      : options_(options),
        events_(events),
        pump_(
            events, options.frames, options.frame_interval, [this] { return device_->session().CanOffer(); },
            [this](device::FrameId frame) { device_->Offer(frame, nullptr); }) {}

  void Start(SimulatedDevice* device) {
    device_ = device;
    for (const PlanChange& change : options_.plan_changes) {
      events_->At(change.at, [this, &change] { device_->SetPlan(change.plan); });
    }
    device_->Start();
    pump_.Start();
  }
  // Every frame was offered and has its outcome.
  bool done() const { return pump_.ended() && device_->session().idle(); }
  std::vector<device::FrameRecord> TakeRecords() { return std::move(records_); }

 private:
  void Ended(const device::FrameRecord& record) override { records_.push_back(record); }
  void Obeyed() override { pump_.Obeyed(); }

  const SessionSimulationOptions& options_;
  EventQueue* events_;
  SimulatedDevice* device_ = nullptr;
  FramePump pump_;
  std::vector<device::FrameRecord> records_;
};

}   // namespace

SessionSimulationResult RunSimulatedSession(const SessionSimulationOptions& options, uint64_t seed) {
  EventQueue events;
  Rng rng(seed);
  SimulatedEdge edge(&events, &rng, options.edge);
  edge.Suffer(options.faults);
  GroupWorkload work(options, &rng);
  Source source(options, &events);
  const SimulatedLink& link = options.link;
  SimulatedDevice device({.session = options.session, .faults = options.faults, .keep_trace = options.keep_trace},
                         Link(link.up, link.delay_up, link.queue_bytes), Link(link.down, link.delay_down, link.queue_bytes),
                         &events, &rng, &edge, &work, &source);
  source.Start(&device);
  const Instant end = Instant{} + options.time_max;
  // No run of n frames needs more than this; one that has events for ever at one instant would not come to its end in time.
  int64_t steps_left = 10'000 * (options.frames + 100);
  while (!source.done() && events.now() <= end && steps_left > 0 && events.Step()) --steps_left;
  const bool done = source.done();

  SessionSimulationResult result;
  result.violations = device.Violations();
  result.records = source.TakeRecords();
  result.notices = device.notices();
  result.counts = device.session().counts();
  result.faults = device.fault_counts();
  for (size_t f = 0; f < kFaultCount; ++f) result.faults[f] += edge.fault_counts()[f];
  result.connected = device.session().connected();
  result.ended = events.now();
  result.depth = device.session().depth();
  result.trace = device.trace();
  if (!done) {
    result.violations.insert(result.violations.begin(),
                             Concat("does not end: ", result.counts.offered, " of ", options.frames, " frames offered, ",
                                    result.records.size(), " with an outcome at ", events.now().seconds(), " s"));
  }
  return result;
}

}   // namespace partway::sim
