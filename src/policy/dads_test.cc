#include "policy/dads.h"

#include <gtest/gtest.h>

#include "policy/test_problems.h"

namespace partway::policy {
namespace {

Decision Choice(const char* name, const cost::OptionTable& table, const Observation& seen) {
  return MakePolicy(name, PaperLikeProblem(table), {}, 1).value()->Decide(seen);
}

// At 10 Mbit/s, in ms:  device  uplink  edge   sum  slowest
//   row 0                    0      40    10    50       40
//   row 1                   25      25     5    55       25
//   row 2                   60       0     0    60       60
const cost::OptionTable kTable =
    cost::MakeTable(2, {{0, 0, 4e5, 0.01, 0.9}, {1, 0.025, 2.5e5, 0.005, 0.9}, {2, 0.06, 0, 0, 0.9}});

TEST(Dads, LightTakesTheLeastSumHeavyTheLeastMaximum) {
  const Decision light = Choice("dads-light", kTable, Seen(60, 10e6)), heavy = Choice("dads-heavy", kTable, Seen(60, 10e6));
  EXPECT_EQ(light.shares[0].option, 0);
  EXPECT_EQ(light.shares[0].frames, 25);   // 1 / 0.04
  EXPECT_EQ(heavy.shares[0].option, 1);
  EXPECT_EQ(heavy.shares[0].frames, 40);   // 1 / 0.025
}

TEST(Dads, ChoosesByTheLoad) {
  // The light choice takes 40 ms in its slowest stage: 24 frames arrive 41.7 ms apart, 25 frames 40 ms apart, which is heavy.
  EXPECT_EQ(Choice("dads", kTable, Seen(24, 10e6)).shares[0].option, 0);
  EXPECT_EQ(Choice("dads", kTable, Seen(25, 10e6)).shares[0].option, 1);
  EXPECT_EQ(Choice("dads", kTable, Seen(60, 10e6)).shares[0].option, 1);
}

TEST(Dads, CountsTheEdgeAmongTheStages) {
  // Row 0 is the faster on device and uplink, but the edge takes 0.1 s for it.
  const cost::OptionTable table = cost::MakeTable(2, {{0, 0.01, 1e5, 0.1, 0.9}, {1, 0.05, 1e5, 0.05, 0.9}});
  EXPECT_EQ(Choice("dads-heavy", table, Seen(60, 10e6)).shares[0].option, 1);
}

TEST(Dads, WithoutALinkAndWithATinyOne) {
  for (const char* name : {"dads", "dads-light", "dads-heavy"}) {
    for (const double uplink : {0.0, 10.0}) {
      const Decision decision = Choice(name, kTable, Seen(60, uplink));
      EXPECT_EQ(decision.shares[0].option, 2) << name;
      EXPECT_EQ(decision.shares[0].frames, 16) << name;
    }
    const cost::OptionTable sends = cost::MakeTable(1, {{0, 0, 1e6, 0.01, 0.9}});
    EXPECT_EQ(Choice(name, sends, Seen(60, 0)).count, 0) << name;
    EXPECT_EQ(Choice(name, sends, Seen(60, 10)).frames(), 0) << name;
  }
}

TEST(Dads, EqualOnesGoToMoreFramesThenLessLatencyThenTheEarlierRow) {
  // All have a slowest stage of 0.25 s. Rows 1, 2 and 3 fit 4 frames; row 0 too. Latency: 0.5, 0.375, 0.25, 0.25.
  const cost::OptionTable stages = cost::MakeTable(
      2, {{0, 0.25, 0, 0.25, 0.9}, {1, 0.25, 0, 0.125, 0.9}, {2, 0.25, 0, 0, 0.9, 0, 0}, {2, 0.25, 0, 0, 0.9, 0, 1}});
  // Cuts 0 and 1 send, which takes a round trip of 0 s here.
  EXPECT_EQ(Choice("dads-heavy", stages, Seen(60, 1e6)).shares[0].option, 2);
  // Equal latency of 0.375 s: row 1 fits 8 frames (its stages: 0.125, 0.25 on the unbounded edge), row 0 only 4.
  const cost::OptionTable sums = cost::MakeTable(2, {{0, 0.25, 0, 0.125, 0.9}, {1, 0.125, 0, 0.25, 0.9}, {2, 0.375, 0, 0, 0.9}});
  const Decision light = Choice("dads-light", sums, Seen(60, 1e6));
  EXPECT_EQ(light.shares[0].option, 1);
  EXPECT_EQ(light.shares[0].frames, 8);
}

TEST(Dads, HeldToASize) {
  const cost::OptionTable table = PaperLikeTable(3);
  for (const char* name : {"dads", "dads-light", "dads-heavy"}) {
    const auto policy = MakePolicy(name, PaperLikeProblem(table), {{{"size", 256}}, {}}, 1).value();
    for (const Observation& seen : PaperSlots(1, 50)) {
      EXPECT_EQ(table.keys[static_cast<size_t>(policy->Decide(seen).shares[0].option)].size, 1);
    }
  }
}

}   // namespace
}   // namespace partway::policy
