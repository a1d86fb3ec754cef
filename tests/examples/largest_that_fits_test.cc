#include "tests/examples/largest_that_fits.h"

#include "gtest/gtest.h"
#include "policy/test_problems.h"
#include "sim/slot_simulator.h"

namespace partway::examples {
namespace {

// 10 ms of the device at accuracy 0.5; 30 ms at 0.7; 60 ms at 0.9. Everything local, slots of 1 s, latency at most 50 ms.
policy::Problem ThreeSizes(const cost::OptionTable& table) {
  policy::Problem problem;
  problem.options = &table;
  problem.max_latency_s = 0.05;
  return problem;
}

const cost::OptionTable& Table() {
  static const cost::OptionTable table = cost::MakeTable(1, {{.cut = 1, .device_s = 0.01, .accuracy = 0.5, .size = 0},
                                                             {.cut = 1, .device_s = 0.03, .accuracy = 0.7, .size = 1},
                                                             {.cut = 1, .device_s = 0.06, .accuracy = 0.9, .size = 2}});
  return table;
}

int32_t Choice(int frames) {
  const LargestThatFits policy(ThreeSizes(Table()));
  return policy.Decide(policy::MakeObservation(0, frames, cost::State{}, 1)).shares[0].option;
}

TEST(LargestThatFitsTest, TakesTheLargestSizeAtWhichAllFramesFitInTime) {
  EXPECT_EQ(Choice(10), 1);    // 0.06 s would fit ten times into the slot, and is beyond the limit
  EXPECT_EQ(Choice(33), 1);    // 33 x 0.03 = 0.99 s
  EXPECT_EQ(Choice(34), 0);    // 1.02 s
  EXPECT_EQ(Choice(200), 0);   // nothing fits whole: most frames
}

TEST(LargestThatFitsTest, RunsInTheSimulatorBesideTheOthers) {
  sim::SlotScenario scenario;
  scenario.frames = {30, 60, {}};
  scenario.link = sim::UniformBits{6.68e6, 66.76e6};
  scenario.options = std::make_shared<const cost::OptionTable>(policy::PaperLikeTable());
  scenario.max_latency_s = 0.08;
  scenario.min_accuracy = 0.7;
  ASSERT_EQ(sim::CheckSlotScenario(scenario), absl::OkStatus());
  const std::vector<policy::Observation> slots = sim::DrawSlots(scenario, 1);
  const auto policy = LargestThatFitsEntry().make(sim::ProblemOf(scenario, {}), {}, 1);
  ASSERT_TRUE(policy.ok());
  const sim::SlotResult result = sim::RunPolicy(scenario, slots, policy->get(), {});
  const auto bound = sim::BoundOf(scenario, slots, /*mixed=*/false);
  ASSERT_TRUE(bound.ok() && bound->feasible);
  EXPECT_GT(result.k, 0.5);
  EXPECT_LE(result.latency_s, scenario.max_latency_s);
  // Nothing keeps it from being above the bound where it violates a constraint; where it keeps both it cannot be.
  if (result.accuracy_violation == 0) {
    EXPECT_LE(result.k, bound->k + 1e-9);
  }
}

}   // namespace
}   // namespace partway::examples
