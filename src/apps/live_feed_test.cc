// What the live view is told of a run in which nobody decides: slots of a second by the frames' own times.
#include "apps/live_feed.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

class LiveFeedTest : public testing::Test {
 protected:
  LiveFeedTest()
      : feed_({.title = "net", .edge = true, .connected = true, .groups = 4, .fixed = "every frame: cut 2", .max_latency_s = 0.1},
              config_) {
    config_.labels = {"cat", "dog"};
  }
  // Captured at `at_s` on the run's clock.
  bool Frame(double at_s, double latency_s, device::Outcome outcome = device::Outcome::kEdge, int top1 = 1) {
    report::FrameRow row;
    row.captured_s = at_s;
    row.latency_s = latency_s;
    row.cut = 2;
    row.size = 224;
    row.codec = "int8";
    row.outcome = outcome;
    row.picture = "a.jpg";
    row.correct = top1 == 1;
    return feed_.Frame(
        row, outcome == device::Outcome::kDropped ? std::vector<media::Guess>{} : std::vector<media::Guess>{{top1, 0.9F}});
  }

  media::ModelConfig config_;
  LiveFeed feed_;
};

TEST_F(LiveFeedTest, CountsAndMakesSlotsOfASecond) {
  // Ten frames a second from 5 s on; each third is dropped, each fourth late.
  int ended = 0;
  for (int i = 0; i < 25; ++i)
    ended +=
        Frame(5 + 0.1 * i, i % 4 == 0 ? 0.25 : 0.05, i % 3 == 0 ? device::Outcome::kDropped : device::Outcome::kEdge) ? 1 : 0;
  const report::LiveState& state = feed_.state();
  EXPECT_EQ(ended, 2);
  ASSERT_EQ(state.slots.size(), 2u);
  EXPECT_EQ(state.offered, 25);
  EXPECT_EQ(state.dropped, 9);   // 0, 3, ..., 24
  EXPECT_EQ(state.edge_answers, 16);
  EXPECT_EQ(state.within, 12);             // without 4, 8, 16 and 20, which are late and not dropped
  EXPECT_EQ(state.slots[0].offered, 8);    // frame 8 ends at 0.8 + 0.25 s
  EXPECT_EQ(state.slots[1].offered, 12);   // frame 20 at 2.25, more than a second after that
  EXPECT_NEAR(state.elapsed_s, 2.65, 1e-9);
  EXPECT_EQ(state.top1, 1.0);
}

TEST_F(LiveFeedTest, AnAnswerStaysLongEnoughToBeRead) {
  Frame(5, 0.05);
  EXPECT_EQ(feed_.state().answer->words, "dog");
  EXPECT_EQ(feed_.state().answer->how, "edge, cut 2 at 224 as int8");
  Frame(5.1, 0.05, device::Outcome::kLocal, 0);
  EXPECT_EQ(feed_.state().answer->words, "dog");
  Frame(5.9, 0.05, device::Outcome::kLocal, 0);
  EXPECT_EQ(feed_.state().answer->words, "cat");
  EXPECT_EQ(feed_.state().answer->correct, false);
}

TEST_F(LiveFeedTest, TellsEventsWithTheirTime) {
  Frame(5, 0.05);
  EXPECT_EQ(feed_.Event({.at_s = 7.5, .kind = "lost", .detail = "no answer"}), "lost: no answer");
  EXPECT_FALSE(feed_.state().connected);
  EXPECT_EQ(feed_.state().notices.back(), "2.5 s lost: no answer");
  feed_.Event({.at_s = 9, .kind = "reattached"});
  EXPECT_TRUE(feed_.state().connected);
}

}   // namespace
}   // namespace partway::apps
