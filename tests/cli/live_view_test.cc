// `run --live` and `run --write-video`: what they show and write, and what they refuse before anything runs.
#include <csignal>
#include <filesystem>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LiveView : public testing::Test {
 protected:
  LiveView() { WriteSmallNet(folder_ / "net.onnx", 64); }
  std::vector<std::string> Run(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"run", folder_ / "net.onnx", "--source", Photos()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  TempFolder folder_;
};

TEST_F(LiveView, OnATerminalIsRedrawnInPlaceAndLeavesTheCursorShown) {
  const Ended ended = Partway(Run({"--frames", "60", "--fps", "40", "--live"}), {.stderr_is_terminal = true});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("60 offered"), Not(HasSubstr("\033"))));
  for (const char* words : {"net, all-local", "none: everything runs on the device", "all on the device at 64", "so far",
                            "picture", "60 of 60", "\033[?25l"})
    EXPECT_THAT(ended.err, HasSubstr(words));
  EXPECT_THAT(ended.err, testing::EndsWith("\033[?25h"));
  EXPECT_THAT(ended.err, Not(HasSubstr("/60"))) << "no progress bar beside it";
}

TEST_F(LiveView, WithoutColoursWhereTheyAreNotWanted) {
  Process::Options options;
  options.stderr_is_terminal = true;
  options.environment = {{"NO_COLOR", "1"}};
  const Ended ended = Partway(Run({"--frames", "10", "--live"}), options);
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, Not(testing::ContainsRegex("\033\\[[0-9;]*m")));
}

TEST_F(LiveView, WhereNothingCanBeRedrawnIsALineASlotAndJsonStaysOneDocument) {
  // 24 frames at 8 a second: a slot each time a second is full.
  const Ended ended = Partway(Run({"--frames", "24", "--fps", "8", "--live", "--json"}));
  EXPECT_EQ(ExpectJson(ended)["frames"]["offered"], 24);
  const std::vector<std::string> lines = ended.ErrLines();
  ASSERT_GE(lines.size(), 2u) << ended.err;
  EXPECT_THAT(lines.back(), AllOf(HasSubstr("in time "), HasSubstr("now every frame: all on the device at 64")));
  EXPECT_THAT(ended.err, Not(HasSubstr("\033")));
}

TEST_F(LiveView, ShowsWhatAPolicyDecidesAndWhy) {
  Server server({folder_ / "net.onnx"});
  Process::Options options;
  options.environment = {{"XDG_CACHE_HOME", folder_ / "cache"}};
  const std::vector<std::string> words =
      Run({"--edge", server.address(), "--frames", "40", "--fps", "20", "--link", "10Mbps", "--live", "--json"});
  const Ended piped = Partway(words, options);
  EXPECT_EQ(ExpectJson(piped)["frames"]["offered"], 40);
  EXPECT_THAT(piped.err, AllOf(HasSubstr("of 20 frames: "), HasSubstr("measured ")));
  options.stderr_is_terminal = true;
  const Ended shown = Partway(words, options);
  EXPECT_THAT(shown.err, AllOf(HasSubstr("policy adaptive"), HasSubstr("chosen"), HasSubstr("why"), HasSubstr("asked for")));
}

TEST_F(LiveView, CtrlCShowsTheCursorAgain) {
  Process::Options options;
  options.stderr_is_terminal = true;
  const std::string record = folder_ / "r.jsonl";
  Process run(Run({"--duration", "60s", "--fps", "20", "--live", "--record", record}), options);
  ASSERT_TRUE(WaitForFile(record, [](const std::vector<std::string>& lines) { return lines.size() >= 10; }));
  run.Signal(SIGINT);
  const Ended ended = run.Wait();
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, testing::EndsWith("\033[?25h"));
}

TEST_F(LiveView, DoesNotGoWithQuiet) { ExpectOneLine(Partway(Run({"--live", "--quiet"})), 2, "--live and --quiet"); }

TEST_F(LiveView, WriteVideoHoldsEveryFrame) {
  for (const char* name : {"answers.mp4", "answers.mkv", "answers.avi"}) {
    SCOPED_TRACE(name);
    const std::string video = folder_ / name;
    ExpectJson(Partway(Run({"--frames", "15", "--write-video", video, "--json"})));
    // The video is a source like any other.
    const Json again = ExpectJson(Partway({"run", folder_ / "net.onnx", "--source", video, "--json"}));
    EXPECT_EQ(again["frames"]["offered"], 15);
  }
  for (const std::string& file : FilesIn(folder_.path())) EXPECT_THAT(file, Not(HasSubstr("partial")));
}

TEST_F(LiveView, AVideoThatCannotBeWrittenIsRefusedBeforeAnythingRuns) {
  const auto refused = [&](const std::string& path, int code, const std::string& names) {
    const Ended ended = Partway(Run({"--frames", "2", "--record", folder_ / "r.jsonl", "--write-video", path}));
    ExpectOneLine(ended, code, names);
    EXPECT_FALSE(FilesIn(folder_.path()).contains("r.jsonl"));
  };
  refused(folder_ / "answers.gif", 2, ".mp4, .mkv or .avi");
  refused(folder_ / "answers", 2, "--write-video");
  refused(folder_ / "no/such/answers.mp4", 1, "No such file or directory");
}

// A disk that fills up: no video is left, whole or partial, and one line says why.
TEST_F(LiveView, AVideoThatDoesNotFitIsNotLeftBehind) {
  Process::Options options;
  options.file_bytes_max = 20'000;
  const Ended ended = Partway(Run({"--frames", "60", "--write-video", folder_ / "answers.avi"}), options);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("cannot be read back"));
  for (const std::string& file : FilesIn(folder_.path())) EXPECT_THAT(file, Not(HasSubstr("answers")));
}

}   // namespace
}   // namespace partway::cli
