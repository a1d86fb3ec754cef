// Runs over a link that changes, on numbers that are simple: what each phase amounts to, and what the page says of it.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "report/loop_section.h"

namespace partway::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Ten frames a second for `seconds`; answered after `latency_s` while the link is there, and not at all later.
RunRecord Run(double seconds, double gone_s, double latency_s) {
  RunRecord run;
  run.header.groups = 5;
  run.header.slowdown = 6;
  for (int i = 0; i < static_cast<int>(seconds * 10); ++i) {
    FrameRow row;
    row.id = static_cast<uint64_t>(i);
    row.captured_s = 100 + 0.1 * i;
    row.cut = 3;
    row.size = 224;
    row.codec = "int8-ec";
    row.latency_s = latency_s;
    row.outcome = 0.1 * i < gone_s - 1e-9 ? device::Outcome::kEdge : device::Outcome::kDropped;
    row.head_at_s = row.captured_s;
    row.head_s = 0.01;
    row.correct = i % 2 == 0;
    run.frames.push_back(row);
  }
  for (int t = 0; t < static_cast<int>(seconds * 2); ++t) {
    SlotRow slot;
    slot.t = t;
    slot.a = 5;
    slot.b = t * 0.5 < gone_s - 1e-9 ? 5 : 0;
    slot.choice = {{3, 224, "int8-ec", 3}, {5, 192, "", 1}};
    slot.uplink_bps = 8e6;
    slot.accuracy = 0.9;
    slot.latency_s = latency_s;
    run.slots.push_back(slot);
  }
  return run;
}

LoopStory Story() {
  LoopStory story;
  story.phases = {{"good", 0, 4, 10e6}, {"gone", 4, 6, 0}};
  story.fps = 10;
  story.slot_s = 0.5;
  story.max_latency_s = 0.1;
  story.min_accuracy = 0.85;
  story.methods.push_back({"ours", "decides <by> itself", Run(6, 4, 0.05), 1});
  story.methods.push_back({"jpeg", "all on the edge", Run(3, 2, 0.15), 2});   // twice as fast, and late
  return story;
}

TEST(LoopStory, CountsEachPhaseAtItsPace) {
  const LoopStory story = Story();
  EXPECT_EQ(LengthOf(story), 6);
  const LoopPart good = PartOf(story, story.methods[0], 0, 4);
  EXPECT_EQ(good.offered, 40);
  EXPECT_EQ(good.within, 40);
  EXPECT_NEAR(good.within_fps, 10, 1e-9);
  EXPECT_NEAR(*good.latency_s, 0.05, 1e-9);
  EXPECT_NEAR(*good.accuracy, 0.9, 1e-9);
  EXPECT_NEAR(*good.top1, 0.5, 1e-9);
  const LoopPart gone = PartOf(story, story.methods[0], 4, 6);
  EXPECT_EQ(gone.offered, 20);
  EXPECT_EQ(gone.answered, 0);
  EXPECT_EQ(gone.latency_s, std::nullopt);
  EXPECT_EQ(gone.accuracy, std::nullopt);
  // Four seconds of the story are two of this run: 20 frames, ten a second of its own time, all answered late.
  const LoopPart late = PartOf(story, story.methods[1], 0, 4);
  EXPECT_EQ(late.offered, 20);
  EXPECT_EQ(late.within, 0);
  EXPECT_NEAR(late.answered_fps, 10, 1e-9);
  EXPECT_EQ(PartOf(story, {}, 0, 4).offered, 0);
}

TEST(LoopSection, ShowsPhasesMethodsChoicesAndThePipeline) {
  const std::string html = RenderLoop(Story());
  for (const char* words :
       {"ours 6.7</b>", "jpeg 0.0", "good, 10.0 Mbps", "gone, no link", "decides &lt;by&gt; itself", "in 1/2 of the time",
        "<strong>10.0</strong>", "3 at cut 3 at 224 as int8-ec, 1 on the device at 192", "The pipeline", "6.0-fold"})
    EXPECT_THAT(html, HasSubstr(words));   // 40 frames in time of 6 s are 6.7 a second
  EXPECT_THAT(html, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf")), Not(HasSubstr("<by>"))));
}

TEST(LoopSection, OfNothingSaysSo) { EXPECT_THAT(RenderLoop({}), HasSubstr("No frame was recorded")); }

}   // namespace
}   // namespace partway::report
