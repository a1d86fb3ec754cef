// The main job as two processes: `serve` and `run` over real photos, at several cuts, by several devices.
#include <csignal>
#include <map>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

// Top-1 by picture, of a run whose record is given.
std::map<std::string, int> Answers(const std::string& record) {
  std::map<std::string, int> answers;
  for (const Json& frame : Rows(record, "frame")) answers[frame["picture"]] = frame["top1"];
  return answers;
}

// offered = edge + local + dropped, and the record says the same as the summary.
void ExpectCounts(const Json& summary, const std::string& record, int offered, int edge) {
  EXPECT_EQ(summary["frames"], (Json{{"offered", offered}, {"edge", edge}, {"local", offered - edge}, {"dropped", 0}}));
  const std::vector<Json> frames = Rows(record, "frame");
  EXPECT_EQ(static_cast<int>(frames.size()), offered);
  std::set<int64_t> ids;
  int64_t upload_bytes = 0;
  int on_edge = 0;
  for (const Json& frame : frames) {
    ids.insert(frame["id"].get<int64_t>());
    upload_bytes += frame["upload_bytes"].get<int64_t>();
    on_edge += frame["outcome"] == "edge" ? 1 : 0;
  }
  EXPECT_EQ(static_cast<int>(ids.size()), offered) << "each frame once";
  EXPECT_EQ(on_edge, edge);
  EXPECT_EQ(summary["upload_bytes"], upload_bytes);
}

TEST(MainJob, EveryCutGivesTheAnswersOfTheWholeModel) {
  TempFolder folder;
  const std::string photos = folder / "photos";
  CopyPhotos(photos, 10);
  const auto run = [&](const std::vector<std::string>& more, const std::string& record) {
    std::vector<std::string> words = {"run", "efficientnet_lite0", "--source", photos, "--record", record, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return ExpectJson(Partway(words));
  };
  const Json whole = run({"--edge", "none"}, folder / "whole.jsonl");
  ExpectCounts(whole, folder / "whole.jsonl", 10, 0);
  EXPECT_EQ(whole["upload_bytes"], 0);
  EXPECT_GE(whole["top1_accuracy"].get<double>(), 0.5) << "real weights on real photos";
  const std::map<std::string, int> answers = Answers(folder / "whole.jsonl");
  ASSERT_EQ(answers.size(), 10u);

  const Json cuts = ExpectJson(Partway({"inspect", "efficientnet_lite0", "--json"}))["cuts"];
  const int groups = static_cast<int>(cuts.size()) - 1;
  ASSERT_GE(groups, 10);
  Server server({"efficientnet_lite0"});
  for (const int cut : {0, 3, 9, groups}) {
    SCOPED_TRACE(cut);
    const std::string record = folder / ("cut" + std::to_string(cut) + ".jsonl");
    const Json summary = run({"--edge", server.address(), "--cut", std::to_string(cut)}, record);
    const bool local = cut == groups;
    ExpectCounts(summary, record, 10, local ? 0 : 10);
    EXPECT_EQ(summary["cuts"], (Json{{std::to_string(cut), 10}}));
    EXPECT_EQ(Answers(record), answers);
    EXPECT_EQ(summary["top1_accuracy"], whole["top1_accuracy"]);
    // What goes up is the cut's tensors and a little around them.
    const int64_t tensors = cuts[cut]["bytes"].get<int64_t>();
    EXPECT_GE(summary["bytes_per_frame"].get<double>(), tensors);
    EXPECT_LE(summary["bytes_per_frame"].get<double>(), tensors + (local ? 0 : 1000));
  }
  // The middle on the edge, both ends here.
  const Json middle = run({"--edge", server.address(), "--cut", "3", "--to", "9"}, folder / "middle.jsonl");
  ExpectCounts(middle, folder / "middle.jsonl", 10, 10);
  EXPECT_EQ(Answers(folder / "middle.jsonl"), answers);
  // Encoded: smaller, and nearly always the same answer.
  for (const auto& [cut, codec, share] :
       {std::tuple(0, "raw8", 0.26), {0, "jpeg:90", 0.1}, {3, "fp16", 0.52}, {3, "int8-ch", 0.28}}) {
    SCOPED_TRACE(codec);
    const std::string record = folder / "encoded.jsonl";
    const Json coded = run({"--edge", server.address(), "--cut", std::to_string(cut), "--codec", codec}, record);
    ExpectCounts(coded, record, 10, 10);
    EXPECT_LE(coded["bytes_per_frame"].get<double>(), share * cuts[cut]["bytes"].get<double>() + 500);
    int same = 0;
    for (const auto& [picture, answer] : Answers(record)) same += answers.at(picture) == answer ? 1 : 0;
    EXPECT_GE(same, 8);
    for (const Json& frame : Rows(record, "frame")) EXPECT_GT(frame["encode_s"].get<double>(), 0);
  }
  // Behind a link.
  const Json slow = run({"--edge", server.address(), "--cut", "9", "--link", "50Mbps,5ms"}, folder / "slow.jsonl");
  ExpectCounts(slow, folder / "slow.jsonl", 10, 10);
  EXPECT_GE(slow["latency_s"]["p50"].get<double>(), 0.010) << "5 ms each way";
  EXPECT_EQ(Answers(folder / "slow.jsonl"), answers);
}

TEST(MainJob, TwoDevicesAtOnce) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  WriteSmallNet(folder / "other.onnx", 0, 2);
  Server server({"--models", folder.path(), "--threads", "2"});
  const auto words = [&](const std::string& name, int cut) {
    return std::vector<std::string>{"run",      folder / (name + ".onnx"),
                                    "--groups", "all",
                                    "--source", Photos(),
                                    "--frames", "60",
                                    "--edge",   server.address(),
                                    "--cut",    std::to_string(cut),
                                    "--record", folder / (name + ".jsonl"),
                                    "--json"};
  };
  Process first(words("net", 1)), second(words("other", 2));
  ExpectCounts(ExpectJson(first.Wait()), folder / "net.jsonl", 60, 60);
  ExpectCounts(ExpectJson(second.Wait()), folder / "other.jsonl", 60, 60);
  server.process().Signal(SIGTERM);
  const Ended ended = server.process().Wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, testing::HasSubstr("failed 0"));
}

