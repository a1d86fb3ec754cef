#include "sim/slot_scenario.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/test_problems.h"

namespace partway::sim {
namespace {

using testing::HasSubstr;

SlotScenario Good() {
  SlotScenario scenario;
  scenario.frames = {3, 5, {}};
  scenario.link = ConstantBits{1e6};
  scenario.options = std::make_shared<const cost::OptionTable>(policy::PaperLikeTable());
  return scenario;
}

TEST(SlotScenarioTest, AStateFollowsItsRowOfTheMatrix) {
  // From state 0 always to 1, from 1 always to 2, from 2 always to 0.
  SlotScenario scenario = Good();
  scenario.slots = 7;
  scenario.link = MarkovBits{{10, 20, 30}, {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}}, 2};
  ASSERT_EQ(CheckSlotScenario(scenario), absl::OkStatus());
  std::vector<double> bits;
  for (const policy::Observation& slot : DrawSlots(scenario, 1)) bits.push_back(slot.uplink_bits);
  EXPECT_THAT(bits, testing::ElementsAre(30, 10, 20, 30, 10, 20, 30));
}

TEST(SlotScenarioTest, StatesAreVisitedAsOftenAsTheStationaryShares) {
  // Shares p of P: p = p P with P = [[0.9, 0.1], [0.3, 0.7]] gives p = (0.75, 0.25). The mean of 200,000 slots of a chain with second
  // eigenvalue 0.6 has a standard error of sqrt(0.75 * 0.25 / 200000 * (1 + 0.6) / (1 - 0.6)) = 0.0019; 0.01 is five of them.
  SlotScenario scenario = Good();
  scenario.slots = 200'000;
  scenario.link = MarkovBits{{0, 1}, {{0.9, 0.1}, {0.3, 0.7}}, 0};
  double ones = 0;
  for (const policy::Observation& slot : DrawSlots(scenario, 1)) ones += slot.uplink_bits;
  EXPECT_NEAR(ones / 200'000, 0.25, 0.01);
}

TEST(SlotScenarioTest, ListsRepeatAndRatesAreCarriedSlotBySlot) {
  SlotScenario scenario = Good();
  scenario.slots = 3;
  scenario.slot_s = 0.5;
  scenario.frames.trace = {1, 2};
  scenario.link = ProfiledBits{*net::ConstantRate(BitsPerSecond(8e6))};
  const std::vector<policy::Observation> slots = DrawSlots(scenario, 1);
  ASSERT_EQ(slots.size(), 3u);
  EXPECT_EQ(slots[2].frames, 1);
  EXPECT_EQ(slots[1].uplink_bits, 4e6);
  EXPECT_EQ(slots[1].state.uplink_bps, 8e6);
}

TEST(SlotScenarioTest, WhatCannotBeIsRefusedByName) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const struct {
    const char* message;
    void (*spoil)(SlotScenario*);
  } cases[] = {
      {"0 slots; expected 1 to", [](SlotScenario* s) { s->slots = 0; }},
      {"the slot is nan s long", [](SlotScenario* s) { s->slot_s = kNan; }},
      {"frames: -1 in a slot",
       [](SlotScenario* s) {
         s->frames = {-1, 5, {}};
       }},
      {"frames: the range [6, 5] ends below",
       [](SlotScenario* s) {
         s->frames = {6, 5, {}};
       }},
      {"frames: -3 in a slot",
       [](SlotScenario* s) {
         s->frames.trace = {1, -3};
       }},
      {"link: the constant is nan", [](SlotScenario* s) { s->link = ConstantBits{kNan}; }},
      {"link: the lower end is -1",
       [](SlotScenario* s) {
         s->link = UniformBits{-1, 5};
       }},
      {"link: the range [9, 5] ends below",
       [](SlotScenario* s) {
         s->link = UniformBits{9, 5};
       }},
      {"link: the trace is empty", [](SlotScenario* s) { s->link = ListedBits{}; }},
      {"link: an entry of the trace is -2",
       [](SlotScenario* s) {
         s->link = ListedBits{{1, -2}};
       }},
      {"link: 0 Markov states", [](SlotScenario* s) { s->link = MarkovBits{}; }},
      {"link: 1 rows of transitions for 2",
       [](SlotScenario* s) {
         s->link = MarkovBits{{1, 2}, {{1, 0}}, 0};
       }},
      {"link: row 1 of the transitions has 1",
       [](SlotScenario* s) {
         s->link = MarkovBits{{1, 2}, {{1, 0}, {1}}, 0};
       }},
      {"link: row 0 of the transitions sums to 0.9",
       [](SlotScenario* s) {
         s->link = MarkovBits{{1, 2}, {{0.5, 0.4}, {1, 0}}, 0};
       }},
      {"link: row 0 of the transitions holds nan",
       [](SlotScenario* s) {
         s->link = MarkovBits{{1}, {{kNan}}, 0};
       }},
      {"link: it starts in state 2",
       [](SlotScenario* s) {
         s->link = MarkovBits{{1, 2}, {{1, 0}, {1, 0}}, 2};
       }},
      {"link: there is no rate", [](SlotScenario* s) { s->link = ProfiledBits{}; }},
      {"round trip is -1", [](SlotScenario* s) { s->rtt_s = -1; }},
      {"device speed is 0", [](SlotScenario* s) { s->actual_device_speed = 0; }},
      {"edge load is 1", [](SlotScenario* s) { s->edge_load = 1; }},
      {"there is no option", [](SlotScenario* s) { s->options = nullptr; }},
      {"the latency constraint is nan", [](SlotScenario* s) { s->max_latency_s = kNan; }},
      {"the accuracy constraint is 1.5", [](SlotScenario* s) { s->min_accuracy = 1.5; }},
  };
  EXPECT_EQ(CheckSlotScenario(Good()), absl::OkStatus());
  for (const auto& one : cases) {
    SlotScenario scenario = Good();
    one.spoil(&scenario);
    EXPECT_THAT(std::string(CheckSlotScenario(scenario).message()), HasSubstr(one.message));
  }
}

}   // namespace
}   // namespace partway::sim
