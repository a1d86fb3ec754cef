#include "sim/train.h"

#include <atomic>
#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/test_problems.h"

namespace partway::sim {
namespace {

using testing::HasSubstr;

// 20 frames a slot. "good" sends 2500 of 10000 bits, so 4 frames fit, at accuracy 0.8; "fast" stays on the device, where all 20 fit, at 0.5.
// A mean accuracy of 0.65 asks for half of each, so the best mean k is (0.2 + 1) / 2 = 0.6. Untrained prices always take "good": k = 0.2.
SlotScenario Toy() {
  SlotScenario scenario;
  scenario.name = "toy";
  scenario.slots = 100;
  scenario.frames = {20, 20, {}};
  scenario.link = ConstantBits{10000};
  scenario.options = std::make_shared<const cost::OptionTable>(
      cost::MakeTable(2, {{.cut = 1, .device_s = 0.02, .upload_bits = 2500, .edge_s = 0.01, .accuracy = 0.8},
                          {.cut = 2, .device_s = 0.05, .accuracy = 0.5}}));
  scenario.max_latency_s = 0.4;
  scenario.min_accuracy = 0.65;
  return scenario;
}

LessonPlan PlanOf(const SlotScenario& scenario) {
  LessonPlan plan;
  plan.scenario = &scenario;
  plan.slots = scenario.slots;
  plan.latency_s = {scenario.max_latency_s, scenario.max_latency_s};
  plan.accuracy = {scenario.min_accuracy, scenario.min_accuracy};
  return plan;
}

TrainOptions Small(int64_t steps) {
  TrainOptions options;
  options.steps = steps;
  options.pairs = 8;
  options.lessons = 2;
  options.width = 4;
  options.noise = 0.1;
  options.rate = 0.05;
  return options;
}

TEST(TrainTest, TheDirectionIsThatOfWhatDidBetter) {
  // One lesson, two pairs. Scores 3, 1, 0, 0: mean 1, spread sqrt((4 + 0 + 1 + 1) / 4) = 1.2247; standings 1.633, 0, -0.816, -0.816.
  // Betters: (1.633 - 0) / 2 / 2 = 0.40825 and 0.
  const std::vector<double> direction = Direction({{3}, {1}, {0}, {0}}, {{1, -2}, {5, 5}});
  EXPECT_NEAR(direction[0], 0.40825, 1e-5);
  EXPECT_NEAR(direction[1], -0.8165, 1e-4);
  // A lesson on which all do equally well teaches nothing, one on which they differ by less than a spread of 0.005 little.
  EXPECT_THAT(Direction({{7}, {7}}, {{1, 1}}), testing::Each(0));
  EXPECT_NEAR(Direction({{7.001}, {6.999}}, {{1}})[0], 0.001 / 0.005, 1e-9);
}

TEST(TrainTest, TheDirectionFollowsTheGradient) {
  // Score 3 x - 4 y + 2 at points around (0, 0): the direction of (3, -4), a length of 5.
  Rng rng(1);
  std::vector<std::vector<double>> scores, vectors;
  for (int p = 0; p < 400; ++p) {
    vectors.push_back({rng.Uniform(-1, 1), rng.Uniform(-1, 1)});
    for (const double sign : {1.0, -1.0}) scores.push_back({sign * (3 * vectors.back()[0] - 4 * vectors.back()[1]) + 2});
  }
  const std::vector<double> d = Direction(scores, vectors);
  EXPECT_GT((3 * d[0] - 4 * d[1]) / (5 * std::hypot(d[0], d[1])), 0.99);
}

TEST(TrainTest, TrainingFindsTheBestOfAProblemWhoseBestIsKnown) {
  const SlotScenario scenario = Toy();
  const LessonPlan plan = PlanOf(scenario);
  const absl::StatusOr<Training> training = Train(plan, Small(150));
  ASSERT_TRUE(training.ok()) << training.status();
  EXPECT_EQ(training->steps, 150);
  EXPECT_FALSE(training->stopped);
  EXPECT_NEAR(training->points.front().exam.score, 0.2, 0.01);
  const auto lessons = DrawExam(plan, 9, 3, 1);
  ASSERT_TRUE(lessons.ok());
  for (const Lesson& lesson : *lessons) {
    EXPECT_NEAR(lesson.bound_k, 0.6, 1e-9);
    policy::Learned learned(lesson.options, training->weights);
    const LessonMarks marks = Play(plan, lesson, &learned);
    EXPECT_GT(marks.score, 0.57);
    EXPECT_LT(marks.accuracy_missing, 0.002);
  }
}

TEST(TrainTest, ASeedGivesTheSameWeightsOnAnyNumberOfThreads) {
  const SlotScenario scenario = Toy();
  LessonPlan plan = PlanOf(scenario);
  plan.links = {LinkShape::kMarkov, LinkShape::kLteWalk, LinkShape::kUniform};
  plan.accuracy = {0.5, 0.7};
  plan.uplink = {0.5, 2};
  const auto train = [&](int threads, uint64_t seed) {
    TrainOptions options = Small(5);
    options.threads = threads;
    options.seed = seed;
    return policy::LearnedWeightsText(Train(plan, options)->weights);
  };
  const std::string one = train(1, 4);
  EXPECT_EQ(one, train(3, 4));
  EXPECT_NE(one, train(1, 5));
}

TEST(TrainTest, StoppedItKeepsWhatItHasLearned) {
  const SlotScenario scenario = Toy();
  const LessonPlan plan = PlanOf(scenario);
  std::atomic<bool> stop = false;
  TrainOptions options = Small(1000);
  options.stop = &stop;
  options.progress = [&](int64_t done) { stop = done == 30; };
  const absl::StatusOr<Training> training = Train(plan, options);
  ASSERT_TRUE(training.ok());
  EXPECT_TRUE(training->stopped);
  EXPECT_EQ(training->steps, 30);
  EXPECT_EQ(training->points.back().steps, 30);
  EXPECT_EQ(training->weights.origin.steps, 30);
  EXPECT_EQ(training->weights.origin.runs, 30 * 2 * 8 * 2);
  EXPECT_GT(training->points.back().exam.score, training->points.front().exam.score);
}

TEST(LessonTest, WhatIsDrawnLiesInItsRangesAndCanBeMet) {
  SlotScenario scenario = Toy();
  scenario.frames = {5, 20, {}};
  LessonPlan plan = PlanOf(scenario);
  plan.latency_s = {0.2, 0.6};
  plan.accuracy = {0.55, 0.7};
  plan.uplink = {0.5, 2};
  plan.device = {0.5, 1};
  plan.rtt_s = {0.01, 0.02};
  plan.links = {LinkShape::kConstant, LinkShape::kBusyWifi};
  plan.privacy_share = 1;
  plan.privacy = {0.1, 0.2};
  std::set<double> accuracies;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const absl::StatusOr<Lesson> lesson = DrawLesson(plan, seed);
    ASSERT_TRUE(lesson.ok()) << lesson.status();
    const SlotScenario& drawn = lesson->scenario;
    EXPECT_EQ(CheckSlotScenario(drawn), absl::OkStatus());
    accuracies.insert(drawn.min_accuracy);
    EXPECT_TRUE(drawn.min_accuracy >= 0.55 && drawn.min_accuracy <= 0.7);
    EXPECT_TRUE(drawn.max_latency_s > 0.1999 && drawn.max_latency_s < 0.6001);
    EXPECT_TRUE(drawn.device_speed > 0.499 && drawn.device_speed < 1.001);
    EXPECT_TRUE(lesson->goals.privacy > 0.0999 && lesson->goals.privacy < 0.2001);
    EXPECT_EQ(lesson->goals.energy, 0);
    EXPECT_GE(lesson->bound_k, 0.02);
    double bits = 0;
    for (const policy::Observation& seen : lesson->slots) {
      bits += seen.uplink_bits / 100;
      EXPECT_TRUE(seen.state.rtt_s >= 0.01 && seen.state.rtt_s <= 0.02);
      EXPECT_EQ(seen.weights, cost::WeightsOf(seen.state));
    }
    EXPECT_TRUE(bits > 4990 && bits < 20010) << bits;   // half to twice the scenario's 10000
  }
  EXPECT_EQ(accuracies.size(), 20u);
  EXPECT_EQ(DrawLesson(plan, 3)->slots[5].uplink_bits, DrawLesson(plan, 3)->slots[5].uplink_bits);
}

TEST(LessonTest, WhatUploadsGiveAwayFallsWithDepthWhereItIsNotKnown) {
  SlotScenario scenario = Toy();
  cost::OptionTable table = policy::PaperLikeTable(2);
  for (double& one : table.distance_correlation) one = cost::kNotKnown;
  scenario.options = std::make_shared<const cost::OptionTable>(table);
  scenario.link = ConstantBits{4e7};
  LessonPlan plan = PlanOf(scenario);
  plan.accuracy = {0, 0};
  plan.privacy_share = 1;
  plan.privacy = {0.1, 0.2};
  const absl::StatusOr<Lesson> lesson = DrawLesson(plan, 1);
  ASSERT_TRUE(lesson.ok()) << lesson.status();
  const cost::OptionTable& drawn = *lesson->scenario.options;
  double last = 1;
  for (size_t row = 0; row < drawn.size(); ++row) {
    EXPECT_LE(drawn.distance_correlation[row], last);
    last = drawn.distance_correlation[row];
  }
  EXPECT_EQ(drawn.distance_correlation.front(), 1);
  EXPECT_EQ(drawn.distance_correlation.back(), 0);   // nothing is sent
  EXPECT_TRUE(std::isnan(scenario.options->distance_correlation.front()));
}

TEST(LessonTest, ViolationsCostWhatThePlanSays) {
  SlotScenario scenario = Toy();
  LessonPlan plan = PlanOf(scenario);
  plan.latency_penalty = 2;
  plan.accuracy_penalty = 10;
  const absl::StatusOr<Lesson> lesson = DrawLesson(plan, 1);
  ASSERT_TRUE(lesson.ok());
  const auto fixed = policy::MakePolicy("fixed", ProblemOf(lesson->scenario, {}), {{{"cut", 2}}, {}, {}}, 1);
  ASSERT_TRUE(fixed.ok()) << fixed.status();
  // All frames at accuracy 0.5, which is 0.15 short: 1 - 10 * 0.15.
  const LessonMarks marks = Play(plan, *lesson, fixed->get());
  EXPECT_NEAR(marks.k, 1, 1e-12);
  EXPECT_NEAR(marks.accuracy_missing, 0.15, 1e-12);
  EXPECT_NEAR(marks.score, -0.5, 1e-12);
  const Exam exam = Summarise(std::span(&*lesson, 1), std::span(&marks, 1));
  EXPECT_EQ(exam.kept, 0);
  EXPECT_NEAR(exam.bound_share, 1 / 0.6, 1e-9);
}

TEST(LessonTest, WhatCannotBeMetIsSaid) {
  const SlotScenario scenario = Toy();
  LessonPlan plan = PlanOf(scenario);
  plan.accuracy = {0.9, 0.9};
  EXPECT_THAT(std::string(Train(plan, Small(1)).status().message()), HasSubstr("whose constraints can be met"));
  EXPECT_THAT(std::string(LinkShapeNamed("wet string").status().message()), HasSubstr("there are scenario, constant"));
}

}   // namespace
}   // namespace partway::sim
