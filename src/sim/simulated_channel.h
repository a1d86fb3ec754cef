// The channel of one device in virtual time: two link models, a simulated edge behind them, and faults from a seed. What enters it
// comes out as the same events that the live channel gives, late, lost, twice or out of order where a fault says so. Not thread-safe.
//
// Left out: a cancelled upload still takes its time on the link, and TCP's own start-up and retransmissions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "device/session.h"
#include "net/link_model.h"
#include "sim/event_queue.h"
#include "sim/faults.h"
#include "sim/simulated_edge.h"

namespace partway::sim {

class SimulatedChannel {
 public:
  struct Events {
    std::function<void(device::FrameId, uint32_t attempt, const device::ServerTimes&)> reply;
    std::function<void(device::FrameId, uint32_t attempt, const absl::Status&)> failed;
    std::function<void(const std::string& why)> link_lost;
    std::function<void(uint32_t probe, const absl::Status&)> probe_done;
  };

  // All pointers must outlive it.
  SimulatedChannel(EventQueue* events, Rng* rng, SimulatedEdge* edge, net::LinkModel up, net::LinkModel down,
                   const Faults& faults, std::string device, Events on);

  void Send(const device::SendCommand& send, int64_t bytes, int size);
  void Cancel(const device::CancelCommand& cancel);
  void Probe(uint32_t probe);
  const FaultCounts& fault_counts() const { return fault_counts_; }
  // Counts a fault that the owner of the channel made.
  void CountFault(Fault fault) { ++fault_counts_[static_cast<size_t>(fault)]; }
  bool FaultsEnded() const { return events_->now() >= faults_.until; }

 private:
  using CallKey = std::pair<device::FrameId, uint32_t>;
  struct Call {
    uint64_t connection;
    std::optional<edge::JobId> job;   // once the server has it
  };

  bool Strikes(Fault fault, double probability);
  void Arrive(CallKey key, uint64_t connection, const SimulatedEdge::Request& request);
  void SendReply(CallKey key, uint64_t connection, const absl::Status& status, const device::ServerTimes& times);
  void Deliver(CallKey key, const absl::Status& status, const device::ServerTimes& times);
  // Fails every call under way; whatever is on the link is gone.
  void Break(const std::string& why);
  void Schedule(Fault fault, double per_s, std::function<void()> strike);
  // When something that passes at `t` really does, with the link stalled.
  Instant Unstalled(Instant t) const { return std::max(t, stalled_until_); }

  EventQueue* events_;
  Rng* rng_;
  SimulatedEdge* edge_;
  net::LinkModel up_, down_;
  Faults faults_;
  std::string device_;
  Events on_;
  std::map<CallKey, Call> calls_;
  std::vector<std::function<void()>> held_;   // replies that let the next one pass; at most one
  uint64_t connection_ = 0;                   // counts breaks
  Instant stalled_until_;
  FaultCounts fault_counts_{};
};

}   // namespace partway::sim
