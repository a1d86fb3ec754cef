// What was chosen and why, in words, against the slot model's arithmetic.
#include "apps/live_words.h"

#include "cost/test_tables.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

using ::testing::HasSubstr;

// Two groups at 224 px. Row 0: the picture to the edge, 80 kbit, 5 ms there. Row 1: cut 1, 10 ms here, 20 kbit, 5 ms there. Row 2: all here, 50 ms.
// A slot of 1 s brings 30 frames; latency at most 100 ms, accuracy at least 0.7; the round trip takes 10 ms.
class LiveWords : public testing::Test {
 protected:
  LiveWords()
      : table_(cost::MakeTable(2, {{0, 0, 80'000, 0.005, 0.8}, {1, 0.010, 20'000, 0.005, 0.8}, {2, 0.050, 0, 0, 0.8}})),
        problem_{.options = &table_, .slot_s = 1, .max_latency_s = 0.1, .min_accuracy = 0.7},
        model_(problem_) {}

  std::string Why(double uplink_bps, const policy::Decision& decision, bool connected = true, bool fell_back = false) {
    const policy::Observation seen = policy::MakeObservation(0, 30, {.uplink_bps = uplink_bps, .rtt_s = 0.01}, 1);
    return WhyText({problem_, model_, seen, decision, connected, fell_back});
  }

  cost::OptionTable table_;
  policy::Problem problem_;
  policy::SlotModel model_;
};

TEST_F(LiveWords, SayWhatWasChosen) {
  const policy::Observation seen = policy::MakeObservation(0, 30, {.uplink_bps = 1e6}, 1);
  EXPECT_EQ(ChosenText(table_, seen, policy::Decision::Of(1, 30)), "30 of 30 frames: cut 1 at 224 as raw");
  policy::Decision mix = policy::Decision::Of(1, 12);
  mix.Add({2, 8});
  EXPECT_EQ(ChosenText(table_, seen, mix), "20 of 30 frames: 12 cut 1 at 224 as raw, 8 all on the device at 224");
  EXPECT_EQ(ChosenText(table_, seen, {}), "0 of 30 frames");
}

TEST_F(LiveWords, SayWhyNotAnotherWay) {
  // At 500 kbps the picture takes 160 + 10 + 5 ms, the cut 10 + 40 + 10 + 5 = 65 ms; 25 of the cut's uploads fit into the slot, 20 frames the device.
  EXPECT_EQ(Why(500e3, policy::Decision::Of(1, 25)),
            "uplink 500 kbps: all on the device at 224 alone fits 20 of 30 frames; all on the edge at 224 as raw would take 175 "
            "ms > 100 ms");
  // At 100 Mbps the picture takes 0.8 + 10 + 5 ms, the cut 10 + 0.2 + 10 + 5.
  EXPECT_EQ(Why(100e6, policy::Decision::Of(0, 30)),
            "uplink 100 Mbps: all on the device at 224 alone fits 20 of 30 frames; cut 1 at 224 as raw would take 25.2 ms, this "
            "15.8 ms");
}

TEST_F(LiveWords, OfAMixSayThatNoneWouldDoAlone) {
  policy::Decision mix = policy::Decision::Of(1, 10);   // at 200 kbps the cut's uploads take 100 ms each
  mix.Add({2, 20});
  EXPECT_THAT(Why(200e3, mix), HasSubstr("all on the device at 224 alone fits 20 of 30 frames"));
}

TEST_F(LiveWords, SayWhenTheEdgeIsNotThereOrNotTrusted) {
  EXPECT_THAT(Why(1e6, policy::Decision::Of(2, 20), false), HasSubstr("the server does not answer"));
  EXPECT_THAT(Why(0, policy::Decision::Of(2, 20)), HasSubstr("not known yet"));
  EXPECT_THAT(Why(1e6, policy::Decision::Of(2, 20), true, true), HasSubstr("than the device alone would give"));
  EXPECT_THAT(Why(1e6, {}), HasSubstr("no way gives an answer"));
}

TEST_F(LiveWords, LeaveOutWaysThatAreNotAccurateEnough) {
  table_.accuracy[0] = 0.6;
  EXPECT_EQ(Why(500e3, policy::Decision::Of(1, 25)), "uplink 500 kbps: all on the device at 224 alone fits 20 of 30 frames");
}

TEST_F(LiveWords, SayAFramesWayAsItsOption) {
  for (size_t row = 0; row < table_.size(); ++row)
    EXPECT_EQ(WayText(table_.keys[row].cut, 2, 224, "raw"), cost::OptionText(table_, row));
}

TEST_F(LiveWords, SayHowAFrameWasAnswered) {
  device::FrameRecord frame{.cut = 1, .size = 224, .codec = "int8-ec", .outcome = device::Outcome::kEdge};
  EXPECT_EQ(HowText(frame, 2), "edge, cut 1 at 224 as int8-ec");
  frame.outcome = device::Outcome::kLocal;
  EXPECT_EQ(HowText(frame, 2), "local, all on the device at 224");
  frame.outcome = device::Outcome::kDropped;
  frame.reason = "left out by the policy";
  EXPECT_EQ(HowText(frame, 2), "dropped: left out by the policy");
}

}   // namespace
}   // namespace partway::apps
