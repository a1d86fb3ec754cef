// The channel of one device in virtual time: two link models, a simulated edge behind them, and faults from a seed. What enters it
// comes out as the same events that the live channel gives, late, lost, twice or out of order where a fault says so. Not thread-safe.
//
// Left out: a cancelled upload still takes its time on the link, and TCP's own start-up and retransmissions.
#pragma once

#include <cstdint>
#include <functional>
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

// What is sent for one frame, and what it asks of the other side.
struct Upload {
  int64_t bytes = 0, reply_bytes = 0;
  double edge_s = 0;   // of one of the edge's workers
};

// What a call takes on the link beside its message: the protocol's own headers.
struct CallBytes {
  int64_t up = 0, down = 0;
};

// What the server says of itself with an answer, on the simulation's clock.
struct ServerStamp {
  Instant received;    // when it had the message
  double busy_s = 0;   // of all its workers so far
};

class SimulatedChannel : private SimulatedEdge::Client {
 public:
  using SimulatedEdge::Client::given_s;

  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void Replied(device::FrameId frame, uint32_t attempt, const device::ServerTimes& times, const ServerStamp& stamp) = 0;
    virtual void Failed(device::FrameId frame, uint32_t attempt, const absl::Status& status) = 0;
    virtual void LinkLost(const std::string& why) = 0;
    virtual void ProbeDone(uint32_t probe, const absl::Status& status) = 0;
    // Of a Measure; null: the server is not there.
    virtual void Measured(uint64_t message, const ServerStamp* stamp) = 0;
  };

  // All pointers must outlive it. Of the faults those of the channel and of single requests; restarts and slow times are the edge's.
  SimulatedChannel(EventQueue* events, Rng* rng, SimulatedEdge* edge, net::LinkModel up, net::LinkModel down,
                   const Faults& faults, std::string device, Owner* owner, CallBytes call = {});
  SimulatedChannel(const SimulatedChannel&) = delete;
  SimulatedChannel& operator=(const SimulatedChannel&) = delete;

  void Send(const device::SendCommand& send, const Upload& upload);
  void Cancel(const device::CancelCommand& cancel);
  void Probe(uint32_t probe);
  // A message of so many bytes that is answered at once, whatever is queued at the edge.
  void Measure(uint64_t message, int64_t bytes);
  const FaultCounts& fault_counts() const { return fault_counts_; }
  // Counts a fault that the owner of the channel made.
  void CountFault(Fault fault) { ++fault_counts_[static_cast<size_t>(fault)]; }
  bool FaultsEnded() const { return events_->now() >= faults_.until; }

 private:
  struct Key {
    device::FrameId frame;
    uint32_t attempt;
    bool operator==(const Key&) const = default;
  };
  struct Call {
    Key key;
    int64_t reply_bytes;
    std::optional<edge::JobId> job;   // once the server has it
  };

  void Answered(const SimulatedEdge::Origin& origin, const absl::Status& status, const device::ServerTimes& times) override;
  void ServerWentAway() override { Break("connection reset: the server went away"); }

  Call* Find(Key key);   // null if it was cancelled or answered
  void Forget(Key key);
  bool Strikes(Fault fault, double probability);
  void Arrive(const SimulatedEdge::Request& request);
  void Deliver(Key key, const absl::Status& status, const device::ServerTimes& times, const ServerStamp& stamp = {});
  // Fails every call under way; whatever is on the link is gone.
  void Break(const std::string& why);
  void Schedule(Fault fault, double per_s, void (SimulatedChannel::*strike)());
  void StrikeReset();
  void StrikeStall();
  // When something that passes at `t` really does, with the link stalled.
  Instant Unstalled(Instant t) const { return std::max(t, stalled_until_); }

  EventQueue* events_;
  Rng* rng_;
  SimulatedEdge* edge_;
  net::LinkModel up_, down_;
  Faults faults_;
  std::string device_;
  Owner* owner_;
  CallBytes call_;
  std::vector<Call> calls_;                   // few: no more than the session's depth
  std::vector<std::function<void()>> held_;   // replies that let the next one pass; at most one
  uint64_t connection_ = 0;                   // counts breaks
  Instant stalled_until_;
  FaultCounts fault_counts_{};
};

}   // namespace partway::sim
