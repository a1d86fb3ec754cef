#include "sim/slot_simulator.h"

#include <cmath>
#include <limits>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/test_problems.h"

namespace partway::sim {
namespace {

using testing::HasSubstr;

std::shared_ptr<const cost::OptionTable> Share(cost::OptionTable table) {
  return std::make_shared<const cost::OptionTable>(std::move(table));
}

// a ~ U{30..60}, d ~ U(6.68, 66.76) Mbit, 90 options: the Parecon paper's setting with round numbers.
SlotScenario PaperScenario() {
  SlotScenario scenario;
  scenario.name = "paper";
  scenario.frames = {30, 60, {}};
  scenario.link = UniformBits{6.68e6, 66.76e6};
  scenario.options = Share(policy::PaperLikeTable());
  scenario.max_latency_s = 0.08;
  scenario.min_accuracy = 0.7;
  scenario.policies = {{"parecon", {}}};
  return scenario;
}

// One local option (0.1 s of device, nothing sent, accuracy 0.5) and one that sends 1000 bits (0.02 s of device, 0.01 s of edge, 0.8).
SlotScenario TwoOptions() {
  SlotScenario scenario;
  scenario.slots = 4;
  scenario.frames = {20, 20, {}};
  scenario.link = ConstantBits{10000};
  scenario.options = Share(cost::MakeTable(2, {{.cut = 1, .device_s = 0.02, .upload_bits = 1000, .edge_s = 0.01, .accuracy = 0.8},
                                               {.cut = 2, .device_s = 0.1, .accuracy = 0.5}}));
  scenario.max_latency_s = 0.2;
  return scenario;
}

// Asks for what it is told to ask for.
class Asks final : public policy::Policy {
 public:
  explicit Asks(policy::Decision decision) : decision_(decision) {}
  policy::Decision Decide(const policy::Observation&) const override { return decision_; }
  void Update(const policy::Observation& seen, const policy::Decision&, const policy::Outcome& outcome) override {
    ++updates;
    told.push_back(outcome);
    slots.push_back(seen.slot);
  }
  int updates = 0;
  std::vector<policy::Outcome> told;
  std::vector<int64_t> slots;

