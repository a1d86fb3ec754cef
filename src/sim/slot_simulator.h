// The papers' model, slot by slot: what the slots bring is drawn from a seed, a policy decides, the slot model (policy/slot_model.h) says
// what comes of it, and the policy is told. Policies are the ones the live system runs.
//
// A run's result depends on the scenario, the policy and the seed alone: not on the machine, the number of threads or what else runs
// beside it. The exception is `slots_per_s`, which is measured.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "policy/bound.h"
#include "sim/slot_scenario.h"

namespace partway::sim {

// One slot of one policy's run.
struct SlotLog {
  int64_t t = 0;
  int offered = 0, processed = 0;       // a(t), b(t)
  double uplink_bits = 0;               // d(t)
  policy::Decision decision;            // with the frames that really went
  double predicted_latency_s = 0;       // by what the policy saw; nothing in use: 0
  double latency_s = 0;                 // as it came out
  double accuracy = 0;                  // kNotKnown where that of a frame's option is not
  std::vector<policy::Memory> memory;   // the policy's, as it decided
};

// Means over slots; those without frames are in none of them, and those in which no option was in use not in latency and accuracy.
struct SlotResult {
  int64_t slots = 0;                    // with frames
  int64_t offered = 0, processed = 0;   // frames in all
  double fps = 0;                       // mean of b, over the slot's length
  double k = 0;                         // mean of b / a
  double latency_s = 0;
  double accuracy = 0;   // cost::kNotKnown where that of an option in use is not
  // Of a processed frame, in the mean: joules on the device, what uploads give away. Nothing where it is not known of all of them.
  std::optional<double> energy_j, distance_correlation;
  double utility() const;   // log(k); minus infinity for k = 0
  // How far the means lie on the wrong side of the constraints, else 0.
  double latency_violation_s = 0, accuracy_violation = 0;
  double slots_per_s = 0;     // decided, applied and told a second; 0 without a clock
  bool stopped = false;       // before the last slot
  std::vector<SlotLog> log;   // with SlotRunOptions::log
};

struct SlotRunOptions {
  const Clock* clock = nullptr;              // may be null
  const std::atomic<bool>* stop = nullptr;   // ends runs early when it turns true; may be null
  bool log = false;                          // keep every slot; else memory does not grow with the run
  int threads = 1;                           // for several runs
  // Told how many more slots are done, from any thread, some thousand at a time.
  std::function<void(int64_t slots)> progress;
};

// What comes of `policy` over these slots, which are as DrawSlots makes them. For policies that are not registered; RunSlots is for those
// that are. A frame for which the slot has no room is not processed whatever the policy says, and an option that sends is not in use
// while the link carries nothing.
SlotResult RunPolicy(const SlotScenario& scenario, std::span<const policy::Observation> slots, policy::Policy* policy,
                     const SlotRunOptions& options);

// One policy over the slots of `seed`. The scenario must have passed its check. Errors: those of MakePolicy.
absl::StatusOr<SlotResult> RunSlots(const SlotScenario& scenario, const PolicySpec& policy, uint64_t seed,
                                    const SlotRunOptions& options);

// The best that any policy could reach in expectation on these slots as they really are: policy::SingleBound, or MixedBound for `mixed`.
absl::StatusOr<policy::Bound> BoundOf(const SlotScenario& scenario, std::span<const policy::Observation> slots, bool mixed);

// Many runs, side by side on options.threads threads. Results stand where their runs do; the first run's error, in that order, is the error of all.
struct SlotRun {
  const SlotScenario* scenario = nullptr;
  const PolicySpec* policy = nullptr;
  uint64_t seed = 0;
};
absl::StatusOr<std::vector<SlotResult>> RunAllSlots(std::span<const SlotRun> runs, const SlotRunOptions& options);

}   // namespace partway::sim
