// A scenario of the slot simulator as a plain value: what the slots bring, what may be chosen, what is asked for, and which policies are
// to be compared. Files of it: docs/formats.md, "Scenario" (apps/scenario_file.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "cost/option_table.h"
#include "net/link_model.h"
#include "policy/policy.h"
#include "policy/problem.h"
#include "policy/registry.h"

namespace partway::sim {

// Frames of a slot, a(t): drawn evenly from whole numbers, both ends included, or from a list that repeats.
struct FrameSource {
  int low = 1, high = 1;    // equal: always that many
  std::vector<int> trace;   // not empty: instead of low..high; slot t brings trace[t mod size]
};

// Bits that the uplink carries in a slot, d(t).
struct ConstantBits {
  double bits = 0;
};
struct UniformBits {   // each slot anew
  double low = 0, high = 0;
};
// A chain of states, each with its bits; after every slot the next state is drawn from its row.
struct MarkovBits {
  std::vector<double> bits;                       // of each state
  std::vector<std::vector<double>> transitions;   // transitions[i][j]: share of slots in state i after which state j follows
  int start = 0;                                  // state of slot 0
};
struct ListedBits {   // slot t carries bits[t mod size]
  std::vector<double> bits;
};
struct ProfiledBits {   // what a rate that changes with time carries from the slot's begin to its end
  std::shared_ptr<const net::RateProfile> rate;
};
using LinkSource = std::variant<ConstantBits, UniformBits, MarkovBits, ListedBits, ProfiledBits>;

struct PolicySpec {
  std::string name;   // as registered
  policy::Parameters parameters;
};

struct SlotScenario {
  static constexpr int64_t kMostSlots = 5'000'000;
  static constexpr int kMostFrames = 1'000'000;                       // in a slot
  static constexpr double kMostBits = 1e15;                           // in a slot
  static constexpr double kShortestSlot = 1e-6, kLongestSlot = 1e3;   // seconds
  static constexpr size_t kMostPolicies = 256, kMostStates = 256;

  std::string name;
  int64_t slots = 1500;
  double slot_s = 1;
  uint64_t seed = 1;
  FrameSource frames;
  LinkSource link = ConstantBits{};
  double rtt_s = 0;
  std::shared_ptr<const cost::OptionTable> options;
  // Times as fast as the option table says, as the policies believe, and as it really is. They differ where a profile is wrong.
  double device_speed = 1, edge_speed = 1;
  double actual_device_speed = 1, actual_edge_speed = 1;
  double edge_load = 0;                               // share in 0..1 (cost/state.h)
  double max_latency_s = 1;                           // r_th
  double min_accuracy = 0;                            // c_th
  bool edge_limits_frames = false;                    // policy/problem.h
  std::shared_ptr<const policy::OperatorDags> dags;   // policy/problem.h; may be null
  std::shared_ptr<const cost::PowerModel> power;      // what the device draws; null: not known
  std::vector<PolicySpec> policies;
};

// Errors, InvalidArgument, one line each: whatever lies outside the bounds above or cannot be, with its name; those of CheckProblem; too
// many policies. Policies and their parameters are checked when they are made (RunSlots).
absl::Status CheckSlotScenario(const SlotScenario& scenario);

// The slots of a run as a policy sees them, those without frames left out (nothing is decided in them). Frames and link have a stream of
// random numbers each, from `seed` alone, so that every policy meets the same slots and a change of one leaves the other as it is. The
// scenario must have passed the check.
// `ahead`: so many slots of every trace have passed when slot 0 begins.
std::vector<policy::Observation> DrawSlots(const SlotScenario& scenario, uint64_t seed, int64_t ahead = 0);

// The constraints and options of a scenario as policies take them. `future`: for those that need it, else empty.
policy::Problem ProblemOf(const SlotScenario& scenario, std::span<const policy::Observation> future);

// The seed of one of a run's streams.
uint64_t StreamSeed(uint64_t seed, uint64_t stream);

}   // namespace partway::sim
