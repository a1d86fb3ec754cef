#include "sim/controlled_run.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/status.h"
#include "control/slot_loop.h"
#include "sim/event_queue.h"
#include "sim/option_workload.h"
#include "sim/simulated_device.h"

namespace partway::sim {
namespace {

// The option table's work, and what is in no profile: preparing pictures, and what a request holds beside the values.
class ReplayedWorkload final : public Workload {
 public:
  ReplayedWorkload(OptionWorkload rows, const ControlledRun& run) : rows_(std::move(rows)), run_(run) {}
  OptionWorkload& rows() { return rows_; }

  Duration Prepare(const device::PrepareCommand& c) override {
    const std::map<int, double>& known = run_.prepare_s;
    if (known.empty()) return rows_.Prepare(c);
    auto at = known.lower_bound(c.size);
    if (at == known.end() || (at != known.begin() && at->first - c.size > c.size - std::prev(at)->first)) --at;
    return rows_.Prepare(c) + FromSeconds(at->second);
  }
  Duration Compute(const device::ComputeCommand& c) override { return rows_.Compute(c); }
  Duration Encode(const device::EncodeCommand& c) override { return rows_.Encode(c); }
  Upload UploadOf(const device::SendCommand& c) override {
    Upload upload = rows_.UploadOf(c);
    upload.bytes += run_.request_bytes;
    return upload;
  }
  void Ended(device::FrameId frame) override { rows_.Ended(frame); }

 private:
  OptionWorkload rows_;
  const ControlledRun& run_;
};

net::LinkModel Way(const std::shared_ptr<const net::RateProfile>& rate, Duration delay, int64_t queue_bytes) {
  return net::LinkModel(rate != nullptr ? rate : *net::ConstantRate(BitsPerSecond(0)), delay, queue_bytes);
}

// Other devices on the edge: requests of one length, evenly spread.
class Others final : public SimulatedEdge::Client {
 public:
  Others(const ControlledRun& run, EventQueue* events, SimulatedEdge* edge) : run_(run), events_(events), edge_(edge) {}
  // The share of the edge's time from now on.
  void Ask(double share) {
    const bool idle = share_ == 0;
    share_ = share;
    if (idle && share > 0) Offer();
  }

 private:
  void Offer() {
    if (share_ == 0) return;
    edge_->Offer(this, "others", {.seconds = run_.others_s, .bytes = 0, .deadline = std::nullopt, .origin = {}});
    events_->After(FromSeconds(run_.others_s / (share_ * run_.edge_workers)), [this] { Offer(); });
  }
  void Answered(const SimulatedEdge::Origin&, const absl::Status&, const device::ServerTimes&) override {}
  void ServerWentAway() override {}

  const ControlledRun& run_;
  EventQueue* const events_;
  SimulatedEdge* const edge_;
  double share_ = 0;
};

class ReplayedDevice final : public SimulatedDevice::User {
 public:
  ReplayedDevice(const ControlledRun& run, OptionWorkload rows, Rng* rng, EventQueue* events, SimulatedEdge* edge)
      : run_(run),
        events_(events),
        others_(run, events, edge),
        work_(std::move(rows), run),
        loop_(run.controller, run.fps,
              [this](uint64_t message, size_t padding) {
                simulated_.MeasureLink(message, static_cast<int64_t>(padding) + kProbeBytes);
              }),
        simulated_(OptionsOf(run, work_.rows()), Way(run.link.up, run.link.delay_up, run.link.queue_bytes),
                   Way(run.link.down, run.link.delay_down, run.link.queue_bytes), events, rng, edge, &work_, this) {}

  void Start() {
    SpeedUp(0);
    for (size_t i = 1; i < run_.speeds.size(); ++i) {
      events_->At(run_.speeds[i].from, [this, i] { SpeedUp(i); });
    }
    if (run_.frames.empty()) return;
    const Instant first = run_.frames.front().arrived;
    const Instant warm = std::max(Instant{}, first - run_.warm_up);
    events_->At(warm, [this] {
      simulated_.Start();
      if (simulated_.session().connected()) loop_.Warm(events_->now());
    });
    events_->At(first, [this] { Arrive(); });
  }
  bool done() const { return next_ == run_.frames.size() && simulated_.session().idle(); }
  ControlledResult Finish() {
    Report(loop_.End());
    result_.done = done();
    return std::move(result_);
  }

