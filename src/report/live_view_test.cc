// The live view's text for given states: what it says, that it fits, and what is left out first.
#include "report/live_view.h"

#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// 12 s into a run of 15 s, the link bad, two slots ended.
LiveState Running() {
  LiveState state;
  state.title = "efficientnet_lite0, policy adaptive";
  state.emulated = "device 6.0 times slower, emulated";
  state.elapsed_s = 12;
  state.total_s = 15;
  state.link_told = "bad, 1.0 Mbps";
  state.edge = state.connected = true;
  state.uplink_bps = 0.95e6;
  state.uplink_error = 0.04;
  state.rtt_s = 0.0105;
  state.device_speed = 0.17;
  state.edge_speed = 0.93;
  state.edge_load = 0.25;
  state.chosen = "20 of 30 frames: 14 all on the device at 192, 6 cut 8 at 192 as int4-ec";
  state.why = "uplink 950 kbps: jpeg:90 at 192 px would take 130 ms > 100 ms";
  state.max_latency_s = 0.1;
  state.min_accuracy = 0.85;
  state.AddSlot(
      {.ended_s = 11, .offered = 30, .edge = 30, .within = 30, .latency_s = 0.05, .accuracy = 0.866, .frames_per_s = 30});
  state.AddSlot({.ended_s = 12,
                 .offered = 30,
                 .edge = 6,
                 .local = 14,
                 .within = 12,
                 .latency_s = 0.12,
                 .accuracy = 0.84,
                 .frames_per_s = 20});
  state.offered = 360;
  state.edge_answers = 200;
  state.local_answers = 100;
  state.within = 290;
  state.mean_latency_s = 0.06;
  state.mean_accuracy = 0.861;
  state.answer = LiveAnswer{"cup.jpg", "espresso", 0.87, true, "edge, cut 8 at 192 px as int4-ec", 0.054};
  state.AddNotice("9.1 s lost: the server does not answer");
  return state;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) Append(&text, line, "\n");
  return text;
}

TEST(LiveView, SaysWhatIsChosenWhyAndWhatCameOfIt) {
  const std::string text = Joined(RenderLive(Running(), {.columns = 100, .rows = 40}));
  for (const char* words :
       {"efficientnet_lite0, policy adaptive  12.0 of 15 s", "device 6.0 times slower, emulated",
        "bad, 1.0 Mbps; measured 950 kbps up, within 4 %; round trip 10.5 ms", "server 0.93 of its profile, others take 25 %",
        "chosen    20 of 30 frames", "why       uplink 950 kbps: jpeg:90 at 192 px would take 130 ms > 100 ms", "12 of 30",
        "290 of 360", "<= 100 ms", ">= 85.0 %", "answered  eb\n",
        "in time   94\n",   // 30 of 30, which has no digit of its own, and 12 of 30
        "cup.jpg: espresso 87 % (right)", "edge, cut 8 at 192 px as int4-ec, 54.0 ms", "9.1 s lost: the server does not answer"})
    EXPECT_THAT(text, HasSubstr(words));
  EXPECT_THAT(text, HasSubstr("25.0")) << "(200 + 100) answers in 12 s";
  EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST(LiveView, MarksWhatBreaksAConstraintInColourOnly) {
  const std::string text = Joined(RenderLive(Running(), {.columns = 100, .rows = 40, .colour = true}));
  EXPECT_THAT(text,
              AllOf(HasSubstr("\033[31m      120 ms     84.0 %\033[0m"), HasSubstr("\033[32m     60.0 ms     86.1 %\033[0m")));
}

// A line without its colours has at most so many columns, whatever the terminal's width, and words are not lost but wrapped.
TEST(LiveView, FitsNarrowTerminals) {
  for (const int columns : {1, 12, 20, 40, 60}) {
    for (const std::string& line : RenderLive(Running(), {.columns = columns, .rows = 100})) {
      EXPECT_LE(line.size(), static_cast<size_t>(columns)) << line;
    }
  }
  const std::string text = Joined(RenderLive(Running(), {.columns = 40, .rows = 100}));
  EXPECT_THAT(text, HasSubstr("why       uplink 950 kbps: jpeg:90 at\n          192 px would take 130 ms > 100\n          ms\n"));
}

TEST(LiveView, LeavesOutTheLeastImportantOnLowTerminals) {
  for (const int rows : {1, 2, 3, 5, 8, 14})
    EXPECT_LE(RenderLive(Running(), {.columns = 100, .rows = rows}).size(), static_cast<size_t>(rows));
  EXPECT_THAT(Joined(RenderLive(Running(), {.columns = 100, .rows = 1})), HasSubstr("adaptive"));
  const std::string low = Joined(RenderLive(Running(), {.columns = 100, .rows = 5}));
  EXPECT_THAT(low, AllOf(HasSubstr("chosen "), HasSubstr("why "), HasSubstr("link "), Not(HasSubstr("a letter a slot"))));
}

TEST(LiveView, ShowsTheNewestSlotsThatFit) {
  LiveState state = Running();
  for (int i = 0; i < 1000; ++i) state.AddSlot({.offered = 10, .local = 10, .within = 10});
  EXPECT_EQ(state.slots.size(), LiveState::kSlotsKept);
  state.AddSlot({.offered = 10});
  // 30 columns, of which 10 are the label: 19 slots on the device and the last one, in which nothing was answered.
  EXPECT_THAT(Joined(RenderLive(state, {.columns = 30, .rows = 100})), HasSubstr("answered  " + std::string(19, 'd') + ".\n"));
}

TEST(LiveView, SaysSoWithoutEdgeAndWithoutServer) {
  LiveState state = Running();
  state.connected = false;
  EXPECT_THAT(Joined(RenderLive(state, {})), HasSubstr("the server does not answer"));
  EXPECT_THAT(LiveLine(state), HasSubstr("no server"));
  state.edge = false;
  EXPECT_THAT(Joined(RenderLive(state, {})), HasSubstr("none: everything runs on the device"));
  EXPECT_THAT(LiveLine(state), Not(HasSubstr("server")));
}

TEST(LiveView, AnEmptyStateIsShownToo) {
  EXPECT_FALSE(RenderLive({}, {}).empty());
  EXPECT_EQ(LiveLine({}), "0.0 s");
}

TEST(LiveView, TextFromOutsideCannotSteerTheTerminal) {
  LiveState state = Running();
  state.answer->words = "esp\033[2Jresso\r\n";
  state.answer->picture = "caf\xc3\xa9 \xc2\x9b \xff.jpg";
  const std::string text = Joined(RenderLive(state, {.columns = 120, .rows = 40}));
  EXPECT_THAT(text, AllOf(HasSubstr("esp?[2Jresso??"), HasSubstr("caf\xc3\xa9 ? ?.jpg")));
  EXPECT_THAT(LiveLine(state), AllOf(HasSubstr("esp?[2Jresso??"), Not(HasSubstr("\n"))));
}

TEST(LiveView, OneLineASlotWhereNothingCanBeRedrawn) {
  EXPECT_EQ(
      LiveLine(Running()),
      "12.0 s, bad, 1.0 Mbps, measured 950 kbps; in time 12 of 30, 120 ms, accuracy 84.0 %; now 20 of 30 frames: 14 all on the "
      "device at 192, 6 cut 8 at 192 as int4-ec; cup.jpg: espresso");
}

}   // namespace
}   // namespace partway::report
