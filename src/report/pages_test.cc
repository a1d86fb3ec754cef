// What the page and the timeline are made of, on a run whose numbers are simple.
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "report/charts.h"
#include "report/cut_stats.h"
#include "report/html_report.h"
#include "report/lanes.h"
#include "report/svg.h"
#include "report/timeline.h"

namespace partway::report {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Frame `i` of a pipeline at `cut` whose slowest stage is the 40 ms upload, so a frame starts every 40 ms: prepare 2, head 20, upload 40,
// edge 10, reply 5, no waiting: 77 ms.
FrameRow PipelinedFrame(int i, int cut) {
  FrameRow row;
  row.id = static_cast<uint64_t>(i);
  row.captured_s = 10 + 0.04 * i;
  row.cut = cut;
  row.size = 224;
  row.codec = "raw";
  row.prepare_s = 0.002;
  row.head_s = 0.02;
  row.upload_s = 0.04;
  row.edge_s = 0.01;
  row.reply_s = 0.005;
  row.latency_s = 0.077;
  row.upload_bytes = 100000;
  row.outcome = device::Outcome::kEdge;
  row.prepare_at_s = row.captured_s;
  row.head_at_s = row.captured_s + 0.002;
  row.upload_at_s = row.captured_s + 0.022;
  row.edge_at_s = row.captured_s + 0.062;
  row.correct = i % 4 != 0;
  row.agrees = true;
  return row;
}

FrameRow LocalFrame(int i, int groups) {
  FrameRow row;
  row.id = 1000 + static_cast<uint64_t>(i);
  row.captured_s = 20 + 0.1 * i;
  row.cut = groups;
  row.size = 224;
  row.head_s = 0.1;
  row.head_at_s = row.captured_s;
  row.latency_s = 0.1;
  row.outcome = device::Outcome::kLocal;
  return row;
}

RunRecord SomeRun() {
  RunRecord run;
  run.path = "demo.jsonl";
  run.header.command = "partway demo";
  run.header.model_name = "lite0";
  run.header.groups = 9;
  run.header.link = "20 Mbps, 10 ms";
  for (int i = 0; i < 20; ++i) run.frames.push_back(PipelinedFrame(i, 3));
  for (int i = 0; i < 10; ++i) run.frames.push_back(LocalFrame(i, 9));
  run.summary = BuildSummary(run.frames);
  return run;
}

TEST(StatsByCut, SumsEachCutUpAlone) {
  RunRecord run = SomeRun();
  run.frames[5].outcome = device::Outcome::kDropped;
  const std::vector<CutStats> cuts = StatsByCut(run.frames, 9);
  ASSERT_EQ(cuts.size(), 2u);
  EXPECT_EQ(cuts[0].cut, 3);
  EXPECT_EQ(cuts[0].summary.edge, 19);
  EXPECT_DOUBLE_EQ(cuts[0].part(&device::FrameRecord::head_s), 0.02);
  EXPECT_DOUBLE_EQ(*cuts[0].bytes_up, 100000);
  EXPECT_EQ(cuts[0].compared, 19);
  EXPECT_DOUBLE_EQ(*cuts[0].agreement, 1);
  // 19 answers from the first capture at 0 to the last answer at 19 * 0.04 + 0.077 = 0.837 s.
  EXPECT_NEAR(cuts[0].summary.fps, 19 / 0.837, 1e-6);
  EXPECT_EQ(cuts[1].cut, 9);
  EXPECT_FALSE(cuts[1].bytes_up.has_value());
  EXPECT_FALSE(cuts[1].agreement.has_value());
  EXPECT_NEAR(cuts[1].summary.fps, 10 / 1.0, 1e-6);
}

TEST(StatsByCut, KeepsTheCodecsOfACutApart) {
  RunRecord run = SomeRun();
  for (size_t i = 0; i < run.frames.size(); ++i) run.frames[i].codec = i % 2 == 0 ? "raw" : "int8-ec";
  const std::vector<CutStats> cuts = StatsByCut(run.frames, 9);
  ASSERT_EQ(cuts.size(), 3u);   // cut 3 twice; what stays on the device has no codec, whatever was planned
  EXPECT_EQ(cuts[0].codec, "");
  EXPECT_EQ(cuts[1].codec, "int8-ec");
  EXPECT_EQ(cuts[0].summary.offered + cuts[1].summary.offered, 20);
  EXPECT_EQ(CutWords(cuts[1], 9), "after group 2, int8-ec");
  EXPECT_EQ(CutWords(cuts[2], 9), "all on the device");
}

TEST(StatsByCut, LeavesOutWhatWasDropped) {
  RunRecord run = SomeRun();
  FrameRow left_out;   // never came to have a cut
  left_out.captured_s = 11;
  left_out.outcome = device::Outcome::kDropped;
  left_out.reason = "left out by the policy";
  run.frames.push_back(left_out);
  const std::vector<CutStats> cuts = StatsByCut(run.frames, 9);
  ASSERT_EQ(cuts.size(), 2u);
  EXPECT_EQ(cuts[0].cut, 3);
}

// Frames went to each cut when that was best, so no cut is faster than another.
TEST(RenderHtml, OfARunThatAPolicyDecidedComparesNoCuts) {
  RunRecord run = SomeRun();
  run.header.control = ControlInfo{.slot_s = 1, .max_latency_s = 0.08, .min_accuracy = 0};
  run.frames.emplace_back();   // dropped
  const std::string html = RenderHtml({.runs = {run}});
  // 20 of the edge with 77 ms and 10 here with 100 ms.
  EXPECT_THAT(html, HasSubstr("30 of 31 frames were answered"));
  EXPECT_THAT(html, HasSubstr("<b>20</b> of them within the 80"));
  EXPECT_THAT(html, HasSubstr("What frames went through"));
  EXPECT_THAT(html, HasSubstr("<td>66.7</td>")) << "20 of 30 answered frames";
  EXPECT_THAT(html, AllOf(Not(HasSubstr("Most frames per second")), Not(HasSubstr("<strong>"))));
}

TEST(SteadyWindow, IsConsecutiveFromTheMiddleAndPassesOverFramesTheEdgeDidNotAnswer) {
  RunRecord run = SomeRun();
  const auto ids = [](const std::vector<const FrameRow*>& window) {
    std::vector<uint64_t> all;
    for (const FrameRow* frame : window) all.push_back(frame->id);
    return all;
  };
  EXPECT_THAT(ids(SteadyWindow(StatsByCut(run.frames, 9)[0], 3)), ElementsAre(10, 11, 12));
  run.frames[11].outcome = device::Outcome::kLocal;
  EXPECT_THAT(ids(SteadyWindow(StatsByCut(run.frames, 9)[0], 3)), ElementsAre(12, 13, 14));
  EXPECT_EQ(SteadyWindow(StatsByCut(run.frames, 9)[0], 100).size(), 11u);   // 0..10, longer than 12..19
  EXPECT_TRUE(SteadyWindow(StatsByCut(run.frames, 9)[1], 3).empty());
}

TEST(AssignLanes, OpensALaneOnlyWhereIntervalsOverlap) {
  EXPECT_THAT(AssignLanes({{0, 2}, {1, 3}, {2, 4}, {2.5, 5}}, 2), ElementsAre(0, 1, 0, -1));
}

TEST(NiceStep, IsOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_DOUBLE_EQ(NiceStep(100, 10), 10);
  EXPECT_DOUBLE_EQ(NiceStep(101, 10), 20);
  EXPECT_DOUBLE_EQ(NiceStep(0.33, 10), 0.05);
  EXPECT_DOUBLE_EQ(NiceStep(0.9, 10), 0.1);
}

TEST(Svg, EscapesWhatItIsGiven) {
  EXPECT_EQ(EscapeXml("<a href='x'>&\"\x01"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\xef\xbf\xbd");
  EXPECT_EQ(Fixed(-0.01, 1), "0.0");
  EXPECT_EQ(Fixed(1234.56, 1), "1234.6");
  EXPECT_EQ(Fixed(1.0 / 0.0, 1), "–");
  EXPECT_EQ(Fixed(1e308, 1).size(), 311u);
}

TEST(RenderHtml, ShowsTheNumbersOfTheRun) {
  const std::string html = RenderHtml({.runs = {SomeRun()}});
  EXPECT_THAT(html, HasSubstr("<h1>lite0: a run between device and edge</h1>"));
  // 20 answers over 19 * 0.04 + 0.077 = 0.837 s = 23.9 fps, against 10 fps on the device; 77 ms against 100 ms.
  EXPECT_THAT(html, HasSubstr("Most frames per second: <b>cut 3 (after group 2), 23.9 fps</b>. Least latency: <b>cut 3 (after "
                              "group 2), 77.0 ms</b>."));
  EXPECT_THAT(html,
              HasSubstr("<td><strong>77.0</strong></td><td>77.0</td><td><strong>23.9</strong></td><td>75.0</td><td>100.0</td>"));
  EXPECT_THAT(html, HasSubstr("all on the device"));
  EXPECT_THAT(html, HasSubstr("30 = 20 + 10 + 0."));
  EXPECT_THAT(html, HasSubstr("8 consecutive frames from the middle of the run"));
  EXPECT_THAT(html, Not(HasSubstr("interrupted")));
}

TEST(RenderHtml, SaysWhenNoCutPays) {
  RunRecord run = SomeRun();
  for (FrameRow& frame : run.frames) {
    if (frame.cut == 3) frame.latency_s += 5;
  }
  EXPECT_THAT(RenderHtml({.runs = {run}}), HasSubstr("no cut pays"));
}

TEST(RenderHtml, SaysThatARunWasInterruptedOrEmulated) {
  RunRecord run = SomeRun();
  run.summary.reset();
  run.header.slowdown = 8;
  EXPECT_THAT(RenderHtml({.runs = {run}}), AllOf(HasSubstr("interrupted"), HasSubstr("Emulated device")));
}

TEST(RenderHtml, LetsNoOutsideTextBecomeMarkupAndFetchesNothing) {
  const std::string evil = "<script>alert('x')</script>\"><img src=http://x/>";
  RunRecord run = SomeRun();
  run.path = evil;
  run.header = {.command = evil,
                .version = evil,
                .commit = evil,
                .started = evil,
                .machine = {evil, 1, evil},
                .engine = {evil, evil, evil, 1},
                .model_name = evil,
                .model_sha256 = evil,
                .groups = 9,
                .link = evil,
                .policy = evil,
                .source = evil,
                .edge = evil};
  run.frames[0].reason = evil;
  run.frames[0].codec = evil;
  run.frames[0].picture = evil;
  run.events.push_back({1, evil, evil, {{evil, 1}}});
  const PhotoAnswer photo{.name = evil,
                          .jpeg = "\xff\xd8\xff\xe0 body",
                          .truth = evil,
                          .answers = {{evil, 0.5}, {evil, 0.1}},
                          .correct = false,
                          .where = evil};
  const std::string html = RenderHtml({.runs = {run, run}, .photos = {photo}, .title = evil});
  EXPECT_THAT(html, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<img src=http")), HasSubstr("&lt;script&gt;")));
  for (const char* outside : {"src=\"http", "href=\"http", "url(", "@import", "<link", "<iframe"})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  EXPECT_THAT(html, HasSubstr("data:image/jpeg;base64,/9j/4CBib2R5"));   // ff d8 ff e0 20 62 6f 64 79
}

TEST(RenderHtml, OpensAndClosesItsElementsInOrder) {
  const PhotoAnswer photo{.name = "a.jpg", .jpeg = "not a picture", .answers = {{"cat", 0.5}, {"dog", 0.1}}, .correct = true};
  const std::string html = RenderHtml({.runs = {SomeRun(), SomeRun()}, .photos = {photo}});
  EXPECT_THAT(html, Not(HasSubstr("<img")));   // bytes that are no JPEG are not embedded
  const std::set<std::string> empty = {"meta", "img", "br", "!DOCTYPE"};
  std::vector<std::string> open;
  for (size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const size_t end = html.find('>', at);
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" >\n", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      ASSERT_EQ(open.back(), tag.substr(1)) << html.substr(at > 200 ? at - 200 : 0, 300);
      open.pop_back();
    } else if (tag.back() != '/' && empty.count(name) == 0) {
      open.push_back(name);
    }
  }
  EXPECT_THAT(open, ElementsAre());
}

TEST(RenderHtml, StandsRunsWithoutFramesOrAnswers) {
  RunRecord run;
  EXPECT_THAT(RenderHtml({}), HasSubstr("There is no run to show"));
  EXPECT_THAT(RenderHtml({.runs = {run}}), HasSubstr("No frame was answered"));
  run.frames.resize(3);   // dropped, nothing known
  EXPECT_THAT(RenderHtml({.runs = {run}}), HasSubstr("3 = 0 + 0 + 3."));
  for (int cut = 0; cut < 100; ++cut) run.frames.push_back(PipelinedFrame(cut, cut));
  EXPECT_THAT(RenderHtml({.runs = {run}}), HasSubstr("36 further cuts"));   // 100 cuts, 64 shown
}

TEST(RenderTimeline, IsATraceThatPerfettoOpens) {
  RunRecord run = SomeRun();
  run.events.push_back({.at_s = 10.5, .kind = "lost", .detail = "x"});
  const auto trace = nlohmann::json::parse(RenderTimeline(run));
  ASSERT_TRUE(trace["traceEvents"].is_array());
  std::map<std::string, int> phases;
  std::map<std::pair<int, int>, double> busy_until;
  std::set<std::pair<int, int>> named, used;
  double last_ts = 0;
  for (const auto& event : trace["traceEvents"]) {
    const std::string phase = event.at("ph");
    ++phases[phase];
    const std::pair<int, int> track(event.at("pid"), event.at("tid"));
    if (phase == "M") {
      if (event.at("name") == "thread_name") named.insert(track);
      continue;
    }
    EXPECT_GE(event.at("ts").get<double>(), last_ts);
    last_ts = event["ts"];
    if (phase != "X") continue;
    used.insert(track);
    EXPECT_GT(event.at("dur").get<double>(), 0);
    EXPECT_GE(last_ts, busy_until[track] - 1e-6) << event;
    busy_until[track] = last_ts + event["dur"].get<double>();
  }
  EXPECT_EQ(phases["X"], 20 * 5 + 10);   // five stages at the cut, the head alone on the device
  EXPECT_EQ(phases["s"], 20);            // an arrow for each frame with more than one box
  EXPECT_EQ(phases["t"], 20 * 3);
  EXPECT_EQ(phases["f"], 20);
  EXPECT_EQ(phases["i"], 1);
  EXPECT_EQ(named, used);
}

TEST(RenderTimeline, OpensTracksForOverlapsUpToItsBound) {
  RunRecord run;
  for (int i = 0; i < kTracksPerStage + 3; ++i) {
    FrameRow row = PipelinedFrame(0, 3);
    row.id = static_cast<uint64_t>(i);
    run.frames.push_back(row);
  }
  std::map<int, int> boxes;
  const auto trace = nlohmann::json::parse(RenderTimeline(run));
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] == "X") ++boxes[event["tid"].get<int>()];
  }
  EXPECT_EQ(boxes.size(), 5u * kTracksPerStage);
  for (const auto& [track, count] : boxes) EXPECT_EQ(count, 1) << track;
}

}   // namespace
}   // namespace partway::report
