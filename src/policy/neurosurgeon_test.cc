#include "policy/neurosurgeon.h"

#include <gtest/gtest.h>

#include <cmath>

#include "policy/test_problems.h"

namespace partway::policy {
namespace {

std::unique_ptr<Policy> Make(const cost::OptionTable& table, const Parameters& given = {}) {
  return MakePolicy("neurosurgeon", PaperLikeProblem(table), given, 1).value();
}

// All on the edge: 1e6 bits at 10 Mbit/s is 0.1 s, and 0.02 s there; cut 1: 0.05 + 0.02 + 0.01; all here: 0.2.
const cost::OptionTable kTable = cost::MakeTable(2, {{0, 0, 1e6, 0.02, 0.9}, {1, 0.05, 2e5, 0.01, 0.9}, {2, 0.2, 0, 0, 0.9}});

TEST(Neurosurgeon, TakesTheLeastLatencyAndOneFrameAfterTheOther) {
  const auto policy = Make(kTable);
  const Decision decision = policy->Decide(Seen(60, 10e6));
  EXPECT_EQ(decision.shares[0].option, 1);
  // floor(1 / 0.08) = 12, where a pipeline would carry 20 (1 / 0.05).
  EXPECT_EQ(decision.shares[0].frames, 12);
  EXPECT_EQ(policy->Decide(Seen(5, 10e6)).shares[0].frames, 5);
}

TEST(Neurosurgeon, AWholeQuotientIsThatManyFrames) {
  // 0.1 s a frame: 10, also where 1 / R comes out just below.
  const cost::OptionTable table = cost::MakeTable(1, {{1, 0.1, 0, 0, 0.9}});
  EXPECT_EQ(Make(table)->Decide(Seen(60, 1e6)).shares[0].frames, 10);
  const cost::OptionTable tenth = cost::MakeTable(1, {{0, 0.1 + 0.2 - 0.2 + 1e-17, 0, 0, 0.9}});
  EXPECT_EQ(Make(tenth)->Decide(Seen(60, 1e6)).shares[0].frames, 10);
}

TEST(Neurosurgeon, TheEdgesLoadIsAnInput) {
  // At a load of 0.9 the edge takes ten times as long: 0.05 + 0.02 + 0.1 against 0.2; at 0.95 it is 0.27.
  EXPECT_EQ(Make(kTable)->Decide(Seen(60, 10e6, 0, 0.9)).shares[0].option, 1);
  EXPECT_EQ(Make(kTable)->Decide(Seen(60, 10e6, 0, 0.95)).shares[0].option, 2);
}

TEST(Neurosurgeon, StaysOnTheDeviceWithoutALinkAndWithATinyOne) {
  for (const double uplink : {0.0, 1e-3, 10.0}) {
    const Decision decision = Make(kTable)->Decide(Seen(60, uplink));
    ASSERT_EQ(decision.count, 1);
    EXPECT_EQ(decision.shares[0].option, 2);
    EXPECT_EQ(decision.shares[0].frames, 5);
  }
  // Nothing but options that send: nothing runs without a link, and no frame fits into a tiny one.
  const cost::OptionTable sends = cost::MakeTable(1, {{0, 0, 1e6, 0.01, 0.9}});
  EXPECT_EQ(Make(sends)->Decide(Seen(60, 0)).count, 0);
  const Decision tiny = Make(sends)->Decide(Seen(60, 10));
  ASSERT_EQ(tiny.count, 1);
  EXPECT_EQ(tiny.shares[0].frames, 0);
}

TEST(Neurosurgeon, EqualLatenciesGoToTheEarlierRow) {
  const cost::OptionTable table = cost::MakeTable(2, {{0, 0.125, 0, 0, 0.5}, {1, 0.0625, 0, 0.0625, 0.9}, {2, 0.125, 0, 0, 0.5}});
  EXPECT_EQ(Make(table)->Decide(Seen(60, 1e6)).shares[0].option, 0);
}

TEST(Neurosurgeon, AtOneSizeNeverLeavesIt) {
  const cost::OptionTable table = PaperLikeTable(3);
  const Problem problem = PaperLikeProblem(table);
  const auto policy = MakePolicy("neurosurgeon", problem, {{{"size", 288}}, {}}, 1).value();
  const SlotModel model(problem);
  for (const Observation& seen : PaperSlots(1, 200)) {
    const Decision decision = policy->Decide(seen);
    const auto row = static_cast<size_t>(decision.shares[0].option);
    ASSERT_EQ(table.keys[row].size, 2);
    const double latency_s = model.Latency(seen, model.Cost(row));
    for (size_t i = 0; i < table.size(); ++i) {
      if (table.keys[i].size == 2) {
        ASSERT_LE(latency_s, model.Latency(seen, model.Cost(i)) * (1 + 1e-12));
      }
    }
    ASSERT_EQ(decision.shares[0].frames, std::min<int>(seen.frames, static_cast<int>(std::floor(1 / latency_s))));
  }
}

}   // namespace
}   // namespace partway::policy
