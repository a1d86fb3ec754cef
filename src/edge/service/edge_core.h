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
#include "edge/batch_times.h"
#include "edge/scheduler.h"
#include "edge/service/inference.h"
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
  BatchOptions batches;
};

// At this moment.
struct EdgeLoad {
  int queued = 0, running = 0;
  size_t queued_bytes = 0;
};

struct EdgeCounts {
  uint64_t answered = 0, refused = 0, failed = 0;
  uint64_t batches = 0, batched = 0;   // runs of several requests at once, and those requests; not the trials
};

// Thread-safe. `clock` must be the machine's: workers wait on it.
class EdgeCore {
 public:
  using InferDone = decltype(InferJob::done);
  using AttachDone = std::function<void(absl::StatusOr<wire::AttachReply>)>;
  using ProfileDone = SelfProfiler::Done;

  EdgeCore(ModelStore& store, const engine::Engine& engine, const Clock& clock, const EdgeCoreOptions& options);
  ~EdgeCore();   // what is queued is answered with Unavailable; waits for what runs

  JobId NewId() { return ++last_id_; }

  // `done` is called exactly once: inside this call if the request is refused at once, else on a worker. `peer`: the caller's address as
  // gRPC writes it ("ipv4:10.0.0.7:5123"); addresses share the server's time, and the names and unnamed connections of one share what is its. `within` is how
  // long the caller will wait. Errors that `done` gets: InvalidArgument, NotFound,
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
  // What waits for a worker: an inference or something else.
  struct Queued {
    std::shared_ptr<InferJob> infer;
    Task task;
  };

  void Offer(const Job& job, Queued work);
  void Refuse(const Queued& work, const absl::Status& why);
  void Work();
  std::vector<Queued> Take(const std::vector<JobId>& ids);
  void MeasureOnce(std::unique_lock<std::mutex>& lock);
  void AnswerExpired(std::unique_lock<std::mutex>& lock);

  // Answers what was taken together; of each what it took of the worker's time.
  std::vector<Duration> Serve(const std::vector<Queued>& work, bool pays);
  struct Cost {
    Duration decoding{0}, all{0};
  };
  // `made`: receives the outputs if there are any.
  Cost RunAlone(InferJob* job, Values* made);
  std::vector<Duration> RunTrial(const std::vector<std::shared_ptr<InferJob>>& jobs);
  std::vector<Duration> RunBatch(const std::vector<std::shared_ptr<InferJob>>& jobs);
  void Answer(InferJob* job, absl::StatusOr<Values> outputs, Duration queue, Duration compute);
  void Learn(const InferJob& job, Duration cost, bool alone);

  ModelStore& store_;
  const engine::EngineInfo engine_info_;
  const Clock& clock_;
  const EdgeCoreOptions options_;
  std::atomic<JobId> last_id_{0};
  std::atomic<uint64_t> answered_{0}, refused_{0}, failed_{0}, batches_made_{0}, batched_{0};
  const Inference inference_;

  mutable std::mutex mutex_;
  std::condition_variable work_, idle_;
  Scheduler scheduler_;
  BatchTimes batches_;
  std::unordered_map<JobId, Queued> queued_;
  std::unordered_map<std::string, Duration> costs_;   // measured, by model, grouping and range
  SelfProfiler profiler_;
  Duration busy_{0};                              // of ended work, trials included
  bool to_measure_ = false, measuring_ = false;   // the profiler has steps to run; a worker runs one
  bool stopped_ = false;
  std::vector<std::thread> workers_;
};

}   // namespace partway::edge
