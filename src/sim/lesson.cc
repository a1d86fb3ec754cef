#include "sim/lesson.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/rng.h"
#include "base/status.h"
#include "net/trace_generator.h"
#include "policy/bound.h"
#include "policy/learned_math.h"
#include "sim/slot_simulator.h"

namespace partway::sim {
namespace {

constexpr int kMostDraws = 100;
constexpr double kLeastBound = 0.02;   // of mean k; below that there is nothing to learn
constexpr double kLatencyTolerance = 0.02, kAccuracyTolerance = 0.002;
constexpr int64_t kSlotsForMean = 2000;

constexpr std::array<const char*, 7> kShapeNames = {"scenario",          "constant",          "uniform",          "markov",
                                                    net::kTraceKinds[0], net::kTraceKinds[1], net::kTraceKinds[2]};

double Evenly(const DrawRange& range, Rng* rng) { return rng->Uniform(range.low, range.high); }
double ByRatio(const DrawRange& range, Rng* rng) {
  return range.low == range.high ? range.low : policy::Exp2(rng->Uniform(policy::Log2(range.low), policy::Log2(range.high)));
}

// Bits of each slot around a mean of about 1.
std::vector<double> Shape(LinkShape shape, const LessonPlan& plan, uint64_t seed) {
  Rng rng(seed);
  std::vector<double> bits;
  // States that lie as far apart as the ends of the Parecon paper's link; a tenth of the slots move to a neighbour.
  constexpr std::array<double, 4> kStates = {0.18, 0.55, 1.1, 1.82};
  int state = static_cast<int>(rng.UniformInt(0, 3));
  std::vector<net::RateStep> trace;
  const double slot_s = plan.scenario->slot_s, step_s = ToSeconds(net::kTraceStep);
  if (shape >= LinkShape::kLteWalk) {
    const double seconds = std::clamp(static_cast<double>(plan.slots) * slot_s, 1.0, 3600.0);
    auto generated = net::GenerateTrace(kShapeNames[static_cast<size_t>(shape)], static_cast<int>(std::ceil(seconds)), seed);
    if (generated.ok()) trace = *std::move(generated);
  }
  for (int64_t t = 0; t < plan.slots; ++t) {
    switch (shape) {
      case LinkShape::kScenario:
      case LinkShape::kConstant: bits.push_back(1); break;
      case LinkShape::kUniform: bits.push_back(rng.Uniform(0.18, 1.82)); break;
      case LinkShape::kMarkov:
        if (rng.Chance(0.1)) state = std::clamp(state + (rng.Chance(0.5) ? 1 : -1), 0, 3);
        bits.push_back(kStates[static_cast<size_t>(state)]);
        break;
      default: {
        const auto begin = static_cast<int64_t>(static_cast<double>(t) * slot_s / step_s);
        const auto end = std::max(begin + 1, static_cast<int64_t>(static_cast<double>(t + 1) * slot_s / step_s));
        double sum = 0;
        for (int64_t i = begin; i < end; ++i) {
          sum += static_cast<double>(trace[static_cast<size_t>(i) % trace.size()].bits_per_second);
        }
        bits.push_back(sum / static_cast<double>(end - begin));
      }
    }
  }
  double mean = 0;
  for (const double one : bits) mean += one / static_cast<double>(bits.size());
  if (shape >= LinkShape::kLteWalk && mean > 0) {
    for (double& one : bits) one /= mean;
  }
  return bits;
}

double MeanBits(const LessonPlan& plan) {
  SlotScenario scenario = *plan.scenario;
  scenario.slots = std::min(scenario.slots, kSlotsForMean);
  double sum = 0;
  const std::vector<policy::Observation> slots = DrawSlots(scenario, scenario.seed);
  for (const policy::Observation& seen : slots) sum += seen.uplink_bits;
  return slots.empty() ? 0 : sum / static_cast<double>(slots.size());
}

void SetBits(policy::Observation* seen, double bits, double slot_s) {
  bits = std::min(bits, SlotScenario::kMostBits);
  seen->state.uplink_bps = bits / slot_s;
  seen->uplink_bits = bits;
  seen->weights = cost::WeightsOf(seen->state);
}

// The picture gives away all of itself, each further cut no more than the one before.
std::shared_ptr<const cost::OptionTable> WithExposures(const std::shared_ptr<const cost::OptionTable>& options, Rng* rng) {
  auto table = std::make_shared<cost::OptionTable>(*options);
  std::vector<double> by_cut = {1};
  for (int cut = 1; cut <= table->groups(); ++cut) by_cut.push_back(by_cut.back() * rng->Uniform(0.6, 1));
  table->distance_correlation.resize(table->size());
  for (size_t row = 0; row < table->size(); ++row) {
    table->distance_correlation[row] = table->local(row) ? 0 : by_cut[static_cast<size_t>(table->keys[row].cut)];
  }
  return table;
}

bool ExposuresKnown(const cost::OptionTable& table) {
  return std::none_of(table.distance_correlation.begin(), table.distance_correlation.end(),
                      [](double one) { return std::isnan(one); });
}

}   // namespace

absl::StatusOr<LinkShape> LinkShapeNamed(std::string_view name) {
  std::string known;
  for (size_t i = 0; i < kShapeNames.size(); ++i) {
    if (name == kShapeNames[i]) return static_cast<LinkShape>(i);
    Append(&known, i == 0 ? "" : ", ", kShapeNames[i]);
  }
  return InvalidArgument("no link '", name, "'; there are ", known);
}

absl::StatusOr<Lesson> DrawLesson(const LessonPlan& plan, uint64_t seed) {
  Rng rng(seed);
  const double mean_bits = MeanBits(plan);
  for (int draw = 0; draw < kMostDraws; ++draw) {
    Lesson lesson;
    SlotScenario& scenario = lesson.scenario;
    scenario = *plan.scenario;
    scenario.slots = plan.slots;
    scenario.max_latency_s = ByRatio(plan.latency_s, &rng);
    scenario.min_accuracy = Evenly(plan.accuracy, &rng);
    const double device = ByRatio(plan.device, &rng), edge = ByRatio(plan.edge, &rng);
    scenario.device_speed *= device;
    scenario.edge_speed *= edge;
    scenario.actual_device_speed = scenario.device_speed;   // profiles are right in lessons
    scenario.actual_edge_speed = scenario.edge_speed;
    scenario.rtt_s = Evenly(plan.rtt_s, &rng);
    if (rng.Chance(plan.energy_share)) lesson.goals.energy = ByRatio(plan.energy, &rng);
    if (rng.Chance(plan.privacy_share)) lesson.goals.privacy = ByRatio(plan.privacy, &rng);
    if (lesson.goals.privacy > 0 && !ExposuresKnown(*scenario.options)) {
      scenario.options = WithExposures(scenario.options, &rng);
    }
    const LinkShape shape = plan.links[static_cast<size_t>(rng.UniformInt(0, static_cast<int64_t>(plan.links.size()) - 1))];
    double factor = ByRatio(plan.uplink, &rng);
    const double later = rng.Chance(plan.step) ? ByRatio(plan.uplink, &rng) : factor;
    const int64_t changes = rng.UniformInt(plan.slots / 4, plan.slots / 4 * 3);
    const std::vector<double> bits = Shape(shape, plan, rng.Next());
    lesson.slots = DrawSlots(scenario, rng.Next());
    for (policy::Observation& seen : lesson.slots) {
      if (seen.slot == changes) factor = later;
      const double own = shape == LinkShape::kScenario ? seen.uplink_bits : mean_bits * bits[static_cast<size_t>(seen.slot)];
      SetBits(&seen, factor * own, scenario.slot_s);
    }
    if (lesson.slots.empty()) continue;
    const policy::Problem problem = ProblemOf(scenario, {});
    ASSIGN_OR_RETURN(const policy::Bound bound, policy::SingleBound(problem, lesson.slots));
    if (!bound.feasible || bound.k < kLeastBound) continue;
    lesson.bound_k = bound.k;
    ASSIGN_OR_RETURN(policy::LearnedOptions options, policy::LearnedOptions::Make(problem, lesson.goals));
    lesson.options = std::make_shared<const policy::LearnedOptions>(std::move(options));
    return lesson;
  }
  return FailedPrecondition("in ", kMostDraws, " draws no run was found whose constraints can be met; widen the ranges");
}

LessonMarks Play(const LessonPlan& plan, const Lesson& lesson, policy::Policy* policy) {
  // Stands between the simulator and the policy and counts what the simulator does not.
  class Counts final : public policy::Policy {
   public:
    Counts(policy::Policy* inner, const policy::LearnedOptions& options) : inner_(inner), options_(options) {}
    policy::Decision Decide(const policy::Observation& seen) const override { return inner_->Decide(seen); }
    void Update(const policy::Observation& seen, const policy::Decision& decision, const policy::Outcome& outcome) override {
      inner_->Update(seen, decision, outcome);
      policy::SpendingMeans slot;
      slot.Add(options_.spending(), seen, decision);
      cost +=
          slot.frames() / seen.frames * (options_.goals().energy * slot.energy_j() + options_.goals().privacy * slot.exposure());
    }
    double cost = 0;

   private:
    policy::Policy* inner_;
    const policy::LearnedOptions& options_;
  };

  Counts counts(policy, *lesson.options);
  const SlotResult result = RunPolicy(lesson.scenario, lesson.slots, &counts, {});
  LessonMarks marks;
  marks.k = result.k;
  marks.latency_over = result.latency_violation_s / lesson.scenario.max_latency_s;
  marks.accuracy_missing = result.accuracy_violation;
  marks.energy_j = result.energy_j.value_or(0);
  marks.exposure = result.distance_correlation.value_or(0);
  marks.score = result.k - counts.cost / static_cast<double>(lesson.slots.size()) - plan.latency_penalty * marks.latency_over -
                plan.accuracy_penalty * marks.accuracy_missing;
  return marks;
}

Exam Summarise(std::span<const Lesson> lessons, std::span<const LessonMarks> marks) {
  Exam exam;
  double bounded = 0;
  for (size_t i = 0; i < marks.size(); ++i) {
    const LessonMarks& one = marks[i];
    ++exam.lessons;
    exam.kept += one.latency_over <= kLatencyTolerance && one.accuracy_missing <= kAccuracyTolerance ? 1 : 0;
    exam.score += one.score;
    exam.latency_over += one.latency_over;
    exam.accuracy_missing += one.accuracy_missing;
    exam.worst_latency_over = std::max(exam.worst_latency_over, one.latency_over);
    exam.worst_accuracy_missing = std::max(exam.worst_accuracy_missing, one.accuracy_missing);
    exam.energy_j += one.energy_j;
    exam.exposure += one.exposure;
    if (lessons[i].goals.energy > 0 || lessons[i].goals.privacy > 0) continue;
    ++bounded;
    exam.bound_share += one.k / lessons[i].bound_k;
  }
  if (exam.lessons == 0) return exam;
  for (double* sum : {&exam.score, &exam.latency_over, &exam.accuracy_missing, &exam.energy_j, &exam.exposure}) {
    *sum /= exam.lessons;
  }
  if (bounded > 0) exam.bound_share /= bounded;
  return exam;
}

}   // namespace partway::sim
