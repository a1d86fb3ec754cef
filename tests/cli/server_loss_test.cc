// The server dies and comes back, either side is told to stop: no frame is lost or answered twice, records stay readable.
#include <csignal>
#include <filesystem>
#include <map>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;

size_t Count(const std::vector<std::string>& lines, std::string_view text) {
  size_t count = 0;
  for (const std::string& line : lines) count += line.find(text) != std::string::npos ? 1 : 0;
  return count;
}

bool Frames(const std::vector<std::string>& lines) { return Count(lines, "{\"frame\"") >= 20; }
// Edge frames after the server was found again.
bool BackOnTheEdge(const std::vector<std::string>& lines) {
  size_t after = 0;
  bool back = false;
  for (const std::string& line : lines) {
    if (line.find("\"reattached\"") != std::string::npos) back = true;
    if (back && line.find("\"outcome\":\"edge\"") != std::string::npos) ++after;
  }
  return after >= 10;
}
bool Lost(const std::vector<std::string>& lines) {
  return Count(lines, "\"lost\"") >= 1 && Count(lines, "\"outcome\":\"local\"") >= 10;
}
bool Refused(const std::vector<std::string>& lines) { return Count(lines, "\"refused\"") >= 1; }

class ServerLoss : public testing::Test {
 protected:
  void SetUp() override { WriteSmallNet(net_); }
  std::vector<std::string> Run(const std::string& edge, const std::string& frames, const std::string& fps = "100") {
    return {"run", net_,     "--groups", "all",   "--source", Photos(),   "--frames", frames,  "--fps",
            fps,   "--edge", edge,       "--cut", "2",        "--record", record_,    "--json"};
  }
  // Frames 0..n-1, each once, none dropped.
  void ExpectAllAnswered(int64_t n) {
    std::set<int64_t> ids;
    const std::vector<Json> frames = Rows(record_, "frame");
    EXPECT_EQ(static_cast<int64_t>(frames.size()), n);
    for (const Json& frame : frames) {
      ids.insert(frame["id"].get<int64_t>());
      EXPECT_NE(frame["outcome"], "dropped") << frame;
      EXPECT_TRUE(frame["top1"].is_number()) << frame;
    }
    EXPECT_EQ(static_cast<int64_t>(ids.size()), n);
  }
  bool HasEvent(const std::string& kind) {
    for (const Json& event : Rows(record_, "event")) {
      if (event["kind"] == kind) return true;
    }
    return false;
  }

  TempFolder folder_;
  std::string net_ = folder_ / "net.onnx", record_ = folder_ / "r.jsonl";
};

TEST_F(ServerLoss, KilledMidRunEveryFrameIsStillAnswered) {
  Server server({net_});
  Process run(Run(server.address(), "150"));
  ASSERT_TRUE(WaitForFile(record_, Frames));
  server.process().Signal(SIGKILL);
  const Ended ended = run.Wait();
  const Json summary = ExpectJson(ended);
  EXPECT_EQ(summary["frames"]["offered"], 150);
  EXPECT_EQ(summary["frames"]["dropped"], 0);
  EXPECT_GE(summary["frames"]["edge"].get<int>(), 20);
  EXPECT_GE(summary["frames"]["local"].get<int>(), 1);
  ExpectAllAnswered(150);
  EXPECT_TRUE(HasEvent("lost"));
  EXPECT_FALSE(HasEvent("reattached"));
  EXPECT_THAT(ended.err, HasSubstr("lost"));
  // What the frames were answered does not depend on where.
  std::map<std::string, int> answers;
  for (const Json& frame : Rows(record_, "frame")) {
    const auto [known, fresh] = answers.emplace(frame["picture"], frame["top1"]);
    EXPECT_EQ(known->second, frame["top1"]) << frame;
  }
}

TEST_F(ServerLoss, StartedAgainOnTheSamePortItIsUsedAgain) {
  auto server = std::make_unique<Server>(std::vector<std::string>{net_});
  const std::string address = server->address();
  Process run(Run(address, "1000000"));
  ASSERT_TRUE(WaitForFile(record_, Frames));
  server->process().Signal(SIGKILL);
  server->process().Wait();
  ASSERT_TRUE(WaitForFile(record_, Lost));
  server = std::make_unique<Server>(std::vector<std::string>{net_}, address);
  EXPECT_TRUE(WaitForFile(record_, BackOnTheEdge));
  run.Signal(SIGINT);
  const Json summary = ExpectJson(run.Wait());
  ExpectAllAnswered(summary["frames"]["offered"].get<int64_t>());
  EXPECT_TRUE(HasEvent("lost"));
  EXPECT_TRUE(HasEvent("reattached"));
}

