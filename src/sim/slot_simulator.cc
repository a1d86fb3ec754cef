#include "sim/slot_simulator.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "policy/frame_spending.h"
#include "policy/slot_model.h"
#include "sim/known_accuracy.h"
#include "sim/run_all.h"

namespace partway::sim {
namespace {

constexpr uint64_t kPolicyStream = 3;
constexpr size_t kSlotsBetweenLooks = 4096;   // at the stop flag, and between reports of progress

// A part of a slot that is left over within rounding of a whole frame is that frame: sums of shares carry more rounding than one quotient.
constexpr double kWholeRest = 1 + 1e-9;

// How many of the decision's frames the slot really holds. A policy that believes in a wrong profile, or asks for more than there is room
// for, gets less; those that come first in the decision go first.
class SlotRoom {
 public:
  SlotRoom(const SlotScenario& scenario, const policy::SlotModel& model)
      : model_(model), slot_s_(scenario.slot_s), edge_limits_(scenario.edge_limits_frames) {}

  policy::Decision Fit(const policy::Observation& slot, policy::Decision decision) const {
    if (decision.count == 1) {
      policy::Share& share = decision.shares[0];
      const policy::OptionCost cost = model_.CostOf(decision, share);
      if (!policy::SlotModel::Runs(slot, cost)) return {};
      share.frames = std::min(share.frames, static_cast<int32_t>(model_.Frames(slot, cost)));
      return decision;
    }
    policy::Decision fits;
    fits.own = decision.own;
    int frames = slot.frames;
    double device_s = slot_s_, bits = slot.uplink_bits, edge_s = slot_s_;
    for (int i = 0; i < decision.count; ++i) {
      policy::Share share = decision.shares[static_cast<size_t>(i)];
      const policy::OptionCost cost = model_.CostOf(decision, share);
      if (!policy::SlotModel::Runs(slot, cost)) continue;
      const double device = cost.coefficient[cost::kDevice] * slot.weights[cost::kDevice], up = cost.coefficient[cost::kUplink],
                   edge = cost.coefficient[cost::kEdge] * slot.weights[cost::kEdge];
      double fit = std::min(frames, share.frames);
      const auto limit = [&](double room, double each) {
        if (each > 0) fit = std::min(fit, std::max(room, 0.0) / each * kWholeRest);
      };
      limit(device_s, device);
      limit(bits, up);
      if (edge_limits_) limit(edge_s, edge);
      share.frames = static_cast<int32_t>(fit);
      frames -= share.frames;
      device_s -= share.frames * device;
      bits -= share.frames * up;
      edge_s -= share.frames * edge;
      fits.Add(share);
    }
    return fits;
  }

 private:
  const policy::SlotModel& model_;
  const double slot_s_;
  const bool edge_limits_;
};

// The slot as it is where the profile is wrong.
policy::Observation Real(const policy::Observation& seen, const SlotScenario& scenario) {
  policy::Observation real = seen;
  real.state.device_speed = scenario.actual_device_speed;
  real.state.edge_speed = scenario.actual_edge_speed;
  real.weights = cost::WeightsOf(real.state);
  return real;
}

class Sums {
 public:
  void Add(const policy::Outcome& outcome, double accuracy) {
    ++slots_;
    offered_ += outcome.offered;
    processed_ += outcome.processed;
    k_ += outcome.k();
    if (!outcome.any) return;
    ++used_;
    latency_s_ += outcome.latency_s;
    accuracy_ += accuracy;
  }
  SlotResult Result(const SlotScenario& scenario) const {
    SlotResult result;
    result.slots = slots_;
    result.offered = offered_;
    result.processed = processed_;
    if (slots_ > 0) {
      const auto n = static_cast<double>(slots_);
      result.fps = static_cast<double>(processed_) / n / scenario.slot_s;
      result.k = k_ / n;
    }
    if (used_ > 0) {
      const auto n = static_cast<double>(used_);
      result.latency_s = latency_s_ / n;
      result.accuracy = accuracy_ / n;
      result.latency_violation_s = std::max(0.0, result.latency_s - scenario.max_latency_s);
      result.accuracy_violation = std::max(0.0, scenario.min_accuracy - result.accuracy);   // 0 where it is not known
    }
    return result;
  }

