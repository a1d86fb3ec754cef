// What holds for every verb: help, version, usage errors, --json, exit codes, where output goes.
#include <filesystem>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<std::string>& Verbs() {
  static const std::vector<std::string> verbs = {"demo",    "serve",      "run",     "check",    "link",  "zoo",     "inspect",
                                                 "split",   "completion", "report",  "timeline", "plan",  "sweep",   "reproduce",
                                                 "profile", "accuracy",   "privacy", "simulate", "train", "compare", "replay"};
  return verbs;
}

class EveryVerb : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Cli, EveryVerb, testing::ValuesIn(Verbs()), [](const auto& verb) { return verb.param; });

TEST_P(EveryVerb, HelpShowsTheUsageAndAnExample) {
  const Ended ended = Partway({GetParam(), "--help"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out, HasSubstr("Usage: partway " + GetParam() + " "));
  EXPECT_THAT(ended.out, HasSubstr("Example:\n  "));
  for (const char* flag : {"--json", "--quiet", "--log-level"}) EXPECT_THAT(ended.out, HasSubstr(flag));
  const Ended help = Partway({"help", GetParam()});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.out, ended.out);
}

// With --help behind it the example is parsed and not run: an argument that does not exist or a value of the wrong kind would show.
TEST_P(EveryVerb, ExampleParses) {
  const std::string help = Partway({GetParam(), "--help"}).out;
  const std::string mark = "Example:\n  ";
  ASSERT_NE(help.find(mark), std::string::npos) << help;
  std::string example = help.substr(help.find(mark) + mark.size());
  example.resize(example.find('\n'));
  if (example.starts_with("source <(")) example = example.substr(9, example.size() - 10);
  ASSERT_THAT(example, testing::StartsWith("partway " + GetParam()));
  std::vector<std::string> words;
  std::istringstream stream(example);
  for (std::string word; stream >> word;) words.push_back(word);
  words.erase(words.begin());
  words.push_back("--help");
  const Ended ended = Partway(words);
  EXPECT_EQ(ended.code, 0) << example << ": " << ended.err;
  // Flags of the example are flags of the verb.
  for (const std::string& word : words) {
    if (word.starts_with("-")) {
      EXPECT_THAT(ended.out + help, HasSubstr(word)) << example;
    }
  }
}

TEST_P(EveryVerb, AnUnknownFlagIsNamedInOneLine) { ExpectOneLine(Partway({GetParam(), "--no-such-flag"}), 2, "--no-such-flag"); }

TEST_P(EveryVerb, HelpToAFullOrClosedStdoutFails) {
  ExpectOneLine(Partway({GetParam(), "--help"}, {.stdout_path = "/dev/full"}), 1, "stdout");
  ExpectOneLine(Partway({GetParam(), "--help"}, {.stdout_closed = true}), 1, "stdout");
}

TEST(Cli, TheListOfVerbsIsWhole) {
  const Ended ended = Partway({"--help"});
  EXPECT_EQ(ended.code, 0);
  for (const std::string& verb : Verbs()) EXPECT_THAT(ended.out, HasSubstr("\n  " + verb + " "));
  EXPECT_EQ(Partway({}).out, ended.out);
  EXPECT_EQ(Partway({}).code, 0);
}

