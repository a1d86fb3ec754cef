// An edge server in virtual time around the real edge::Scheduler: admission, turns between devices, deadlines and draining are the
// product's own; only the computing takes simulated time. Serves any number of devices. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/rng.h"
#include "device/session.h"
#include "edge/scheduler.h"
#include "sim/compute_model.h"
#include "sim/event_queue.h"

namespace partway::sim {

struct SimulatedEdgeOptions {
  ComputeModel compute;
  int workers = 1;
  edge::SchedulerLimits limits;
};

class SimulatedEdge {
 public:
  struct Request {
    std::string device;
    int from = 0, to = 0, size = 0;
    size_t bytes = 0;
    std::optional<Instant> deadline;
  };
  using Reply = std::function<void(const absl::Status&, const device::ServerTimes&)>;

  // `events` and `rng` must outlive it.
  SimulatedEdge(EventQueue* events, Rng* rng, SimulatedEdgeOptions options);

  // `reply` is called exactly once, unless the server stops or the job is cancelled first.
  edge::JobId Offer(const Request& request, Reply reply);
  // A job that runs runs on and its reply is not sent.
  void Cancel(edge::JobId job);
  // The process is gone with all it had, and back `away` later.
  void Restart(Duration away);
  void OnRestart(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }
  bool up() const { return up_; }

  // Most jobs that ever waited, for tests of the bounds.
  int queued_max() const { return queued_max_; }

 private:
  struct Waiting {
    Request request;
    Reply reply;
    Instant arrived;
  };
  void Work();
  void Expired();

  EventQueue* events_;
  Rng* rng_;
  SimulatedEdgeOptions options_;
  std::unique_ptr<edge::Scheduler> scheduler_;
  std::map<edge::JobId, Waiting> jobs_;   // queued and running
  edge::JobId next_job_ = 1;
  uint64_t life_ = 0;   // counts restarts: work of an earlier life is void
  bool up_ = true;
  std::vector<std::function<void()>> listeners_;
  int queued_max_ = 0;
};

}   // namespace partway::sim
