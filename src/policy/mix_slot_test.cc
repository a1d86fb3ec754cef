#include "policy/mix_slot.h"

#include <gtest/gtest.h>

#include <vector>

#include "policy/test_problems.h"
#include "policy/test_setting.h"

namespace partway::policy {
namespace {

TEST(MixableRows, LeavesOutWhatTwoOthersMake) {
  // Half of each of the first two takes 0.1 s and 1 Mbit a frame and is as accurate as both.
  const cost::TestRow sends = {0, 0, 2e6, 0, 0.8}, stays = {1, 0.2, 0, 0, 0.8};
  const auto rows = [&](const cost::TestRow& third) { return MixableRows(cost::MakeTable(1, {sends, stays, third})); };
  EXPECT_EQ(rows({0, 0.1, 1.1e6, 0, 0.8}), (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(rows({0, 0.1, 0.9e6, 0, 0.8}), (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(rows({0, 0.1, 1.1e6, 0, 0.81}), (std::vector<int32_t>{0, 1, 2}));
  EXPECT_EQ(rows({0, 0.1, 1.1e6, 0.01, 0.8}), (std::vector<int32_t>{0, 1}));
  // A quarter and three quarters take 0.15 s and 0.5 Mbit.
  EXPECT_EQ(rows({0, 0.151, 0.5e6, 0, 0.8}), (std::vector<int32_t>{0, 1}));
  EXPECT_EQ(rows({0, 0.15, 0.49e6, 0, 0.8}), (std::vector<int32_t>{0, 1, 2}));
}

TEST(MixableRows, AreEnoughForTheBestMixture) {
  for (const int codecs : {1, 4}) {
    PaperSetting setting;
    setting.codecs = codecs;
    const cost::OptionTable table = PaperTable(setting);
    const Problem problem = PaperProblem(table, 0.08, 0.75);
    const std::vector<int32_t> rows = MixableRows(table);
    EXPECT_LT(rows.size(), UsefulRows(table).size() / 2);
    MixSlot all(problem), some(problem, rows);
    Rng rng(3);
    for (const Observation& seen : PaperSlots(5, 300)) {
      const Score score = {1, -rng.Uniform(0, 8), rng.Uniform(0, 12)};
      const double best = score.Of(all.Best(seen, score).point);
      EXPECT_NEAR(score.Of(some.Best(seen, score).point), best, 1e-9 * (1 + std::abs(best))) << "slot " << seen.slot;
    }
  }
}

TEST(MixSlot, SharesAndWholeFramesFitIntoTheSlot) {
  const cost::OptionTable table = PaperTable();
  const Problem problem = PaperProblem(table, 0.08, 0.75);
  const SlotModel model(problem);
  MixSlot slot(problem, MixableRows(table));
  Rng rng(4);
  double lost = 0;
  for (const Observation& seen : PaperSlots(6, 300)) {
    const Score score = {1, -rng.Uniform(0, 4), rng.Uniform(0, 8)};
    const MixSlot::Mix mix = slot.Best(seen, score);
    double sum = 0;
    for (int i = 0; i < mix.count; ++i) sum += mix.share[static_cast<size_t>(i)];
    ASSERT_NEAR(sum, 1, 1e-9);
    const Decision decision = slot.WholeFrames(seen, score);
    ASSERT_LE(decision.frames(), seen.frames);
    double device_s = 0, bits = 0;
    for (const Share& share : decision.used()) {
      const OptionCost cost = model.CostOf(decision, share);
      device_s += share.frames * cost.coefficient[cost::kDevice] * seen.weights[cost::kDevice];
      bits += share.frames * cost.coefficient[cost::kUplink];
    }
    ASSERT_LE(device_s, 1 + 1e-9);
    ASSERT_LE(bits, seen.uplink_bits * (1 + 1e-9));
    const Outcome outcome = model.Apply(seen, decision);
    const double whole = score.Of({outcome.k(), outcome.latency_s, outcome.accuracy}), shares = score.Of(mix.point);
    ASSERT_LE(whole, shares + 1e-9);   // a mixture of whole frames is one of shares
    lost += (shares - whole) / 300;
  }
  // A frame of 45 is 0.022; measured 0.0029.
  RecordProperty("lost", std::to_string(lost));
  EXPECT_LT(lost, 0.004);
}

// Where accuracy is dear frames are large, and as many as the shares have seldom fit. Measured 0.0084; 0.0166 when only that many were aimed at.
TEST(MixSlot, WholeFramesOfLargePicturesLoseLittle) {
  const cost::OptionTable table = PaperTable();
  const Problem problem = PaperProblem(table, 0.08, 0.83);
  const SlotModel model(problem);
  MixSlot slot(problem, MixableRows(table));
  const Score score = {1, -0.001, 20};
  double lost = 0;
  for (const Observation& seen : SlotsOver(LinkMbit(LinkKind::kUniform, 1, 300), 1)) {
    const double shares = score.Of(slot.Best(seen, score).point);
    const Outcome outcome = model.Apply(seen, slot.WholeFrames(seen, score));
    lost += (shares - score.Of({outcome.k(), outcome.latency_s, outcome.accuracy})) / 300;
  }
  EXPECT_LT(lost, 0.010);
}

}   // namespace
}   // namespace partway::policy
