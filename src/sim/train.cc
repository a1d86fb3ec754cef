#include "sim/train.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/parallel_for.h"
#include "base/rng.h"
#include "base/status.h"

namespace partway::sim {
namespace {

constexpr uint64_t kLessonStream = 11, kVectorStream = 12, kChoiceStream = 13, kExamStream = 14;
constexpr int kChoiceLessons = 48;
constexpr int64_t kStepsBetweenChoices = 20;
constexpr double kLeastSpread = 0.005;   // of scores in k: below that differences say little
constexpr double kFarthest = 3;          // standings beyond this many spreads count as this
constexpr double kAverage = 0.95;        // of the weights so far, in the running mean that is tried as well
constexpr double kDigits = 1e6;          // weights are kept to six places

// A seed for each of many things of a stream.
uint64_t SeedOf(uint64_t seed, uint64_t stream, uint64_t index) {
  Rng rng(StreamSeed(seed, stream) ^ (index * 0x9e3779b97f4a7c15ULL));
  return rng.Next();
}

// About normal with mean 0 and variance 1: the sum of twelve even draws, the same on any machine.
double Normal(Rng* rng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += rng->Uniform();
  return sum;
}

absl::StatusOr<std::vector<Lesson>> DrawLessons(const LessonPlan& plan, uint64_t seed, uint64_t stream, uint64_t first, int count,
                                                int threads) {
  std::vector<absl::StatusOr<Lesson>> drawn(static_cast<size_t>(count), absl::UnknownError("not drawn"));
  ParallelFor(drawn.size(), threads, [&](size_t i, size_t) { drawn[i] = DrawLesson(plan, SeedOf(seed, stream, first + i)); });
  std::vector<Lesson> lessons;
  for (absl::StatusOr<Lesson>& one : drawn) {
    RETURN_IF_ERROR(one.status());
    lessons.push_back(*std::move(one));
  }
  return lessons;
}

class Adam {
 public:
  explicit Adam(size_t size) : mean_(size), square_(size) {}
  // Up the direction.
  void Step(const std::vector<double>& direction, double rate, std::vector<double>* at) {
    mean_left_ *= kMean;
    square_left_ *= kSquare;
    for (size_t i = 0; i < at->size(); ++i) {
      mean_[i] += (1 - kMean) * (direction[i] - mean_[i]);
      square_[i] += (1 - kSquare) * (direction[i] * direction[i] - square_[i]);
      (*at)[i] += rate * (mean_[i] / (1 - mean_left_)) / (std::sqrt(square_[i] / (1 - square_left_)) + 1e-8);
    }
  }

