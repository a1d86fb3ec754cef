#include "sim/simulated_channel.h"

#include <algorithm>

#include "base/status.h"

namespace partway::sim {
namespace {

constexpr int64_t kProbeBytes = 256;
constexpr Duration kRefusedAfter = std::chrono::milliseconds(1);   // a closed port answers at once

}   // namespace

SimulatedChannel::SimulatedChannel(EventQueue* events, Rng* rng, SimulatedEdge* edge, net::LinkModel up, net::LinkModel down,
                                   const Faults& faults, std::string device, Owner* owner, CallBytes call)
    : events_(events),
      rng_(rng),
      edge_(edge),
      up_(std::move(up)),
      down_(std::move(down)),
      faults_(faults),
      device_(std::move(device)),
      owner_(owner),
      call_(call) {
  edge_->Connect(this);
  Schedule(Fault::kLinkReset, faults_.link_resets_per_s, &SimulatedChannel::StrikeReset);
  Schedule(Fault::kLinkStall, faults_.link_stalls_per_s, &SimulatedChannel::StrikeStall);
}

bool SimulatedChannel::Strikes(Fault fault, double probability) {
  if (probability <= 0 || FaultsEnded() || !rng_->Chance(probability)) return false;
  CountFault(fault);
  return true;
}

void SimulatedChannel::Schedule(Fault fault, double per_s, void (SimulatedChannel::*strike)()) {
  const std::optional<Duration> gap = DrawGap(per_s, rng_);
  if (!gap || events_->now() + *gap >= faults_.until) return;
  events_->After(*gap, [this, fault, per_s, strike] {
    CountFault(fault);
    (this->*strike)();
    Schedule(fault, per_s, strike);
  });
}

void SimulatedChannel::StrikeReset() {
  Break("connection reset");
  owner_->LinkLost("connection reset");
}

void SimulatedChannel::StrikeStall() {
  const Duration length = FromSeconds(rng_->Uniform(0.001, ToSeconds(faults_.stall_max)));
  stalled_until_ = std::max(stalled_until_, std::min(events_->now() + length, faults_.until));
}

SimulatedChannel::Call* SimulatedChannel::Find(Key key) {
  const auto it = std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) { return call.key == key; });
  return it == calls_.end() ? nullptr : &*it;
}

void SimulatedChannel::Forget(Key key) {
  if (Call* call = Find(key)) calls_.erase(calls_.begin() + (call - calls_.data()));
}

void SimulatedChannel::Send(const device::SendCommand& send, const Upload& upload) {
  const Key key{send.frame, send.attempt};
  calls_.push_back({.key = key, .reply_bytes = upload.reply_bytes, .job = std::nullopt});
  if (!edge_->up()) {
    events_->After(kRefusedAfter, [this, key] { Deliver(key, Unavailable("connection refused"), {}); });
    return;
  }
  if (send.deadline) {   // the channel's own timer, which may be ahead of the session's by a little
    events_->At(*send.deadline - FromSeconds(rng_->Uniform(0, 0.001)), [this, key] {
      if (Find(key) != nullptr) Deliver(key, absl::DeadlineExceededError("deadline exceeded"), {});
    });
  }
  const SimulatedEdge::Request request{
      .seconds = upload.edge_s,
      .bytes = upload.bytes,
      .deadline = send.deadline,
      .origin = {.frame = key.frame, .attempt = key.attempt, .fails = false, .connection = connection_}};
  events_->At(Unstalled(up_.Send(events_->now(), upload.bytes + call_.up).delivered), [this, request] { Arrive(request); });
}

void SimulatedChannel::Arrive(const SimulatedEdge::Request& sent) {
  if (sent.origin.connection != connection_) return;
  if (events_->now() < stalled_until_) {   // the stall began while it was on its way
    events_->At(stalled_until_, [this, sent] { Arrive(sent); });
    return;
  }
  const Key key{sent.origin.frame, sent.origin.attempt};
  if (Find(key) == nullptr) return;   // cancelled on its way
  if (Strikes(Fault::kServerFull, faults_.server_full)) {
    return Answered(sent.origin, ResourceExhausted("server full, by a fault"), {});
  }
  if (Strikes(Fault::kModelForgotten, faults_.model_forgotten)) {
    return Answered(sent.origin, NotFound("no such model, by a fault"), {});
  }
  SimulatedEdge::Request request = sent;
  request.origin.fails = Strikes(Fault::kEdgeError, faults_.edge_error);
  const edge::JobId job = edge_->Offer(this, device_, request);
  if (Call* still = Find(key)) still->job = job;
}

