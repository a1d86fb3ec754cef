// The server without its sockets: takes decoded requests, lets the Scheduler decide, runs them on worker threads and hands the answers
// back. What gRPC adds is in edge_server.h.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "edge/scheduler.h"
#include "edge/service/model_store.h"
#include "edge/service/self_profiler.h"
#include "engine/engine.h"
#include "wire/codec.h"
#include "wire/messages.h"

namespace partway::edge {

struct EdgeCoreOptions {
  SchedulerLimits queue;
  wire::Limits limits;
  int threads = 1;                 // requests that run at once
  int64_t max_dimension = 16384;   // of a tensor that is to be run
  int max_groups = 1024;           // of a grouping that a device attaches with: each is a session to be built
  SelfProfilerOptions profiles;
};

// At this moment.
struct EdgeLoad {
  int queued = 0, running = 0;
  size_t queued_bytes = 0;
};

struct EdgeCounts {
  uint64_t answered = 0, refused = 0, failed = 0;
};

// Thread-safe. `clock` must be the machine's: workers wait on it.
class EdgeCore {
 public:
  using InferDone = std::function<void(absl::StatusOr<wire::InferReply>)>;
  using AttachDone = std::function<void(absl::StatusOr<wire::AttachReply>)>;
  using ProfileDone = SelfProfiler::Done;

  EdgeCore(ModelStore& store, const engine::Engine& engine, const Clock& clock, const EdgeCoreOptions& options);
  ~EdgeCore();   // what is queued is answered with Unavailable; waits for what runs

  JobId NewId() { return ++last_id_; }

  // `done` is called exactly once: inside this call if the request is refused at once, else on a worker. `peer` stands for the
  // device that does not name itself; `within` is how long the caller will wait. Errors that `done` gets: InvalidArgument, NotFound,
  // FailedPrecondition (docs/protocol.md), ResourceExhausted (queue full), DeadlineExceeded (before its turn), Cancelled, Unavailable (draining).
  // `arrived`: when its last byte was there.
  void Infer(JobId id, wire::InferRequest request, Instant arrived, const std::string& peer, std::optional<Duration> within,
             InferDone done);
  void Attach(JobId id, const wire::AttachRequest& request, const std::string& peer, std::optional<Duration> within,
              AttachDone done);
  // Answered here and now: when the caller says that the request was there, and how busy the workers have been.
  wire::ServerReport Report(Instant received) const;
  // What groups take here (self_profiler.h); measured when a worker has nothing else to do.
  void Profile(JobId id, const wire::ProfileRequest& request, ProfileDone done);
  // A queued request is answered with Cancelled; one that runs goes on.
  void Cancel(JobId id);

  void Drain();           // new requests are refused, queued ones are finished
  void WaitUntilIdle();   // nothing queued, nothing running
  bool draining() const;
  EdgeCounts counts() const;
  EdgeLoad load() const;

 private:
  // OK: run it; an error: answer with that.
  using Task = std::function<void(const absl::Status&)>;
  struct Request;

  void Offer(const Job& job, Task task);
  void Work();
  void MeasureOnce(std::unique_lock<std::mutex>& lock);
  void AnswerExpired(std::unique_lock<std::mutex>& lock);
  absl::Status Check(Request* request) const;
  absl::Status CheckValues(const Request& request) const;
  absl::Status Decode(Request* request) const;
  absl::StatusOr<wire::InferReply> Run(Request& request);

  ModelStore& store_;
  const engine::EngineInfo engine_info_;
  const Clock& clock_;
  const EdgeCoreOptions options_;
  std::atomic<JobId> last_id_{0};
  std::atomic<uint64_t> answered_{0}, refused_{0}, failed_{0};

  mutable std::mutex mutex_;
  std::condition_variable work_, idle_;
  Scheduler scheduler_;
  std::unordered_map<JobId, Task> tasks_;             // queued
  std::unordered_map<std::string, Duration> costs_;   // measured, by model, grouping and range
  SelfProfiler profiler_;
  Duration busy_{0};                              // of ended work
  bool to_measure_ = false, measuring_ = false;   // the profiler has steps to run; a worker runs one
  bool stopped_ = false;
  std::vector<std::thread> workers_;
};

}   // namespace partway::edge