 private:
  policy::Decision decision_;
};

SlotResult RunAsked(const SlotScenario& scenario, policy::Policy* policy, bool log = false) {
  EXPECT_EQ(CheckSlotScenario(scenario), absl::OkStatus());
  SlotRunOptions options;
  options.log = log;
  return RunPolicy(scenario, DrawSlots(scenario, scenario.seed), policy, options);
}

TEST(SlotSimulatorTest, MeansAreThoseOfTheModelByHand) {
  // Ten frames by the option that sends: 0.02 + 1000 / 10000 + 0.01 = 0.13 s each; b = min(20, 10000 / 1000, 1 / 0.02) = 10; k = 0.5.
  Asks policy(policy::Decision::Of(0, 20));
  const SlotResult result = RunAsked(TwoOptions(), &policy);
  EXPECT_EQ(result.slots, 4);
  EXPECT_EQ(result.offered, 80);
  EXPECT_EQ(result.processed, 40);
  EXPECT_DOUBLE_EQ(result.fps, 10);
  EXPECT_DOUBLE_EQ(result.k, 0.5);
  EXPECT_DOUBLE_EQ(result.utility(), std::log(0.5));
  EXPECT_NEAR(result.latency_s, 0.13, 1e-15);
  EXPECT_NEAR(result.accuracy, 0.8, 1e-15);
  EXPECT_EQ(result.latency_violation_s, 0);
  EXPECT_EQ(policy.updates, 4);
}

TEST(SlotSimulatorTest, ViolationsAreDistancesFromTheConstraint) {
  SlotScenario scenario = TwoOptions();
  scenario.max_latency_s = 0.1;
  scenario.min_accuracy = 0.85;
  Asks policy(policy::Decision::Of(0, 1));
  const SlotResult result = RunAsked(scenario, &policy);
  EXPECT_NEAR(result.latency_violation_s, 0.03, 1e-15);
  EXPECT_NEAR(result.accuracy_violation, 0.05, 1e-15);
}

TEST(SlotSimulatorTest, MixedDecisionsShareTheSlot) {
  // Seven frames that send take 0.14 s of the device; what is left of 1 s holds floor(0.86 / 0.1) = 8 of the nine local ones.
  policy::Decision decision;
  decision.Add({0, 7});
  decision.Add({1, 9});
  Asks policy(decision);
  const SlotResult result = RunAsked(TwoOptions(), &policy, /*log=*/true);
  EXPECT_EQ(result.processed, 4 * 15);
  ASSERT_EQ(result.log.size(), 4u);
  EXPECT_EQ(result.log[0].decision.shares[0].frames, 7);
  EXPECT_EQ(result.log[0].decision.shares[1].frames, 8);
  EXPECT_NEAR(result.accuracy, (7 * 0.8 + 8 * 0.5) / 15, 1e-12);
}

TEST(SlotSimulatorTest, SlotsWithoutFramesAreInNoAverageAndNoUpdate) {
  SlotScenario scenario = TwoOptions();
  scenario.slots = 6;
  scenario.frames.trace = {20, 0, 5};
  Asks policy(policy::Decision::Of(0, 5));
  const SlotResult result = RunAsked(scenario, &policy);
  EXPECT_EQ(result.slots, 4);
  EXPECT_THAT(policy.slots, testing::ElementsAre(0, 2, 3, 5));
  EXPECT_DOUBLE_EQ(result.fps, 5);
  EXPECT_DOUBLE_EQ(result.k, (5.0 / 20 + 1) / 2);
}

TEST(SlotSimulatorTest, AllSlotsWithoutFramesGiveNoMeansAtAll) {
  SlotScenario scenario = TwoOptions();
  scenario.frames = {0, 0, {}};
  Asks policy(policy::Decision::Of(0, 5));
  const SlotResult result = RunAsked(scenario, &policy);
  EXPECT_EQ(result.slots, 0);
  EXPECT_EQ(result.fps, 0);
  EXPECT_EQ(result.utility(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(result.accuracy_violation, 0);
}

TEST(SlotSimulatorTest, WhileTheLinkCarriesNothingWhatSendsIsNotInUse) {
  SlotScenario scenario = TwoOptions();
  scenario.link = ListedBits{{10000, 0}};
  policy::Decision decision;
  decision.Add({0, 5});
  decision.Add({1, 5});
  Asks both(decision), sends(policy::Decision::Of(0, 5));
  // Slots 0 and 2: all ten. Slots 1 and 3: only the five local ones, at their latency and accuracy.
  const SlotResult mixed = RunAsked(scenario, &both);
  EXPECT_EQ(mixed.processed, 30);
  EXPECT_NEAR(both.told[1].latency_s, 0.1, 1e-15);
  EXPECT_NEAR(both.told[1].accuracy, 0.5, 1e-15);
  // Nothing is in use in two of four slots, so latency is the mean of the other two.
  const SlotResult sent = RunAsked(scenario, &sends);
  EXPECT_EQ(sent.processed, 10);
  EXPECT_NEAR(sent.latency_s, 0.13, 1e-15);
  EXPECT_FALSE(sends.told[1].any);
}

TEST(SlotSimulatorTest, AWrongProfileShowsInTheOutcomeAndNotInWhatIsSeen) {
  SlotScenario scenario = TwoOptions();
  scenario.actual_device_speed = 0.5;   // 0.2 s a local frame: five fit, not the ten that were believed to
  Asks policy(policy::Decision::Of(1, 10));
  const SlotResult result = RunAsked(scenario, &policy, /*log=*/true);
  EXPECT_EQ(result.processed, 4 * 5);
  EXPECT_NEAR(result.latency_s, 0.2, 1e-15);
  EXPECT_NEAR(result.log[0].predicted_latency_s, 0.1, 1e-15);
}

TEST(SlotSimulatorTest, AllPoliciesMeetTheSameSlotsAndStreamsAreApart) {
  SlotScenario scenario = PaperScenario();
  scenario.slots = 50;
  const std::vector<policy::Observation> slots = DrawSlots(scenario, 7), again = DrawSlots(scenario, 7),
                                         other = DrawSlots(scenario, 8);
  SlotScenario more_frames = scenario;
  more_frames.frames = {5, 5, {}};
  const std::vector<policy::Observation> same_link = DrawSlots(more_frames, 7);
  bool differs = false;
  for (size_t t = 0; t < slots.size(); ++t) {
    EXPECT_EQ(slots[t].frames, again[t].frames);
    EXPECT_EQ(slots[t].uplink_bits, again[t].uplink_bits);
    EXPECT_EQ(slots[t].uplink_bits, same_link[t].uplink_bits);
    EXPECT_GE(slots[t].frames, 30);
    EXPECT_LE(slots[t].frames, 60);
    EXPECT_GE(slots[t].uplink_bits, 6.68e6);
    EXPECT_LT(slots[t].uplink_bits, 66.76e6);
    differs |= slots[t].uplink_bits != other[t].uplink_bits;
  }
  EXPECT_TRUE(differs);
}

// The numbers themselves, so that a change on any machine shows. They were taken from a run and hold the arithmetic, not a claim.
TEST(SlotSimulatorTest, TheSameSeedGivesTheSameBytesOnAnyNumberOfThreads) {
  const SlotScenario scenario = PaperScenario();
  std::vector<SlotRun> runs;
  for (uint64_t seed = 1; seed <= 8; ++seed) runs.push_back({&scenario, &scenario.policies[0], seed});
  SlotRunOptions options;
  std::atomic<int64_t> done{0};
  options.progress = [&](int64_t slots) { done += slots; };
  const auto one = RunAllSlots(runs, options);
  options.threads = 4;
  const auto four = RunAllSlots(runs, options);
  ASSERT_TRUE(one.ok() && four.ok());
  EXPECT_EQ(done.load(), 2 * 8 * 1500);
  std::set<double> means;
  for (size_t i = 0; i < runs.size(); ++i) {
    EXPECT_EQ((*one)[i].processed, (*four)[i].processed);
    EXPECT_EQ((*one)[i].k, (*four)[i].k);
    EXPECT_EQ((*one)[i].latency_s, (*four)[i].latency_s);
    EXPECT_EQ((*one)[i].accuracy, (*four)[i].accuracy);
    means.insert((*one)[i].k);
  }
  EXPECT_EQ(means.size(), runs.size());
}

TEST(SlotSimulatorTest, PareconIsDrivenByItsEquations) {
  // The same recursion written out on its own, option by option.
  SlotScenario scenario = PaperScenario();
  scenario.slots = 300;
  SlotRunOptions options;
  options.log = true;
  const auto result = RunSlots(scenario, scenario.policies[0], 3, options);
  ASSERT_TRUE(result.ok());
  const cost::OptionTable& table = *scenario.options;
  double f = 0, g = 0, h = 0;
  for (const SlotLog& slot : result->log) {
    const double a = slot.offered, d = slot.uplink_bits;
    double best = std::numeric_limits<double>::infinity(), best_b = 0, best_r = 0, best_c = 0;
    for (size_t i = 0; i < table.size(); ++i) {
      const double device = table.coefficient[cost::kDevice][i], up = table.coefficient[cost::kUplink][i];
      const double r = device + up / d + table.coefficient[cost::kEdge][i];
      double b = a;
      if (up > 0) b = std::min(b, d / up);
      if (device > 0) b = std::min(b, 1 / device);
      b = std::floor(b * (1 + 1e-12));
      const double value = f * r - g * table.accuracy[i] - h * b / a;
      if (value < best - 1e-12) best = value, best_b = b, best_r = r, best_c = table.accuracy[i];
    }
    EXPECT_NEAR(f, slot.memory[0].value, 1e-9);
    EXPECT_NEAR(g, slot.memory[1].value, 1e-9);
    EXPECT_NEAR(h, slot.memory[2].value, 1e-9);
    if (slot.t > 0) {   // in slot 0 all values are 0 and the tie rules decide
      EXPECT_NEAR(best_r, slot.latency_s, 1e-9) << slot.t;
      EXPECT_NEAR(best_c, slot.accuracy, 1e-9) << slot.t;
      EXPECT_EQ(best_b, slot.processed) << slot.t;
    }
    const double x = h == 0 ? 1 : std::clamp(20 / h, 0.01, 1.0);
    f = std::max(f - 0.08, 0.0) + slot.latency_s;
    g = std::max(g - slot.accuracy, 0.0) + 0.7;
    h = std::max(h - slot.processed / a, 0.0) + x;
  }
}

TEST(SlotSimulatorTest, AnUnknownPolicyOrParameterIsNamed) {
  const SlotScenario scenario = PaperScenario();
  const PolicySpec unknown = {"pareco", {}}, parameter = {"parecon", {{{"W", 1}}, {}}};
  const SlotRun runs[] = {{&scenario, &scenario.policies[0], 1}, {&scenario, &parameter, 1}, {&scenario, &unknown, 1}};
  EXPECT_THAT(std::string(RunSlots(scenario, unknown, 1, {}).status().message()), HasSubstr("no policy 'pareco'"));
  EXPECT_THAT(std::string(RunAllSlots(runs, {}).status().message()), HasSubstr("no parameter 'W'"));
}

TEST(SlotSimulatorTest, StopsEarlyWhenTold) {
  const SlotScenario scenario = PaperScenario();
  const std::atomic<bool> stop{true};
  SlotRunOptions options;
  options.stop = &stop;
  const auto result = RunSlots(scenario, scenario.policies[0], 1, options);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->stopped);
  EXPECT_EQ(result->slots, 0);
}

}   // namespace
}   // namespace partway::sim
