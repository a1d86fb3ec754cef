#include "sim/simulated_channel.h"

#include "base/status.h"

namespace partway::sim {
namespace {

constexpr int64_t kReplyBytes = 4096;
constexpr int64_t kProbeBytes = 256;
constexpr Duration kRefusedAfter = std::chrono::milliseconds(1);   // a closed port answers at once

}   // namespace

SimulatedChannel::SimulatedChannel(EventQueue* events, Rng* rng, SimulatedEdge* edge, net::LinkModel up, net::LinkModel down,
                                   const Faults& faults, std::string device, Events on)
    : events_(events),
      rng_(rng),
      edge_(edge),
      up_(std::move(up)),
      down_(std::move(down)),
      faults_(faults),
      device_(std::move(device)),
      on_(std::move(on)) {
  edge_->OnRestart([this] { Break("connection reset: the server went away"); });
  Schedule(Fault::kServerRestart, faults_.server_restarts_per_s,
           [this] { edge_->Restart(FromSeconds(rng_->Uniform(0.001, ToSeconds(faults_.restart_max)))); });
  Schedule(Fault::kLinkReset, faults_.link_resets_per_s, [this] {
    Break("connection reset");
    on_.link_lost("connection reset");
  });
  Schedule(Fault::kLinkStall, faults_.link_stalls_per_s, [this] {
    const Duration length = FromSeconds(rng_->Uniform(0.001, ToSeconds(faults_.stall_max)));
    stalled_until_ = std::max(stalled_until_, std::min(events_->now() + length, faults_.until));
  });
}

bool SimulatedChannel::Strikes(Fault fault, double probability) {
  if (probability <= 0 || FaultsEnded() || !rng_->Chance(probability)) return false;
  CountFault(fault);
  return true;
}

// Gaps uniform up to twice their mean: without a logarithm, whose last digit differs from machine to machine.
void SimulatedChannel::Schedule(Fault fault, double per_s, std::function<void()> strike) {
  if (per_s <= 0) return;
  const Duration gap = FromSeconds(rng_->Uniform(0, 2 / per_s));
  if (events_->now() + gap >= faults_.until) return;
  events_->After(gap, [this, fault, per_s, strike = std::move(strike)] {
    CountFault(fault);
    strike();
    Schedule(fault, per_s, strike);
  });
}

void SimulatedChannel::Send(const device::SendCommand& send, int64_t bytes, int size) {
  const CallKey key{send.frame, send.attempt};
  const uint64_t connection = connection_;
  calls_[key] = {.connection = connection, .job = std::nullopt};
  if (!edge_->up()) {
    events_->After(kRefusedAfter, [this, key] { Deliver(key, Unavailable("connection refused"), {}); });
    return;
  }
  if (send.deadline) {   // the channel's own timer, which may be ahead of the session's by a little
    events_->At(*send.deadline - FromSeconds(rng_->Uniform(0, 0.001)), [this, key] {
      if (calls_.contains(key)) Deliver(key, absl::DeadlineExceededError("deadline exceeded"), {});
    });
  }
  const SimulatedEdge::Request request{.device = device_,
                                       .from = send.plan.from,
                                       .to = send.plan.to,
                                       .size = size,
                                       .bytes = static_cast<size_t>(bytes),
                                       .deadline = send.deadline};
  const Instant arrives = Unstalled(up_.Send(events_->now(), bytes).delivered);
  events_->At(arrives, [this, key, connection, request] { Arrive(key, connection, request); });
}

void SimulatedChannel::Arrive(CallKey key, uint64_t connection, const SimulatedEdge::Request& request) {
  if (connection != connection_) return;
  if (events_->now() < stalled_until_) {   // the stall began while it was on its way
    events_->At(stalled_until_, [this, key, connection, request] { Arrive(key, connection, request); });
    return;
  }
  const auto call = calls_.find(key);
  if (call == calls_.end()) return;   // cancelled on its way
  if (Strikes(Fault::kServerFull, faults_.server_full)) {
    return SendReply(key, connection, ResourceExhausted("server full, by a fault"), {});
  }
  if (Strikes(Fault::kModelForgotten, faults_.model_forgotten)) {
    return SendReply(key, connection, NotFound("no such model, by a fault"), {});
  }
  const bool fails = Strikes(Fault::kEdgeError, faults_.edge_error);
  const edge::JobId job =
      edge_->Offer(request, [this, key, connection, fails](const absl::Status& status, const device::ServerTimes& times) {
        SendReply(key, connection, fails && status.ok() ? InternalError("edge failed, by a fault") : status, times);
      });
  if (const auto still = calls_.find(key); still != calls_.end()) still->second.job = job;
}

void SimulatedChannel::SendReply(CallKey key, uint64_t connection, const absl::Status& status, const device::ServerTimes& times) {
  if (connection != connection_) return;
  if (Strikes(Fault::kReplyLost, faults_.reply_lost)) return;
  Instant arrives = down_.Send(events_->now(), kReplyBytes).delivered;
  if (Strikes(Fault::kReplyLate, faults_.reply_late))
    arrives = arrives + FromSeconds(rng_->Uniform(0, ToSeconds(faults_.late_max)));
  const int copies = Strikes(Fault::kReplyDuplicated, faults_.reply_duplicated) ? 2 : 1;
  const auto deliver = [this, key, connection, status, times] {
    if (connection != connection_) return;
    if (events_->now() < stalled_until_) {
      events_->At(stalled_until_, [this, key, status, times] { Deliver(key, status, times); });
    } else {
      Deliver(key, status, times);
    }
  };
  for (int copy = 0; copy < copies; ++copy) {
    if (held_.empty() && Strikes(Fault::kReplyReordered, faults_.reply_reordered)) {
      held_.push_back(deliver);
      continue;
    }
    events_->At(arrives + copy * std::chrono::milliseconds(3), [this, deliver] {
      deliver();
      const auto held = std::exchange(held_, {});
      for (const auto& late : held) late();
    });
  }
}

void SimulatedChannel::Deliver(CallKey key, const absl::Status& status, const device::ServerTimes& times) {
  calls_.erase(key);   // also one that was cancelled meanwhile, or answered before, is told: such events must do no harm
  if (status.ok()) {
    on_.reply(key.first, key.second, times);
  } else {
    on_.failed(key.first, key.second, status);
  }
}

void SimulatedChannel::Cancel(const device::CancelCommand& cancel) {
  const CallKey key{cancel.frame, cancel.attempt};
  const auto call = calls_.find(key);
  if (call == calls_.end()) return;
  if (call->second.job) edge_->Cancel(*call->second.job);
  calls_.erase(call);
  // As a real channel does: the call ends with this.
  events_->After(Duration(0), [this, key] { on_.failed(key.first, key.second, absl::CancelledError("cancelled")); });
}

void SimulatedChannel::Break(const std::string& why) {
  ++connection_;
  held_.clear();
  const auto calls = std::exchange(calls_, {});
  for (const auto& [key, call] : calls) {
    if (call.job && edge_->up()) edge_->Cancel(*call.job);
    events_->After(kRefusedAfter, [this, key = key, why] { on_.failed(key.first, key.second, Unavailable(why)); });
  }
}

void SimulatedChannel::Probe(uint32_t probe) {
  if (Strikes(Fault::kProbeLost, faults_.probe_lost)) return;
  const Instant arrives = Unstalled(up_.Send(events_->now(), kProbeBytes).delivered);
  events_->At(arrives, [this, probe] {
    if (!edge_->up()) return on_.probe_done(probe, Unavailable("connection refused"));
    events_->At(Unstalled(down_.Send(events_->now(), kProbeBytes).delivered),
                [this, probe] { on_.probe_done(probe, absl::OkStatus()); });
  });
}

}   // namespace partway::sim
