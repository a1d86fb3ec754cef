#include "sim/simulated_device.h"

#include <cassert>
#include <utility>

#include "base/status.h"
#include "base/text.h"

namespace partway::sim {
namespace {

net::LinkModel Link(BitsPerSecond rate, Duration delay, int64_t queue_bytes) {
  auto profile = net::ConstantRate(rate);
  assert(profile.ok() && "the link's rate is out of range");
  return net::LinkModel(*std::move(profile), delay, queue_bytes);
}

}   // namespace

SimulatedDevice::SimulatedDevice(const SessionSimulationOptions& options, EventQueue* events, Rng* rng, SimulatedEdge* edge,
                                 std::string name)
    : options_(options), events_(events), rng_(rng), session_(options.session), checker_(options.session) {
  assert(options.device.group_s.size() == static_cast<size_t>(options.session.group_count));
  assert(options.cut_bytes.size() == options.device.group_s.size() + 1);
  const SimulatedLink& link = options.link;
  SimulatedChannel::Events on;
  on.reply = [this](device::FrameId frame, uint32_t attempt, const device::ServerTimes& times) {
    Trace(Concat("reply to ", frame, ", attempt ", attempt));
    checker_.Replied(frame, attempt);
    session_.ReplyArrived(events_->now(), frame, attempt, times);
    Obey();
  };
  on.failed = [this](device::FrameId frame, uint32_t attempt, const absl::Status& status) {
    Trace(Concat("failure of ", frame, ", attempt ", attempt, ": ", status.ToString()));
    checker_.Failed(frame, attempt);
    session_.ReplyFailed(events_->now(), frame, attempt, status);
    Obey();
  };
  on.link_lost = [this](const std::string& why) {
    Trace(Concat("link lost: ", why));
    checker_.LinkLost();
    session_.LinkLost(events_->now(), why);
    Obey();
  };
  on.probe_done = [this](uint32_t probe, const absl::Status& status) {
    Trace(Concat("probe ", probe, " done: ", status.ToString()));
    checker_.ProbeDone(events_->now(), probe, status);
    session_.ProbeDone(events_->now(), probe, status);
    Obey();
  };
  channel_ = std::make_unique<SimulatedChannel>(events, rng, edge, Link(link.up, link.delay_up, link.queue_bytes),
                                                Link(link.down, link.delay_down, link.queue_bytes), options.faults,
                                                std::move(name), std::move(on));
}

void SimulatedDevice::Start() {
  for (const PlanChange& change : options_.plan_changes) {
    events_->At(change.at, [this, &change] {
      Trace(Concat("plan: groups ", change.plan.from, " to ", change.plan.to, " at ", change.plan.size));
      checker_.Planned(change.plan);
      session_.SetPlan(events_->now(), change.plan);
      Obey();
    });
  }
  Obey();   // it may have something to say at once
  if (options_.frame_interval > Duration(0)) {
    Offer();
  } else {
    OfferIfItMay();
  }
}

// A source with its own pace: one frame now, the next after the interval, or when the session takes it.
void SimulatedDevice::Offer() {
  if (offered_ == options_.frames) return;
  if (!session_.CanOffer()) {
    offering_ = true;   // OfferIfItMay goes on
    return;
  }
  const auto frame = static_cast<device::FrameId>(++offered_);
  Trace(Concat("frame ", frame));
  checker_.Offered(events_->now(), frame, events_->now());
  if (options_.frame_interval > Duration(0)) events_->After(options_.frame_interval, [this] { Offer(); });
  session_.FrameArrived(events_->now(), frame, events_->now());
  Obey();
}

void SimulatedDevice::OfferIfItMay() {
  if (options_.frame_interval > Duration(0)) {
    if (std::exchange(offering_, false)) events_->After(Duration(0), [this] { Offer(); });
    return;
  }
  if (offering_ || offered_ == options_.frames || !session_.CanOffer()) return;
  offering_ = true;
  events_->After(Duration(0), [this] {
    offering_ = false;
    if (session_.CanOffer()) Offer();
  });
}

void SimulatedDevice::Obey() {
  const std::vector<device::Command> commands = session_.TakeCommands();
  checker_.Said(events_->now(), commands, session_);
  for (const device::Command& command : commands) {
    if (options_.keep_trace) Trace("  " + CommandText(command));
    std::visit([this](const auto& c) { Do(c); }, command);
  }
  OfferIfItMay();
  Due();
}

void SimulatedDevice::Due() {
  const std::optional<Instant> next = session_.NextTick();
  if (!next || (due_ && *due_ <= *next)) return;
  due_ = *next;
  events_->At(*next, [this, at = *next] {
    if (due_ != at) return;   // an earlier one was put in since
    due_.reset();
    session_.Tick(events_->now());
    Obey();
  });
}

absl::Status SimulatedDevice::DeviceFault(Fault fault, double probability) {
  if (probability <= 0 || channel_->FaultsEnded() || !rng_->Chance(probability)) return absl::OkStatus();
  channel_->CountFault(fault);
  return InternalError(FaultName(fault), ", by a fault");
}

void SimulatedDevice::Do(const device::PrepareCommand& c) {
  sizes_[c.frame] = c.size;
  const absl::Status status = DeviceFault(Fault::kPrepareError, options_.faults.prepare_error);
  events_->After(options_.prepare, [this, frame = c.frame, status] {
    Trace(Concat("prepared ", frame));
    checker_.DeviceDone(events_->now(), frame, status, true);
    session_.PrepareDone(events_->now(), frame, status);
    Obey();
  });
}

void SimulatedDevice::Do(const device::ComputeCommand& c) {
  const absl::Status status = DeviceFault(Fault::kComputeError, options_.faults.compute_error);
  events_->After(options_.device.Draw(c.from, c.to, sizes_[c.frame], rng_), [this, frame = c.frame, status] {
    Trace(Concat("computed ", frame));
    checker_.DeviceDone(events_->now(), frame, status, false);
    session_.ComputeDone(events_->now(), frame, status);
    Obey();
  });
}

void SimulatedDevice::Do(const device::EncodeCommand& c) {
  const absl::Status status = DeviceFault(Fault::kComputeError, options_.faults.compute_error);
  events_->After(options_.encode, [this, frame = c.frame, status] {
    Trace(Concat("encoded ", frame));
    checker_.DeviceDone(events_->now(), frame, status, false);
    session_.ComputeDone(events_->now(), frame, status);
    Obey();
  });
}

void SimulatedDevice::Do(const device::SendCommand& c) {
  const int size = sizes_[c.frame];
  const double scale = static_cast<double>(size) / options_.device.reference_size;
  const double share = c.plan.codec == "raw" ? 1 : options_.encoded_share;
  const auto bytes =
      static_cast<int64_t>(static_cast<double>(options_.cut_bytes[static_cast<size_t>(c.plan.from)]) * scale * scale * share);
  session_.UploadBytes(c.frame, c.attempt, bytes);
  channel_->Send(c, bytes, size);
}

void SimulatedDevice::Do(const device::CancelCommand& c) { channel_->Cancel(c); }
void SimulatedDevice::Do(const device::ProbeCommand& c) { channel_->Probe(c.probe); }
void SimulatedDevice::Do(const device::NoticeCommand& c) {
  result_.notices.push_back(Concat(c.kind, c.detail.empty() ? "" : ": ", c.detail));
}
void SimulatedDevice::Do(const device::FinishCommand& c) {
  sizes_.erase(c.record.id);
  result_.records.push_back(c.record);
}

SessionSimulationResult SimulatedDevice::Finish() {
  checker_.Ended(events_->now(), session_);
  result_.counts = session_.counts();
  result_.faults = channel_->fault_counts();
  result_.connected = session_.connected();
  result_.ended = events_->now();
  result_.depth = session_.depth();
  result_.violations = checker_.violations();
  return std::move(result_);
}

void SimulatedDevice::Trace(const std::string& line) {
  if (options_.keep_trace) Append(&result_.trace, events_->now().since_origin.count(), " ns  ", line, "\n");
}

}   // namespace partway::sim