TEST(Cli, VersionIsOneLine) {
  const Ended ended = Partway({"--version"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, testing::MatchesRegex("partway [0-9]+\\.[0-9]+\\.[0-9]+ \\(.+\\)\n"));
}

TEST(Cli, UnknownVerbsAreNamed) {
  ExpectOneLine(Partway({"frobnicate"}), 2, "frobnicate");
  ExpectOneLine(Partway({"help", "frobnicate"}), 2, "frobnicate");
  ExpectOneLine(Partway({"--frobnicate"}), 2, "--frobnicate");
  ExpectOneLine(Partway({"zoo", "frobnicate"}), 2, "frobnicate");
}

TEST(Cli, ArgumentsThatMissAreNamed) {
  ExpectOneLine(Partway({"run"}), 2, "MODEL");
  ExpectOneLine(Partway({"run", "efficientnet_lite0"}), 2, "--source");
  ExpectOneLine(Partway({"link"}), 2, "--to");
  ExpectOneLine(Partway({"split", "efficientnet_lite0"}), 2, "--output");
  ExpectOneLine(Partway({"zoo"}), 2, "build");
  ExpectOneLine(Partway({"inspect", "no_such_model"}), 2, "no_such_model");
  ExpectOneLine(Partway({"zoo", "build", "no_such_model", "-o", "x.onnx"}), 2, "no_such_model");
}

TEST(Cli, BareNumbersAreRefusedWhereAUnitIsNeeded) {
  const std::vector<std::string> run = {"run", "efficientnet_lite0", "--source", Photos()};
  const auto refused = [](std::vector<std::string> words, const std::string& flag, const std::string& value) {
    words.insert(words.end(), {flag, value});
    const Ended ended = Partway(words);
    ExpectOneLine(ended, 2, flag);
    EXPECT_THAT(ended.err, HasSubstr(value));
    EXPECT_THAT(ended.err, HasSubstr("for example")) << "says what it may be";
  };
  refused(run, "--deadline", "100");
  refused(run, "--duration", "5");
  refused(run, "--duration", "5MB");
  refused(run, "--reply-timeout", "2");
  refused({"run", "efficientnet_lite0", "--source", Photos(), "--edge", "127.0.0.1:1", "--cut", "1"}, "--link", "20");
  refused({"run", "efficientnet_lite0", "--source", Photos(), "--edge", "127.0.0.1:1", "--cut", "1"}, "--link", "20Mbps,10");
  refused({"link", "--to", "127.0.0.1:1"}, "--rate", "20");
  refused({"link", "--to", "127.0.0.1:1"}, "--delay", "10");
  refused({"link", "--to", "127.0.0.1:1"}, "--queue", "65536");
  refused({"serve"}, "--max-message", "1000000");
  refused({"serve"}, "--drain", "10");
  refused({"demo"}, "--link", "20");
}

TEST(Cli, BatchIsAutoOffOrANumber) {
  for (const char* bad : {"1", "65", "-2", "4x", "on"}) {
    const Ended ended = Partway({"serve", "--listen", "127.0.0.1:0", "--batch", bad});
    ExpectOneLine(ended, 2, "--batch");
    EXPECT_THAT(ended.err, HasSubstr("expected auto, off, or how many requests at most, 2 to 64")) << bad;
  }
}

TEST(Cli, NumbersOutOfRangeAreNamedWithTheirRange) {
  const std::vector<std::string> run = {"run", "efficientnet_lite0", "--source", Photos()};
  for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{{"--frames", "0"},
                                                                                    {"--frames", "-1"},
                                                                                    {"--frames", "many"},
                                                                                    {"--frames", "1.5"},
                                                                                    {"--fps", "0"},
                                                                                    {"--fps", "-5"},
                                                                                    {"--depth", "65"},
                                                                                    {"--cut", "-1"},
                                                                                    {"--cut", "x"},
                                                                                    {"--size", "0"},
                                                                                    {"--size", "-3"},
                                                                                    {"--size", "224px"},
                                                                                    {"--size", "99999"}}) {
    std::vector<std::string> words = run;
    words.insert(words.end(), {flag, value});
    SCOPED_TRACE(testing::Message() << flag << " " << value);
    const Ended ended = Partway(words);
    ExpectOneLine(ended, 2, flag);
    EXPECT_LT(ended.err.size(), 200u) << ended.err;
  }
}