 private:
  int64_t slots_ = 0, used_ = 0, offered_ = 0, processed_ = 0;
  double k_ = 0, latency_s_ = 0, accuracy_ = 0;
};

}   // namespace

double SlotResult::utility() const { return std::log(k); }

SlotResult RunPolicy(const SlotScenario& scenario, std::span<const policy::Observation> slots, policy::Policy* policy,
                     const SlotRunOptions& options) {
  const policy::SlotModel model(ProblemOf(scenario, {}));
  const SlotRoom room(scenario, model);
  const KnownAccuracy known(*scenario.options);
  const bool as_believed =
      scenario.actual_device_speed == scenario.device_speed && scenario.actual_edge_speed == scenario.edge_speed;
  Sums sums;
  const policy::FrameSpending spending(ProblemOf(scenario, {}));
  const bool spends = spending.energy_known() || spending.exposure_known();
  policy::SpendingMeans spent;
  std::vector<SlotLog> log;
  if (options.log) log.reserve(slots.size());
  const Instant start = options.clock != nullptr ? options.clock->Now() : Instant{};
  size_t done = 0;
  while (done < slots.size() && (options.stop == nullptr || !options.stop->load(std::memory_order_relaxed))) {
    const size_t until = std::min(done + kSlotsBetweenLooks, slots.size());
    for (size_t i = done; i < until; ++i) {
      const policy::Observation& seen = slots[i];
      const policy::Decision wanted = policy->Decide(seen);
      policy::Outcome outcome;
      policy::Decision decision;
      if (as_believed) {
        decision = room.Fit(seen, wanted);
        outcome = model.Apply(seen, decision);
      } else {
        const policy::Observation real = Real(seen, scenario);
        decision = room.Fit(real, wanted);
        outcome = model.Apply(real, decision);
      }
      const double accuracy = known.Of(decision) ? outcome.accuracy : cost::kNotKnown;
      if (options.log) {
        log.push_back({seen.slot, seen.frames, outcome.processed, seen.uplink_bits, decision,
                       model.Apply(seen, decision).latency_s, outcome.latency_s, accuracy, policy->memory()});
      }
      if (spends) spent.Add(spending, as_believed ? seen : Real(seen, scenario), decision);
      policy->Update(seen, decision, outcome);
      sums.Add(outcome, accuracy);
    }
    if (options.progress) options.progress(static_cast<int64_t>(until - done));
    done = until;
  }
  SlotResult result = sums.Result(scenario);
  if (spending.energy_known() && !spent.any_unknown()) result.energy_j = spent.energy_j();
  if (spending.exposure_known() && !spent.any_unknown()) result.distance_correlation = spent.exposure();
  result.stopped = done < slots.size();
  result.log = std::move(log);
  if (options.clock != nullptr) {
    const double seconds = ToSeconds(options.clock->Now() - start);
    if (seconds > 0) result.slots_per_s = static_cast<double>(done) / seconds;
  }
  return result;
}

absl::StatusOr<SlotResult> RunSlots(const SlotScenario& scenario, const PolicySpec& spec, uint64_t seed,
                                    const SlotRunOptions& options) {
  const std::vector<policy::Observation> slots = DrawSlots(scenario, seed);
  const policy::Entry* entry = policy::FindPolicy(spec.name);
  const bool knows_future = entry != nullptr && entry->needs_future;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<policy::Policy> policy,
      policy::MakePolicy(spec.name, ProblemOf(scenario, knows_future ? slots : std::span<const policy::Observation>()),
                         spec.parameters, StreamSeed(seed, kPolicyStream)));
  return RunPolicy(scenario, slots, policy.get(), options);
}

absl::StatusOr<policy::Bound> BoundOf(const SlotScenario& scenario, std::span<const policy::Observation> slots, bool mixed) {
  std::vector<policy::Observation> real;
  real.reserve(slots.size());
  for (const policy::Observation& slot : slots) real.push_back(Real(slot, scenario));
  const policy::Problem problem = ProblemOf(scenario, {});
  return mixed ? policy::MixedBound(problem, real) : policy::SingleBound(problem, real);
}

absl::StatusOr<std::vector<SlotResult>> RunAllSlots(std::span<const SlotRun> runs, const SlotRunOptions& options) {
  return RunAll<SlotResult>(runs.size(), options.threads,
                            [&](size_t i) { return RunSlots(*runs[i].scenario, *runs[i].policy, runs[i].seed, options); });
}

}   // namespace partway::sim