TEST(MainJob, ThroughTheLinkVerb) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  Server server({folder / "net.onnx"});
  Process link({"link", "--to", server.address(), "--rate", "100Mbps", "--delay", "2ms", "--json"});
  const std::optional<std::string> address = link.WaitForLine("listening on ");
  ASSERT_TRUE(address);
  const Json summary = ExpectJson(Partway({"run", folder / "net.onnx", "--groups", "all", "--source", "synthetic", "--frames",
                                           "10", "--edge", *address, "--cut", "1", "--json"}));
  EXPECT_EQ(summary["frames"]["edge"], 10);
  link.Signal(SIGTERM);
  const Json counters = ExpectJson(link.Wait());
  EXPECT_GE(counters["up"]["out_bytes"].get<int64_t>(), summary["upload_bytes"].get<int64_t>())
      << "all that was sent went over the link";
}

// Whatever the deadline, each frame ends once and with a reason where it was not answered.
TEST(MainJob, ADeadlineThatNobodyCanMeet) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  Server server({folder / "net.onnx"});
  const std::string record = folder / "r.jsonl";
  const Json summary =
      ExpectJson(Partway({"run", folder / "net.onnx", "--groups", "all", "--source", "synthetic", "--frames", "20", "--edge",
                          server.address(), "--cut", "1", "--deadline", "1us", "--record", record, "--json"}));
  const Json& frames = summary["frames"];
  EXPECT_EQ(frames["offered"], 20);
  EXPECT_EQ(frames["edge"].get<int>() + frames["local"].get<int>() + frames["dropped"].get<int>(), 20);
  EXPECT_EQ(summary["deadline_misses"], 20);
  for (const Json& frame : Rows(record, "frame")) {
    if (frame["outcome"] == "dropped") {
      EXPECT_TRUE(frame["reason"].is_string());
    }
  }
}

TEST(MainJob, DurationEndsTheRun) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const Json summary =
      ExpectJson(Partway({"run", folder / "net.onnx", "--source", "synthetic", "--duration", "300ms", "--fps", "50", "--json"}));
  EXPECT_GE(summary["frames"]["offered"].get<int>(), 1);
  EXPECT_LE(summary["frames"]["offered"].get<int>(), 16) << "50 a second for 0.3 s, both ends counted";
}

}   // namespace
}   // namespace partway::cli
