// partway train: teaches the policy `learned` on runs drawn around a scenario, and says how it does on runs that it never saw.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <thread>

#include "apps/options.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "apps/train_file.h"
#include "apps/verb.h"
#include "base/file.h"
#include "base/quantity.h"
#include "base/status.h"
#include "nlohmann/json.hpp"
#include "policy/registry.h"
#include "sim/train.h"

namespace partway::apps {
namespace {

constexpr int64_t kMostSteps = 1'000'000;
constexpr int64_t kMostWidth = policy::LearnedWeights::kMostWidth;
constexpr int kExamLessons = 100;
// What the weights are held against on the same runs.
constexpr const char* kRivals[] = {"adaptive-single", "parecon"};

struct TrainFlags {
  std::string scenario, output;
  std::optional<int64_t> seed;
  int64_t steps = 400, width = 16, threads = 0;
};

struct Row {
  std::string policy;
  sim::Exam exam;
};

nlohmann::ordered_json ExamJson(const sim::Exam& exam) {
  return {{"runs", exam.lessons},
          {"kept", exam.kept},
          {"score", exam.score},
          {"k_of_bound", exam.bound_share},
          {"latency_over", exam.latency_over},
          {"accuracy_missing", exam.accuracy_missing},
          {"worst_latency_over", exam.worst_latency_over},
          {"worst_accuracy_missing", exam.worst_accuracy_missing},
          {"energy_j", exam.energy_j},
          {"distance_correlation", exam.exposure}};
}

// The weights, what they were before training, and the rivals, on runs that nobody was trained on.
absl::StatusOr<std::vector<Row>> Examine(const sim::LessonPlan& plan, const policy::LearnedWeights& weights, uint64_t seed,
                                         int threads) {
  ASSIGN_OR_RETURN(const std::vector<sim::Lesson> lessons, sim::DrawExam(plan, seed, kExamLessons, threads));
  std::vector<Row> rows;
  const auto add = [&](const std::string& name, const sim::MakeForLesson& make) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<sim::LessonMarks> marks, sim::PlayAll(plan, lessons, threads, make));
    rows.push_back({name, sim::Summarise(lessons, marks)});
    return absl::OkStatus();
  };
  const auto learned = [](const policy::LearnedWeights& own) {
    return [own](const sim::Lesson& lesson) -> absl::StatusOr<std::unique_ptr<policy::Policy>> {
      return std::make_unique<policy::Learned>(lesson.options, own);
    };
  };
  RETURN_IF_ERROR(add("learned", learned(weights)));
  RETURN_IF_ERROR(add("untrained", learned(policy::NewWeights(weights.layers.front().outputs, seed))));
  for (const char* rival : kRivals) {
    RETURN_IF_ERROR(add(
        rival, [&](const sim::Lesson& lesson) { return policy::MakePolicy(rival, sim::ProblemOf(lesson.scenario, {}), {}, 1); }));
  }
  return rows;
}

void PrintRows(const std::vector<Row>& rows) {
  std::printf("\n%d runs that were not trained on\n%-16s %7s %8s %6s %14s %18s\n", kExamLessons, "policy", "score", "k/bound",
              "kept", "latency over", "accuracy missing");
  for (const Row& row : rows) {
    const sim::Exam& exam = row.exam;
    std::printf("%-16s %7.4f %8.4f %5d%% %6.2f%% /%5.1f%% %9.4f / %.4f\n", row.policy.c_str(), exam.score, exam.bound_share,
                100 * exam.kept / std::max(exam.lessons, 1), 100 * exam.latency_over, 100 * exam.worst_latency_over,
                exam.accuracy_missing, exam.worst_accuracy_missing);
  }
  std::printf(
      "score: k less what energy, privacy and violations cost; kept: both constraints, to 2 %% and 0.002; violations: mean / "
      "worst\n");
}

