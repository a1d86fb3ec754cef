// An edge server in virtual time around the real edge::Scheduler: admission, turns between devices, deadlines and draining are the
// product's own; only the computing takes simulated time. Serves any number of devices. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/rng.h"
#include "device/session.h"
#include "edge/scheduler.h"
#include "sim/compute_model.h"
#include "sim/event_queue.h"
#include "sim/faults.h"
#include "sim/id_window.h"

namespace partway::sim {

struct SimulatedEdgeOptions {
  ComputeModel compute;   // where requests are groups; its jitter holds for every request
  int workers = 1;
  edge::SchedulerLimits limits;
};

class SimulatedEdge {
 public:
  // What the caller needs to know again when the answer is there.
  struct Origin {
    device::FrameId frame = 0;
    uint32_t attempt = 0;
    bool fails = false;
    uint64_t connection = 0;
  };
  struct Request {
    double seconds = 0;   // of one worker, without jitter
    int64_t bytes = 0;
    std::optional<Instant> deadline;
    Origin origin;
  };
  class Client {
   public:
    virtual ~Client() = default;
    // Exactly once for a request, unless the server stops or the job is cancelled first.
    virtual void Answered(const Origin& origin, const absl::Status& status, const device::ServerTimes& times) = 0;
    // The process is gone with all it had.
    virtual void ServerWentAway() = 0;
    // Of the edge's time, for work that was begun.
    double given_s() const { return given_s_; }

   private:
    friend class SimulatedEdge;
    double given_s_ = 0;
  };

  // `events` and `rng` must outlive it.
  SimulatedEdge(EventQueue* events, Rng* rng, SimulatedEdgeOptions options);

  // From now on the server's own faults strike: restarts and slow times.
  void Suffer(const Faults& faults);
  void Connect(Client* client) { clients_.push_back(client); }   // must outlive it

  edge::JobId Offer(Client* client, const std::string& device, const Request& request);
  // A job that runs runs on and its reply is not sent.
  void Cancel(edge::JobId job);
  // The process is gone with all it had, and back `away` later.
  void Restart(Duration away);
  bool up() const { return up_; }

  int queued_max() const { return queued_max_; }                      // most jobs that ever waited
  double busy_s() const { return busy_s_; }                           // of all workers, for work that was begun
  const FaultCounts& fault_counts() const { return fault_counts_; }   // the server's own

 private:
  struct Waiting {
    Client* client;
    Request request;
    Instant arrived;
  };
  void Work();
  void Expired();
  void Schedule(Fault fault, double per_s, Instant until, void (SimulatedEdge::*strike)());
  void StrikeRestart() { Restart(FromSeconds(rng_->Uniform(0.001, ToSeconds(faults_.restart_max)))); }
  void StrikeSlow();

  EventQueue* events_;
  Rng* rng_;
  SimulatedEdgeOptions options_;
  Faults faults_;
  std::unique_ptr<edge::Scheduler> scheduler_;
  IdWindow<Waiting> jobs_;   // queued and running
  std::vector<Client*> clients_;
  edge::JobId next_job_ = 1;
  uint64_t life_ = 0;   // counts restarts: work of an earlier life is void
  bool up_ = true;
  Instant slow_until_;
  double slowness_ = 1;
  int queued_max_ = 0;
  double busy_s_ = 0;
  FaultCounts fault_counts_{};
};

}   // namespace partway::sim
