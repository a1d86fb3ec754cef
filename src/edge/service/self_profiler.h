// The server measures itself: what each group of a model takes here, and the codecs, once per model, grouping and engine version. Kept in memory
// and, with a folder, on disk; whoever asks meanwhile waits for the same measurement.
//
// It never takes a worker from a request: the owner calls Step when a worker has nothing else to do, and a step runs one group once or
// times one codec (building the chain, when nobody has attached with that grouping yet, is the one long step). So a server that is
// never idle does not get to measure; whoever waits is told so after a while.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "edge/scheduler.h"
#include "edge/service/model_store.h"
#include "engine/engine.h"
#include "wire/messages.h"

namespace partway::edge {

struct SelfProfilerOptions {
  std::string folder;                              // where profiles are kept; empty: in memory only
  Duration measuring = std::chrono::seconds(15);   // of one measurement, by its own steps
  Duration patience = std::chrono::seconds(60);    // from the first question to an answer or none
  int max_sizes = 16;                              // of one question
  int max_edge = 4096;                             // pixels
  int64_t max_pixels = int64_t{1} << 20;           // of one size: activations grow with it
  int max_groups = 1024;
  int max_waiting = 64;   // questions, over all measurements
  int max_kept = 256;     // profiles in memory, one for each model and grouping
};

// Thread-safe.
class SelfProfiler {
 public:
  using Done = std::function<void(absl::StatusOr<wire::ProfileReply>)>;

  // `wall` must outlive it, as must the store.
  SelfProfiler(ModelStore& store, engine::EngineInfo engine, const Clock& wall, const SelfProfilerOptions& options);
  ~SelfProfiler();   // as Stop

  // `done` is called exactly once, inside this call if the answer is known or the question refused. True if there is something to Step for.
  // Errors: InvalidArgument (positions, sizes; what the model cannot take), NotFound and FailedPrecondition as ModelStore::Find,
  // ResourceExhausted (too many wait), Unavailable (stopped; too busy for too long), Cancelled.
  bool Ask(JobId id, const wire::ProfileRequest& request, Done done);
  void Cancel(JobId id);

  // One piece of the measurement at hand; a second caller at the same time returns at once. Whether there is more to do.
  bool Step();
  // Answers those who have waited too long.
  void Expire();
  void Stop();   // whoever waits is answered with Unavailable; nothing is measured any more

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::edge
