#include "edge/batch_times.h"

#include "gmock/gmock.h"

namespace partway::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr Instant kStart{seconds(1)};

// Trials that say `percent` of one by one, ten milliseconds a request.
void Try(BatchTimes& times, KindId kind, int n, int percent, int trials, Instant now = kStart) {
  for (int i = 0; i < trials; ++i) times.Tried(now, kind, n, milliseconds(10 * n), milliseconds(10 * n) * percent / 100, true);
}

// 10 ms alone, and enough work behind it that a twentieth of it is room for every trial here.
KindId Known(BatchTimes& times, const std::string& name = "kind") {
  const KindId kind = times.KindOf(name);
  times.Alone(kind, milliseconds(10));
  times.Worked(minutes(10));
  return kind;
}

TEST(BatchTimes, OffIsOff) {
  BatchTimes times({.most = 1});
  EXPECT_EQ(times.KindOf("kind"), 0u);
  EXPECT_THAT(times.Sizes(kStart, 0), IsEmpty());
}

TEST(BatchTimes, NothingIsOfferedBeforeOneRanAlone) {
  BatchTimes times({});
  const KindId kind = times.KindOf("kind");
  EXPECT_EQ(times.KindOf("kind"), kind);
  times.Worked(minutes(10));
  EXPECT_THAT(times.Sizes(kStart, kind), IsEmpty());
  times.Alone(kind, milliseconds(10));
  ASSERT_EQ(times.Sizes(kStart, kind).size(), 1u);
}

TEST(BatchTimes, ThreeTrialsJudgeAClassByTheirMedianAndOpenTheNext) {
  BatchTimes times({.most = 6});
  const KindId kind = Known(times);
  ASSERT_EQ(times.Sizes(kStart, kind).size(), 1u);
  EXPECT_EQ(times.Sizes(kStart, kind)[0].foreseen, milliseconds(20)) << "one by one";
  EXPECT_FALSE(times.pays(kind, 2));
  Try(times, kind, 2, 70, 2);
  EXPECT_FALSE(times.pays(kind, 2)) << "two say so, the third is missing";
  Try(times, kind, 2, 300, 1);   // somebody else had the machine
  EXPECT_TRUE(times.pays(kind, 2));
  const std::vector<BatchSize> sizes = times.Sizes(kStart, kind);
  ASSERT_EQ(sizes.size(), 2u);
  EXPECT_EQ(sizes[0].least, 3);
  EXPECT_EQ(sizes[0].most, 4);
  EXPECT_EQ(sizes[0].foreseen, milliseconds(40)) << "not tried yet";
  EXPECT_EQ(sizes[1].foreseen, milliseconds(14)) << "two for 0.7 of 20 ms";
  Try(times, kind, 3, 50, 3);
  EXPECT_TRUE(times.pays(kind, 4)) << "of the same class";
  EXPECT_FALSE(times.pays(kind, 5));
  EXPECT_EQ(times.Sizes(kStart, kind)[0].most, 6) << "5..8 ends at the most that is allowed";
}

TEST(BatchTimes, WhatDoesNotPayIsOffAndTriedAgainLater) {
  BatchTimes times({.most = 8, .again = minutes(10)});
  const KindId kind = Known(times);
  Try(times, kind, 2, 105, 3);
  EXPECT_FALSE(times.pays(kind, 2));
  EXPECT_THAT(times.Sizes(kStart + minutes(9), kind), IsEmpty()) << "a loss at 2 is no reason to try 4";
  EXPECT_EQ(times.Sizes(kStart + minutes(10), kind).size(), 1u);
  Try(times, kind, 2, 80, 3, kStart + minutes(10));
  EXPECT_TRUE(times.pays(kind, 2));
}

TEST(BatchTimes, AClassThatIsNoLossOpensTheNextWithoutBeingUsed) {
  BatchTimes times({.most = 4});
  const KindId kind = Known(times);
  Try(times, kind, 2, 95, 3);
  const std::vector<BatchSize> sizes = times.Sizes(kStart, kind);
  ASSERT_EQ(sizes.size(), 1u);
  EXPECT_EQ(sizes[0].least, 3);
  EXPECT_FALSE(times.pays(kind, 2));
}

TEST(BatchTimes, OtherAnswersTogetherMeanNever) {
  BatchTimes times({});
  const KindId kind = Known(times);
  Try(times, kind, 2, 50, 3);
  ASSERT_TRUE(times.pays(kind, 2));
  times.Tried(kStart, kind, 4, milliseconds(40), milliseconds(20), false);
  EXPECT_FALSE(times.pays(kind, 2));
  EXPECT_THAT(times.Sizes(kStart + minutes(60), kind), IsEmpty());
}

// Batches that come to take as long as one by one put the class back to trial: 14 ms were foreseen, and each of 20 ms moves the ratio by an eighth of what is
// left from 0.7 to 1: 1 - 0.3 (7/8)^n exceeds 0.95 at n = 14.
TEST(BatchTimes, BatchesInUseAreWatched) {
  BatchTimes times({.most = 2});
  const KindId kind = Known(times);
  Try(times, kind, 2, 70, 3);
  for (int i = 0; i < 13; ++i) times.Together(kind, 2, milliseconds(20));
  EXPECT_TRUE(times.pays(kind, 2));
  times.Together(kind, 2, milliseconds(20));
  EXPECT_FALSE(times.pays(kind, 2));
  EXPECT_EQ(times.Sizes(kStart, kind).size(), 1u) << "to be tried again at once";
}

// A trial of two costs 20 ms more; a twentieth of 1 s is room for two of them.
TEST(BatchTimes, TrialsTakeAShareOfTheWorkOnly) {
  BatchTimes times({.most = 2, .effort = 0.05});
  const KindId kind = times.KindOf("kind");
  times.Alone(kind, milliseconds(10));
  times.Worked(seconds(1));
  Try(times, kind, 2, 100, 1);
  EXPECT_EQ(times.Sizes(kStart, kind).size(), 1u) << "20 + 20 ms of 50";
  Try(times, kind, 2, 100, 1);
  EXPECT_THAT(times.Sizes(kStart, kind), IsEmpty()) << "40 + 20 ms";
  times.Worked(milliseconds(300));
  EXPECT_EQ(times.Sizes(kStart, kind).size(), 1u);
}

TEST(BatchTimes, KindsAreBoundedAndUnknownOnesHarmless) {
  BatchTimes times({.max_kinds = 2});
  const KindId first = Known(times, "a");
  times.KindOf("b");
  const KindId third = times.KindOf("c");   // all are forgotten
  EXPECT_THAT(times.Sizes(kStart, first), IsEmpty());
  EXPECT_NE(times.KindOf("a"), first);
  EXPECT_NE(third, first);
  times.Alone(first, milliseconds(1));
  times.Together(first, 2, milliseconds(1));
  times.Tried(kStart, first, 2, milliseconds(1), milliseconds(1), false);
  EXPECT_FALSE(times.pays(first, 2));
}

}   // namespace
}   // namespace partway::edge
