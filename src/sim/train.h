// Teaches a learned policy (policy/learned.h) by evolution strategies on whole runs: Salimans et al., "Evolution Strategies as a Scalable
// Alternative to Reinforcement Learning", 2017, with mirrored draws (Brockhoff et al., PPSN 2010).
//
// In every step a handful of lessons is drawn. Pairs of weights, the present ones plus and minus a random vector, play all of them; within a lesson
// scores are compared with each other (less their mean, over their spread), which takes out that some lessons are easy and others hard. The
// weights follow the vectors by how much better the plus was than the minus (Adam, Kingma and Ba 2015). What is scored is what will
// run: the greedy choice over all of a run, with constraints on its means, so no reward has to be shared out among slots.
//
// The result depends on the plan and the seed alone, not on the number of threads, nor on the machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/learned_weights.h"
#include "sim/lesson.h"

namespace partway::sim {

struct TrainOptions {
  uint64_t seed = 1;
  int64_t steps = 400;
  int pairs = 24, lessons = 6;        // in a step
  size_t width = 16;                  // of the hidden layers
  double noise = 0.05, rate = 0.02;   // of the vectors, of the steps; both fall to a fifth towards the end
  int threads = 1;
  const std::atomic<bool>* stop = nullptr;            // ends the training at the next step; may be null
  std::function<void(int64_t steps_done)> progress;   // may be empty
};

struct TrainPoint {
  int64_t steps = 0;
  Exam exam;   // on the lessons that choose what is kept
};

struct Training {
  policy::LearnedWeights weights;   // of the best point, or without any step those it began with
  std::vector<TrainPoint> points;
  int64_t steps = 0;   // done
  bool stopped = false;
};

// Errors: those of DrawLesson.
absl::StatusOr<Training> Train(const LessonPlan& plan, const TrainOptions& options);

// Lessons that training never sees, of this seed.
absl::StatusOr<std::vector<Lesson>> DrawExam(const LessonPlan& plan, uint64_t seed, int lessons, int threads);
// A policy of its own for each lesson. Errors: the first that `make` has.
using MakeForLesson = std::function<absl::StatusOr<std::unique_ptr<policy::Policy>>(const Lesson&)>;
absl::StatusOr<std::vector<LessonMarks>> PlayAll(const LessonPlan& plan, std::span<const Lesson> lessons, int threads,
                                                 const MakeForLesson& make);

// The direction in which the weights go: sum over pairs of (better_p * vector_p) / pairs, where better_p is half the difference of the pair's
// standings, each the mean over lessons of (score - mean of the lesson) / spread of the lesson. scores[2 p] is of plus, [2 p + 1] of minus, each with one
// score a lesson. Exposed for tests.
std::vector<double> Direction(const std::vector<std::vector<double>>& scores, const std::vector<std::vector<double>>& vectors);

}   // namespace partway::sim