absl::StatusOr<int> Train(const TrainFlags& flags, const Globals& globals) {
  sim::TrainOptions options;
  options.stop = &StopSignal();
  ASSIGN_OR_RETURN(const TrainingFile file, ReadTraining(flags.scenario));
  if (flags.steps > kMostSteps) return UsageError(Concat("--steps: ", flags.steps, "; at most ", kMostSteps));
  if (flags.width > kMostWidth) return UsageError(Concat("--width: ", flags.width, "; at most ", kMostWidth));
  options.seed = flags.seed ? static_cast<uint64_t>(*flags.seed) : file.scenario->slots.seed;
  options.steps = flags.steps;
  options.width = static_cast<size_t>(flags.width);
  options.threads =
      flags.threads > 0 ? static_cast<int>(flags.threads) : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const SteadyClock clock;
  const Instant start = clock.Now();
  sim::Training training;
  {
    Progress progress(clock, globals.quiet, "steps", options.steps);
    options.progress = [&](int64_t done) { progress.Update(done); };
    ASSIGN_OR_RETURN(training, sim::Train(file.plan, options));
  }
  const double seconds = ToSeconds(clock.Now() - start);
  RETURN_IF_ERROR(WriteFileAtomically(flags.output, policy::LearnedWeightsText(training.weights)));
  const std::string halt = Concat("stopped by a signal after ", training.steps, " of ", options.steps, " steps; ", flags.output,
                                  " holds the best weights until then");
  std::vector<Row> rows;
  if (!training.stopped) {
    ASSIGN_OR_RETURN(rows, Examine(file.plan, training.weights, options.seed, options.threads));
  }
  const policy::LearnedWeights::Origin& origin = training.weights.origin;
  if (globals.json) {
    nlohmann::ordered_json points = nlohmann::ordered_json::array(), exam = nlohmann::ordered_json::array();
    for (const sim::TrainPoint& point : training.points)
      points.push_back({{"steps", point.steps}, {"exam", ExamJson(point.exam)}});
    for (const Row& row : rows) {
      exam.push_back({{"policy", row.policy}});
      exam.back().update(ExamJson(row.exam));
    }
    const nlohmann::ordered_json document = {{"scenario", origin.scenario},
                                             {"written", flags.output},
                                             {"seed", origin.seed},
                                             {"steps", origin.steps},
                                             {"runs", origin.runs},
                                             {"slots", file.plan.slots},
                                             {"interrupted", training.stopped},
                                             {"seconds", seconds},
                                             {"points", points},
                                             {"exam", exam}};
    std::cout << document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
  } else {
    std::cout << "trained on " << origin.scenario << ": " << origin.steps << " steps, " << origin.runs << " runs of "
              << file.plan.slots << " slots, seed " << origin.seed << ", " << FormatSeconds(seconds) << "\n";
    for (const sim::TrainPoint& point : training.points) {
      if (point.steps == 0 || point.steps == origin.steps)
        std::printf("score after %lld steps: %.4f\n", static_cast<long long>(point.steps), point.exam.score);
    }
    if (!rows.empty()) PrintRows(rows);
    std::cout << std::flush;
    std::fflush(stdout);
    std::cout << "written: " << flags.output << "\n";
  }
  if (training.stopped) return absl::CancelledError(halt);
  return kExitDone;
}

}   // namespace

VerbBody MakeTrain(CLI::App& command) {
  auto flags = std::make_shared<TrainFlags>();
  command.add_option("SCENARIO", flags->scenario, "a scenario file, TOML, with a section [train]")->required();
  command.add_option("-o,--output", flags->output, "the weights to write, for `weights = \"...\"` of the policy `learned`")
      ->required();
  command.add_option("--seed", flags->seed, "of all that is drawn; default: the scenario's")->check(WholeNumberFrom(0));
  command.add_option("--steps", flags->steps, "of training")->check(WholeNumberFrom(0))->capture_default_str();
  command.add_option("--width", flags->width, "of the network's two hidden layers")
      ->check(WholeNumberFrom(1))
      ->capture_default_str();
  command.add_option("--threads", flags->threads, "default: as many as there are cores; the weights do not depend on it")
      ->check(WholeNumberFrom(1));
  return [flags](const Globals& globals) { return Train(*flags, globals); };
}

}   // namespace partway::apps