 private:
  static constexpr int64_t kProbeBytes = 32;   // as control::SlotLoop counts a probe's

  static SimulatedDeviceOptions OptionsOf(const ControlledRun& run, const OptionWorkload& rows) {
    SimulatedDeviceOptions options{.session = run.session, .watched = false, .call = run.call};
    options.session.group_count = rows.group_count();
    options.session.plan = {.from = rows.group_count(), .to = rows.group_count(), .size = rows.plan(0).size, .codec = "raw"};
    return options;
  }

  void SpeedUp(size_t i) {
    cost::State state;
    if (i < run_.speeds.size()) {
      state.device_speed = run_.speeds[i].device;
      state.edge_speed = run_.speeds[i].edge;
      others_.Ask(run_.speeds[i].others);
    }
    work_.rows().SetWeights(cost::WeightsOf(state));
  }

  void Arrive() {
    const ArrivingFrame& frame = run_.frames[next_];
    const Instant now = events_->now();
    Turn();   // the frame may be the first of the next slot
    const auto id = static_cast<device::FrameId>(++next_);
    if (next_ < run_.frames.size()) {
      events_->At(run_.frames[next_].arrived, [this] { Arrive(); });
    } else {
      others_.Ask(0);
    }
    const bool first = !loop_.next();
    const std::optional<int32_t> row = loop_.Take(id, now, frame.captured, simulated_.session().connected());
    if (first) Due();
    if (!row) {
      result_.records.push_back({.id = id,
                                 .captured_s = frame.captured.seconds(),
                                 .arrived_at_s = now.seconds(),
                                 .outcome = device::Outcome::kDropped,
                                 .reason = control::kLeftOut});
      return;
    }
    work_.rows().Add(id, *row);
    rows_[id] = *row;
    captured_[id] = frame.captured;
    simulated_.Offer(id, &run_.controller->plan(*row), frame.captured);
  }
  // Slots turn by the clock until the last frame has come.
  void Turn() { Report(loop_.Turn(events_->now(), simulated_.session().connected())); }
  void Due() {
    events_->At(*loop_.next(), [this] {
      if (next_ == run_.frames.size()) return;
      Turn();
      Due();
    });
  }
  void Report(const std::optional<control::SlotReport>& slot) {
    if (slot) result_.slots.push_back(*slot);
  }

  void Ended(const device::FrameRecord& record) override {
    run_.controller->Ended(record);
    result_.records.push_back(record);
    messages_.erase(record.id);
    rows_.erase(record.id);
    captured_.erase(record.id);
  }
  void Obeyed() override {}
  bool WorthSending(device::FrameId frame, int64_t bytes) override {
    return loop_.WorthSending(frame, events_->now(), captured_.at(frame), bytes);
  }
  void Sent(device::FrameId frame, uint32_t attempt, int64_t bytes) override {
    messages_[frame] = {attempt, loop_.Handed(events_->now(), rows_.at(frame), bytes)};
  }
  void Replied(device::FrameId frame, uint32_t attempt, const device::ServerTimes& times, const ServerStamp& stamp) override {
    if (const auto message = Taken(frame, attempt)) loop_.Answered(*message, events_->now(), times, WordOf(stamp));
  }
  void Failed(device::FrameId frame, uint32_t attempt, const absl::Status& status) override {
    const auto message = Taken(frame, attempt);
    if (!message) return;
    const bool refused = absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
    loop_.Forget(*message, refused ? -1 : rows_.at(frame));
  }
  void Cancelled(device::FrameId frame, uint32_t attempt) override {
    if (const auto message = Taken(frame, attempt)) loop_.Forget(*message, rows_.at(frame));
  }
  void Measured(uint64_t message, const ServerStamp* stamp) override {
    loop_.ProbeEnded(message, events_->now(), stamp != nullptr ? std::optional(WordOf(*stamp)) : std::nullopt);
  }
  void Noticed(const device::NoticeCommand&) override {
    simulated_.session().connected() ? loop_.Reattached(events_->now()) : loop_.Lost();
  }

