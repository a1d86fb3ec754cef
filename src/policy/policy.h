// The seam behind which every method decides. Per slot a policy is shown a snapshot and names the options that the slot's frames go
// through; what came of it is told apart, and is the only thing that changes what a policy remembers. Both simulators call them; nothing in
// them knows that it is simulated.
//
// Policies hold no clock, no client and no random source that was not handed in as a seed. Deciding neither allocates nor locks nor
// fails. A policy is used by one thread at a time; any number of them may share one Problem.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cost/option_table.h"
#include "cost/state.h"

namespace partway::policy {

// What is known when a slot begins.
struct Observation {
  int64_t slot = 0;
  int frames = 0;            // a(t): frames that the slot brings; at least 1, since a slot without frames needs no decision
  cost::State state;         // link, load and speeds during the slot, measured or predicted
  cost::Weights weights{};   // cost::WeightsOf(state)
  double uplink_bits = 0;    // d(t): what the uplink carries in the slot
};

// Fills what follows from the others.
Observation MakeObservation(int64_t slot, int frames, const cost::State& state, double slot_s);

// What one frame costs and gives by one option: a row of the option table, or a policy's own (a set of operators that is no cut).
struct OptionCost {
  std::array<double, cost::kWeights> coefficient{};   // as OptionTable::coefficient
  double accuracy = 0;                                // share in 0..1
};

inline constexpr int32_t kOwnOption = -2;   // in place of a row: Decision::own

struct Share {
  int32_t option = 0;   // row of the table, or kOwnOption
  int32_t frames = 0;   // of this slot; 0 where not one of them fits into the slot
};

// Without shares nothing is processed: no option can be run, for instance while there is no link and no room for the model here.
struct Decision {
  static constexpr int kMost = 8;
  std::array<Share, kMost> shares{};
  int count = 0;
  OptionCost own;

  void Add(Share share) { shares[static_cast<size_t>(count++)] = share; }
  std::span<const Share> used() const { return {shares.data(), static_cast<size_t>(count)}; }
  int frames() const;
  static Decision Of(int32_t option, int frames);
};

// What was measured on single frames of a slot, those that ended as they were meant to: what a device tells without inferring it from means. All 0 where
// frames are not watched one by one, as in a slot model.
struct Measured {
  double device_s = 0,
         profile_device_s = 0;   // sums of the device's seconds: as they were, and as the observation's state has them
  int sent = 0;                  // frames that the edge answered; over these:
  double queued_s = 0;   // sum of latency beyond eq. 2, with the device's seconds as they were and the edge's without its load
  double edge_s = 0;     // sum of the edge's seconds without its load
};

// What came of a decision: by the slot model in the simulator, measured on the live link.
struct Outcome {
  int offered = 0;        // a(t)
  int processed = 0;      // b(t)
  bool any = false;       // an option was in use, so that the next two mean something
  double latency_s = 0;   // mean over the frames of the slot, paper eq. 2; with no frame that of the option in use
  double accuracy = 0;    // the same mean
  Measured measured;
  double k() const { return static_cast<double>(processed) / offered; }
};

// One number that a policy remembers, under its name: a queue, a price. For records and their charts.
struct Memory {
  const char* name;
  double value;
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual Decision Decide(const Observation& seen) const = 0;
  // `decision`: as it was carried out as far as that is known, else as it was made; then outcome.processed may be less than its frames.
  virtual void Update(const Observation& seen, const Decision& decision, const Outcome& outcome) {
    static_cast<void>(seen), static_cast<void>(decision), static_cast<void>(outcome);
  }
  // What is worth recording of its memory, always the same names; empty where there is nothing. May allocate.
  virtual std::vector<Memory> memory() const { return {}; }
};

}   // namespace partway::policy
