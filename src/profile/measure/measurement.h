// Times the groups of a model, in small steps, until the medians are known well enough.
//
// A group is timed where it runs: in passes over the whole chain with a stopwatch at each boundary, so that it finds its input and the
// caches as it does in use. A group repeated alone finds its weights in the cache and is predicted up to a quarter too fast
// (bench/profile_bench compares both). The model as one session is timed beside it, for the price of the boundaries.
//
// Sizes, and chain and whole, take turns in an order drawn anew each round from the seed, so that what drifts (clock, temperature, other
// work) hits all alike. Each turn is three passes of which the first is not counted: it brings the caches to where a stream of frames would
// have them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/rng.h"
#include "engine/group_chain.h"
#include "profile/profile.h"

namespace partway::profile {

struct MeasureOptions {
  int least = 10, most = 2000;   // measurements of each
  // Done when the 95 % interval of the median, from order statistics, is within so much of it either way: for the chain and for the whole, at
  // each size.
  double spread = 0.02;
  Duration time_limit =
      std::chrono::seconds(45);   // of the steps themselves; the first round of all sizes is finished all the same
  uint64_t seed = 1;
  // Sizes, which must then ascend, of which the least that is measured (six passes) would end beyond the limit are left out, as far as that can be told
  // from the smaller ones by their work; the first never is. The first round, which only warms up, then goes upward.
  bool leave_out = false;
};

// Times are taken on `stopwatch`, the limit on `wall`.
struct MeasureClocks {
  const Clock& stopwatch;
  const Clock& wall;
};

// For this engine: with one thread on the processor the computing thread's own time, so that other work on the machine disturbs it little;
// else the time on the wall, which is then the limit's clock too.
MeasureClocks ClocksFor(const engine::EngineInfo& engine, const Clock& wall);

// What one size needs to run: the model's inputs.
struct MeasuredSize {
  int height = 0, width = 0;
  std::vector<NamedTensor> inputs;
  double work = 1;   // in any unit, for estimates of time: multiply-adds
};

// Median, 10th and 90th percentile (linear between order statistics). Of nothing: n = 0.
TimeSpread SpreadOf(std::vector<double> seconds);
// Half the 95 % interval of the median as a share of the median; infinite for fewer than 6, which have none.
double SpreadOfMedian(std::vector<double> seconds);

// Not thread-safe. Nothing here waits: whoever owns it decides when the next step runs, and between two steps other work may run.
class Measurement {
 public:
  // Borrows the clocks. `whole`: the same model as one group, or null. Both must be ready to run; they are shared with whoever else runs them.
  Measurement(std::shared_ptr<engine::GroupChain> chain, std::shared_ptr<engine::GroupChain> whole,
              std::vector<MeasuredSize> sizes, const MeasureOptions& options, const MeasureClocks& clocks);
  ~Measurement();

  // Runs one group once, or the whole once. Errors: what running reports; then the measurement is over.
  absl::Status Step();
  bool done() const;
  bool settled() const;          // every median is as close as asked; false: a limit came first
  double share_done() const;     // 0..1, of whichever limit is nearer
  double worst_spread() const;   // of all medians, as in `spread`

  // How long size i would have taken at the least, seconds, if it was left out; else nullopt.
  std::optional<double> left_out(size_t i) const;

  // Times of size i, in the order given, into what describe.h made. As far as measured.
  void Fill(size_t i, SizeProfile* size) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::profile