 private:
  static constexpr double kMean = 0.9, kSquare = 0.99;
  std::vector<double> mean_, square_;
  double mean_left_ = 1, square_left_ = 1;
};

policy::LearnedWeights With(policy::LearnedWeights weights, std::vector<double> flat) {
  for (double& one : flat) {
    one = std::round(std::clamp(one, -policy::LearnedWeights::kMostWeight, policy::LearnedWeights::kMostWeight) * kDigits) /
          kDigits;
  }
  weights.Assign(flat);
  return weights;
}

}   // namespace

std::vector<double> Direction(const std::vector<std::vector<double>>& scores, const std::vector<std::vector<double>>& vectors) {
  const size_t players = scores.size(), lessons = scores.front().size();
  std::vector<double> standing(players);
  for (size_t l = 0; l < lessons; ++l) {
    double mean = 0, square = 0;
    for (const std::vector<double>& player : scores) mean += player[l] / static_cast<double>(players);
    for (const std::vector<double>& player : scores) square += (player[l] - mean) * (player[l] - mean);
    const double spread = std::max(std::sqrt(square / static_cast<double>(players)), kLeastSpread);
    for (size_t p = 0; p < players; ++p) {
      standing[p] += std::clamp((scores[p][l] - mean) / spread, -kFarthest, kFarthest) / static_cast<double>(lessons);
    }
  }
  std::vector<double> direction(vectors.front().size());
  for (size_t p = 0; p < vectors.size(); ++p) {
    const double better = (standing[2 * p] - standing[2 * p + 1]) / 2 / static_cast<double>(vectors.size());
    for (size_t i = 0; i < direction.size(); ++i) direction[i] += better * vectors[p][i];
  }
  return direction;
}

absl::StatusOr<std::vector<Lesson>> DrawExam(const LessonPlan& plan, uint64_t seed, int lessons, int threads) {
  return DrawLessons(plan, seed, kExamStream, 0, lessons, threads);
}

absl::StatusOr<std::vector<LessonMarks>> PlayAll(const LessonPlan& plan, std::span<const Lesson> lessons, int threads,
                                                 const MakeForLesson& make) {
  std::vector<LessonMarks> marks(lessons.size());
  std::vector<absl::Status> errors(lessons.size());
  ParallelFor(lessons.size(), threads, [&](size_t i, size_t) {
    const absl::StatusOr<std::unique_ptr<policy::Policy>> policy = make(lessons[i]);
    errors[i] = policy.status();
    if (policy.ok()) marks[i] = Play(plan, lessons[i], policy->get());
  });
  for (const absl::Status& error : errors) RETURN_IF_ERROR(error);
  return marks;
}

absl::StatusOr<Training> Train(const LessonPlan& plan, const TrainOptions& options) {
  Training training;
  training.weights = policy::NewWeights(options.width, options.seed);
  std::vector<double> at = training.weights.Flat(), average = at;
  const policy::LearnedWeights form = training.weights;
  ASSIGN_OR_RETURN(const std::vector<Lesson> choice,
                   DrawLessons(plan, options.seed, kChoiceStream, 0, kChoiceLessons, options.threads));
  const auto examine = [&](const std::vector<double>& flat) -> absl::StatusOr<Exam> {
    const policy::LearnedWeights weights = With(form, flat);
    ASSIGN_OR_RETURN(
        const std::vector<LessonMarks> marks,
        PlayAll(plan, choice, options.threads, [&](const Lesson& lesson) -> absl::StatusOr<std::unique_ptr<policy::Policy>> {
          return std::make_unique<policy::Learned>(lesson.options, weights);
        }));
    return Summarise(choice, marks);
  };
  Exam best;
  const auto choose = [&](int64_t steps) -> absl::Status {
    const std::vector<double>* chosen = nullptr;
    for (const std::vector<double>* candidate : {&std::as_const(at), &std::as_const(average)}) {
      ASSIGN_OR_RETURN(const Exam exam, examine(*candidate));
      if (!training.points.empty() && !(exam.score > best.score)) continue;
      best = exam;
      chosen = candidate;
      if (training.points.empty()) training.points.push_back({steps, exam});
    }
    if (chosen != nullptr) training.weights = With(form, *chosen);
    if (training.points.back().steps != steps) training.points.push_back({steps, best});
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(choose(0));

  const auto stopped = [&] { return options.stop != nullptr && options.stop->load(std::memory_order_relaxed); };
  Adam adam(at.size());
  const auto pairs = static_cast<size_t>(options.pairs);
  std::vector<std::vector<double>> vectors(pairs, std::vector<double>(at.size()));
  std::vector<std::vector<double>> scores(2 * pairs, std::vector<double>(static_cast<size_t>(options.lessons)));
  for (int64_t step = 0; step < options.steps; ++step) {
    if (stopped()) break;
    const auto index = static_cast<uint64_t>(step);
    ASSIGN_OR_RETURN(const std::vector<Lesson> lessons,
                     DrawLessons(plan, options.seed, kLessonStream, index * static_cast<uint64_t>(options.lessons),
                                 options.lessons, options.threads));
    // From 1 down to a fifth, quickly at first.
    const double done = static_cast<double>(step) / static_cast<double>(options.steps),
                 left = 0.2 + 0.8 * (1 - done) * (1 - done);
    const double noise = options.noise * left, rate = options.rate * left;
    ParallelFor(pairs, options.threads, [&](size_t p, size_t) {
      Rng rng(SeedOf(options.seed, kVectorStream, index * pairs + p));
      for (double& one : vectors[p]) one = Normal(&rng);
      for (const size_t sign : {size_t{0}, size_t{1}}) {
        std::vector<double> moved = at;
        for (size_t i = 0; i < moved.size(); ++i) moved[i] += (sign == 0 ? noise : -noise) * vectors[p][i];
        policy::LearnedWeights weights = form;
        weights.Assign(moved);
        for (size_t l = 0; l < lessons.size() && !stopped(); ++l) {
          policy::Learned learned(lessons[l].options, weights);
          scores[2 * p + sign][l] = Play(plan, lessons[l], &learned).score;
        }
      }
    });
    if (stopped()) break;   // perhaps not all were played
    adam.Step(Direction(scores, vectors), rate, &at);
    for (size_t i = 0; i < at.size(); ++i) average[i] = kAverage * average[i] + (1 - kAverage) * at[i];
    training.steps = step + 1;
    if (training.steps % kStepsBetweenChoices == 0 || training.steps == options.steps) RETURN_IF_ERROR(choose(training.steps));
    if (options.progress) options.progress(training.steps);
  }
  training.stopped = training.steps < options.steps;
  if (training.points.back().steps != training.steps) RETURN_IF_ERROR(choose(training.steps));   // stopped in between
  training.weights.origin = {plan.scenario->name, options.seed, training.steps,
                             training.steps * static_cast<int64_t>(2 * pairs) * options.lessons, best.score};
  return training;
}

}   // namespace partway::sim