TEST(Cli, ProvidersCodecsGroupsAndShellsThatAreNoneAreNamedWithThoseThereAre) {
  const std::vector<std::string> run = {"run", "efficientnet_lite0", "--source", "synthetic", "--frames", "1"};
  const auto with = [](std::vector<std::string> words, const std::string& flag, const std::string& value) {
    words.insert(words.end(), {flag, value});
    return Partway(words);
  };
  for (const std::vector<std::string>& words : {run, {"check", "efficientnet_lite0"}, {"serve", "--listen", "127.0.0.1:0"}}) {
    const Ended ended = with(words, "--provider", "abacus");
    ExpectOneLine(ended, 2, "abacus");
    EXPECT_THAT(ended.err, HasSubstr("cpu"));
  }
  ExpectOneLine(with(run, "--codec", "morse"), 2, "morse");
  ExpectOneLine(Partway({"run", "efficientnet_lite0", "--source", "synthetic", "--edge", "127.0.0.1:1", "--cut", "3", "--codec",
                         "jpeg:80"}),
                2, "--cut 0");
  ExpectOneLine(with(run, "--groups", "some"), 2, "some");
  ExpectOneLine(with(run, "--log-level", "chatty"), 2, "chatty");
  ExpectOneLine(Partway({"completion", "tcsh"}), 2, "tcsh");
}

TEST(Cli, AddressesThatAreNoneAreNamed) {
  ExpectOneLine(Partway({"serve", "--listen", "somewhere"}), 2, "somewhere");
  ExpectOneLine(Partway({"serve", "--listen", "127.0.0.1:99999"}), 2, "99999");
  ExpectOneLine(Partway({"link", "--to", "nowhere"}), 2, "nowhere");
  ExpectOneLine(Partway({"run", "efficientnet_lite0", "--source", Photos(), "--edge", "127.0.0.1", "--cut", "1"}), 2, "--edge");
}

TEST(Cli, OutputToAFullOrClosedStdoutFailsWithoutCrashing) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const std::vector<std::vector<std::string>> commands = {{"zoo", "list"},
                                                          {"zoo", "list", "--json"},
                                                          {"inspect", folder / "net.onnx"},
                                                          {"inspect", folder / "net.onnx", "--json"},
                                                          {"inspect", "resnet152", "--groups", "all"},
                                                          {"check", folder / "net.onnx"},
                                                          {"completion", "bash"},
                                                          {"--version"},
                                                          {"help", "run"},
                                                          {"help"},
                                                          {"run", folder / "net.onnx", "--source", "synthetic", "--frames", "2"}};
  for (const auto& words : commands) {
    SCOPED_TRACE(testing::PrintToString(words));
    ExpectOneLine(Partway(words, {.stdout_path = "/dev/full"}), 1, "stdout");
    ExpectOneLine(Partway(words, {.stdout_closed = true}), 1, "stdout");
  }
}

// A file that is opened while stdout is closed must not take its place and swallow the output.
TEST(Cli, AClosedStdoutDoesNotSpillIntoFiles) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const Ended ended =
      Partway({"run", folder / "net.onnx", "--source", "synthetic", "--frames", "2", "--record", folder / "r.jsonl"},
              {.stdout_closed = true});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(Rows(folder / "r.jsonl", "frame").size(), 2u);   // each line parses
  EXPECT_EQ(Rows(folder / "r.jsonl", "summary").size(), 1u);
}

TEST(Cli, ProgressShowsOnATerminalOnlyAndQuietSilencesIt) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const std::vector<std::string> run = {"run", folder / "net.onnx", "--source", "synthetic", "--frames", "3"};
  std::vector<std::string> quiet = run;
  quiet.push_back("--quiet");

  const Ended piped = Partway(run);
  EXPECT_EQ(piped.code, 0);
  EXPECT_EQ(piped.err, "");
  EXPECT_THAT(piped.out, Not(HasSubstr("\033")));
  const Ended shown = Partway(run, {.stderr_is_terminal = true});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.err, HasSubstr("0/3"));
  EXPECT_THAT(shown.err, Not(testing::ContainsRegex("\033\\[[0-9;]*m"))) << "colours";
  EXPECT_EQ(Partway(quiet, {.stderr_is_terminal = true}).err, "");
  // The last thing drawn is wiped, so that the shell's prompt stands on a clean line.
  EXPECT_THAT(shown.err, testing::EndsWith("\r\033[K"));
}

}   // namespace
}   // namespace partway::cli