TEST_F(ServerLoss, StartedAgainWithAnotherVersionItIsNotUsed) {
  std::filesystem::create_directory(folder_ / "theirs");
  WriteSmallNet(folder_ / "theirs/net.onnx", 32, 2);
  auto server = std::make_unique<Server>(std::vector<std::string>{net_});
  const std::string address = server->address();
  Process run(Run(address, "1000000"));
  ASSERT_TRUE(WaitForFile(record_, Frames));
  server->process().Signal(SIGKILL);
  server->process().Wait();
  ASSERT_TRUE(WaitForFile(record_, Lost));
  server = std::make_unique<Server>(std::vector<std::string>{folder_ / "theirs/net.onnx"}, address);
  EXPECT_TRUE(WaitForFile(record_, Refused)) << "the record says why it is not used";
  run.Signal(SIGINT);
  const Json summary = ExpectJson(run.Wait());
  ExpectAllAnswered(summary["frames"]["offered"].get<int64_t>());
  EXPECT_FALSE(HasEvent("reattached"));
}

// A server that stands still keeps its connections open and answers nothing.
TEST_F(ServerLoss, StoppedDeadEveryFrameIsStillAnswered) {
  Server server({net_});
  std::vector<std::string> words = Run(server.address(), "100");
  words.insert(words.end(), {"--reply-timeout", "500ms"});
  Process run(words);
  ASSERT_TRUE(WaitForFile(record_, Frames));
  server.process().Signal(SIGSTOP);
  const Json summary = ExpectJson(run.Wait());
  EXPECT_EQ(summary["frames"]["offered"], 100);
  ExpectAllAnswered(100);
  EXPECT_TRUE(HasEvent("lost"));
}

TEST_F(ServerLoss, SigtermDrainsTheServer) {
  Server server({net_});
  Process run(Run(server.address(), "200"));
  ASSERT_TRUE(WaitForFile(record_, Frames));
  server.process().Signal(SIGTERM);
  const Ended served = server.process().Wait();
  EXPECT_EQ(served.code, 0) << served.err;
  EXPECT_THAT(served.err, HasSubstr("failed 0"));
  EXPECT_EQ(ExpectJson(run.Wait())["frames"]["dropped"], 0);
  ExpectAllAnswered(200);
}

TEST_F(ServerLoss, CtrlCEndsARunCleanlyAndKeepsItsRecord) {
  Server server({net_});
  Process run(Run(server.address(), "1000000"));
  ASSERT_TRUE(WaitForFile(record_, Frames));
  const auto asked = std::chrono::steady_clock::now();
  run.Signal(SIGINT);
  const Ended ended = run.Wait();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(10))
      << "2 s, and some for a busy machine; the run itself is endless";
  // A run that was told to stop did what it was told: 0, with its summary.
  const Json summary = ExpectJson(ended, 0);
  const Json& frames = summary["frames"];
  EXPECT_EQ(frames["offered"].get<int>(), frames["edge"].get<int>() + frames["local"].get<int>() + frames["dropped"].get<int>());
  EXPECT_EQ(static_cast<int>(Rows(record_, "frame").size()), frames["offered"].get<int>());
  ASSERT_EQ(Rows(record_, "summary").size(), 1u);
  EXPECT_EQ(Partway({"report", record_, "-o", folder_ / "r.html"}).code, 0);
  EXPECT_EQ(Partway({"timeline", record_, "-o", folder_ / "t.json"}).code, 0);
}

TEST_F(ServerLoss, AKilledRunLeavesAReadableRecord) {
  Process run({"run", net_, "--source", Photos(), "--frames", "1000000", "--fps", "100", "--record", record_});
  ASSERT_TRUE(WaitForFile(record_, Frames));
  run.Signal(SIGKILL);
  EXPECT_EQ(run.Wait().code, 128 + SIGKILL);
  EXPECT_TRUE(Rows(record_, "summary").empty());
  const Ended report = Partway({"report", record_, "-o", folder_ / "r.html", "--json"});
  EXPECT_EQ(ExpectJson(report)["runs"][0]["interrupted"], true);
  EXPECT_THAT(report.err, HasSubstr("interrupted"));
}

}   // namespace
}   // namespace partway::cli
