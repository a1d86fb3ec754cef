// Runs that a policy is trained and examined on: the scenario's model with constraints, link and speeds drawn anew for each, within ranges that
// the training states (domain randomisation), so that what is learned is not one setting by heart. All from a seed, the same on any machine.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/learned.h"
#include "policy/learned_options.h"
#include "sim/slot_scenario.h"

namespace partway::sim {

// Drawn from low..high, both ends above 0 where it is "by ratio": evenly in the logarithm.
struct DrawRange {
  double low = 1, high = 1;
};

// How bits go up and down with the slots; the mean is that of the scenario's own link times a factor of its own.
enum class LinkShape { kScenario, kConstant, kUniform, kMarkov, kLteWalk, kFiveGDrive, kBusyWifi };
// "scenario", "constant", "uniform", "markov", and the kinds of net/trace_generator.h. Errors: InvalidArgument (and which there are).
absl::StatusOr<LinkShape> LinkShapeNamed(std::string_view name);

struct LessonPlan {
  static constexpr int64_t kMostSlots = 20'000;

  const SlotScenario* scenario = nullptr;   // one that has passed its check; outlives the plan
  int64_t slots = 1000;                     // of a lesson
  DrawRange latency_s, accuracy;            // constraints: the first by ratio, the second evenly
  DrawRange uplink, device, edge;           // factors, by ratio
  DrawRange rtt_s{0, 0};                    // evenly
  std::vector<LinkShape> links = {LinkShape::kScenario};
  double step = 0;   // share of lessons in which the link changes to another factor, once
  // Share of lessons in which sparing energy is worth something, drawn by ratio from `energy` (frames for a joule; needs the scenario's power); and the same for privacy. Where
  // the scenario does not say what uploads give away, it is drawn: 1 for the picture, less with every cut.
  double energy_share = 0, privacy_share = 0;
  DrawRange energy, privacy;
  // What a violation costs, in mean k: of latency for each r_th that the mean lies above it; of accuracy for each 1 that it lies below.
  double latency_penalty = 3, accuracy_penalty = 30;
};

struct Lesson {
  SlotScenario scenario;
  std::vector<policy::Observation> slots;
  policy::LearnedGoals goals;
  double bound_k = 0;   // policy::SingleBound
  std::shared_ptr<const policy::LearnedOptions> options;
};

// A lesson whose constraints can be met. Errors: FailedPrecondition if none was found in a hundred draws.
absl::StatusOr<Lesson> DrawLesson(const LessonPlan& plan, uint64_t seed);

struct LessonMarks {
  // Mean of k (1 - energy E - privacy X) less the penalties: what training makes large.
  double score = 0;
  double k = 0;
  double latency_over = 0, accuracy_missing = 0;   // shares of r_th; accuracies; 0 where the constraint is kept
  double energy_j = 0, exposure = 0;               // means over the frames processed; 0 where not known
};
LessonMarks Play(const LessonPlan& plan, const Lesson& lesson, policy::Policy* policy);

// Means and worst over lessons. `bound_share`: of mean k in the bound, over lessons without a weight on energy or privacy.
struct Exam {
  int lessons = 0, kept = 0;   // kept: both constraints, to 2 % and 0.002
  double score = 0, bound_share = 0, latency_over = 0, accuracy_missing = 0;
  double worst_latency_over = 0, worst_accuracy_missing = 0;
  double energy_j = 0, exposure = 0;
};
Exam Summarise(std::span<const Lesson> lessons, std::span<const LessonMarks> marks);

}   // namespace partway::sim