  control::ServerWord WordOf(const ServerStamp& stamp) const {
    return {stamp.received.since_origin, FromSeconds(stamp.busy_s), run_.edge_workers};
  }
  // The name of the request that has ended now; null if it was given up before.
  std::optional<uint64_t> Taken(device::FrameId frame, uint32_t attempt) {
    const auto found = messages_.find(frame);
    if (found == messages_.end() || found->second.attempt != attempt) return std::nullopt;
    const uint64_t message = found->second.message;
    messages_.erase(found);
    return message;
  }

  const ControlledRun& run_;
  EventQueue* const events_;
  Others others_;
  ReplayedWorkload work_;
  control::SlotLoop loop_;
  SimulatedDevice simulated_;
  size_t next_ = 0;   // of the frames
  struct Message {
    uint32_t attempt;
    uint64_t message;
  };
  std::unordered_map<device::FrameId, Message> messages_;   // under way
  std::unordered_map<device::FrameId, int32_t> rows_;       // of frames without an outcome
  std::unordered_map<device::FrameId, Instant> captured_;   // the same
  ControlledResult result_;
};

constexpr double kShortestOthersS = 1e-4;

absl::Status Check(const ControlledRun& run) {
  if (run.frames.size() > ControlledRun::kMostFrames) {
    return ResourceExhausted(run.frames.size(), " frames; expected at most ", ControlledRun::kMostFrames);
  }
  Instant last;
  for (const ArrivingFrame& frame : run.frames) {
    if (frame.arrived < last || frame.arrived < frame.captured || frame.captured < Instant{}) {
      return InvalidArgument("a frame captured at ", frame.captured.seconds(), " s and offered at ", frame.arrived.seconds(),
                             " s, after one offered at ", last.seconds(), " s; expected ascending times from 0 on");
    }
    last = frame.arrived;
  }
  const MachineSpeeds* before = nullptr;
  for (const MachineSpeeds& speeds : run.speeds) {
    const bool fast = speeds.device > 0 && speeds.edge > 0 && std::isfinite(speeds.device) && std::isfinite(speeds.edge);
    if (!(speeds.others >= 0 && speeds.others < 1)) {
      return InvalidArgument("others ask for ", speeds.others, " of the edge's time; expected a share of 0 up to but not 1");
    }
    if (!fast || (before != nullptr && speeds.from < before->from)) {
      return InvalidArgument("from ", speeds.from.seconds(), " s on the device ", speeds.device, " and the edge ", speeds.edge,
                             " times as fast as their profiles; expected ascending times and speeds above 0");
    }
    before = &speeds;
  }
  if (!(run.others_s >= kShortestOthersS))
    return InvalidArgument("requests of others of ", run.others_s, " s; expected at least ", kShortestOthersS);
  if (run.edge_workers < 1) return InvalidArgument("an edge with ", run.edge_workers, " workers; expected at least 1");
  return absl::OkStatus();
}

}   // namespace

absl::StatusOr<ControlledResult> RunControlled(const ControlledRun& run, uint64_t seed) {
  RETURN_IF_ERROR(Check(run));
  ASSIGN_OR_RETURN(OptionWorkload rows, OptionWorkload::Make(*run.options));
  EventQueue events;
  Rng rng(seed);
  SimulatedEdge edge(&events, &rng, {.compute = {}, .workers = run.edge_workers, .limits = run.edge_limits});
  ReplayedDevice device(run, std::move(rows), &rng, &events, &edge);
  device.Start();
  const Instant end = run.frames.empty() ? Instant{} : run.frames.back().arrived + run.time_max;
  while (!device.done() && events.now() <= end && events.Step()) {}
  return device.Finish();
}

}   // namespace partway::sim