void SimulatedChannel::Answered(const SimulatedEdge::Origin& origin, const absl::Status& given,
                                const device::ServerTimes& times) {
  if (origin.connection != connection_) return;
  const absl::Status status = origin.fails && given.ok() ? InternalError("edge failed, by a fault") : given;
  if (Strikes(Fault::kReplyLost, faults_.reply_lost)) return;
  const Key key{origin.frame, origin.attempt};
  const Call* call = Find(key);   // none if its owner does not wait any more
  Instant arrives = down_.Send(events_->now(), call == nullptr ? 0 : call->reply_bytes + call_.down).delivered;
  if (Strikes(Fault::kReplyLate, faults_.reply_late))
    arrives = arrives + FromSeconds(rng_->Uniform(0, ToSeconds(faults_.late_max)));
  const int copies = Strikes(Fault::kReplyDuplicated, faults_.reply_duplicated) ? 2 : 1;
  const ServerStamp stamp{events_->now() - times.queue - times.compute, edge_->busy_s()};
  const auto deliver = [this, key, connection = origin.connection, status, times, stamp] {
    if (connection != connection_) return;
    if (events_->now() < stalled_until_) {
      events_->At(stalled_until_, [this, key, status, times, stamp] { Deliver(key, status, times, stamp); });
    } else {
      Deliver(key, status, times, stamp);
    }
  };
  for (int copy = 0; copy < copies; ++copy) {
    if (held_.empty() && Strikes(Fault::kReplyReordered, faults_.reply_reordered)) {
      held_.push_back(deliver);
      continue;
    }
    events_->At(arrives + copy * std::chrono::milliseconds(3), [this, deliver] {
      deliver();
      if (held_.empty()) return;
      const auto held = std::exchange(held_, {});
      for (const auto& late : held) late();
    });
  }
}

void SimulatedChannel::Deliver(Key key, const absl::Status& status, const device::ServerTimes& times, const ServerStamp& stamp) {
  Forget(key);   // also one that was cancelled meanwhile, or answered before, is told: such events must do no harm
  if (status.ok()) {
    owner_->Replied(key.frame, key.attempt, times, stamp);
  } else {
    owner_->Failed(key.frame, key.attempt, status);
  }
}

void SimulatedChannel::Cancel(const device::CancelCommand& cancel) {
  const Key key{cancel.frame, cancel.attempt};
  const Call* call = Find(key);
  if (call == nullptr) return;
  if (call->job) edge_->Cancel(*call->job);
  Forget(key);
  // As a real channel does: the call ends with this.
  events_->After(Duration(0), [this, key] { owner_->Failed(key.frame, key.attempt, absl::CancelledError("cancelled")); });
}

void SimulatedChannel::Break(const std::string& why) {
  ++connection_;
  held_.clear();
  const auto calls = std::exchange(calls_, {});
  for (const Call& call : calls) {
    if (call.job && edge_->up()) edge_->Cancel(*call.job);
    events_->After(kRefusedAfter, [this, key = call.key, why] { owner_->Failed(key.frame, key.attempt, Unavailable(why)); });
  }
}

void SimulatedChannel::Probe(uint32_t probe) {
  if (Strikes(Fault::kProbeLost, faults_.probe_lost)) return;
  const Instant arrives = Unstalled(up_.Send(events_->now(), kProbeBytes).delivered);
  events_->At(arrives, [this, probe] {
    if (!edge_->up()) return owner_->ProbeDone(probe, Unavailable("connection refused"));
    events_->At(Unstalled(down_.Send(events_->now(), kProbeBytes).delivered),
                [this, probe] { owner_->ProbeDone(probe, absl::OkStatus()); });
  });
}

void SimulatedChannel::Measure(uint64_t message, int64_t bytes) {
  const Instant arrives = Unstalled(up_.Send(events_->now(), bytes + call_.up).delivered);
  events_->At(arrives, [this, message] {
    if (!edge_->up()) return owner_->Measured(message, nullptr);
    const ServerStamp stamp{events_->now(), edge_->busy_s()};
    events_->At(Unstalled(down_.Send(events_->now(), call_.down).delivered),
                [this, message, stamp] { owner_->Measured(message, &stamp); });
  });
}

}   // namespace partway::sim
