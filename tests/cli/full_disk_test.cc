// A disk that is full: one line, exit 1, and no file that is half written. The limit on a file's size makes writes fail at a byte of the
// test's choice, and /dev/full at the first.
#include <filesystem>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;

TEST(FullDisk, ARecordThatCannotBeKeptDoesNotStopTheRun) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const Ended ended =
      Partway({"run", folder / "net.onnx", "--source", "synthetic", "--frames", "5", "--record", "/dev/full", "--json"});
  const Json summary = ExpectJson(ended, 1);
  EXPECT_EQ(summary["frames"]["local"], 5);
  EXPECT_EQ(ended.ErrLines().size(), 1u) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("/dev/full"));
}

TEST(FullDisk, ARecordKeepsItsWholeLinesAndStaysReadable) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const std::string record = folder / "r.jsonl";
  const Ended ended =
      Partway({"run", folder / "net.onnx", "--source", "synthetic", "--frames", "50", "--record", record, "--json"},
              {.file_bytes_max = 4000});
  const Json summary = ExpectJson(ended, 1);
  EXPECT_EQ(summary["frames"]["local"], 50);
  EXPECT_THAT(ended.err, HasSubstr(record));
  const std::string text = ReadText(record);
  EXPECT_LE(text.size(), 4000u);
  EXPECT_THAT(text, testing::EndsWith("\n"));
  const size_t kept = Rows(record, "frame").size();   // parses each line
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, 50u);
  EXPECT_EQ(Partway({"report", record, "-o", folder / "r.html"}).code, 0);
}

TEST(FullDisk, ARecordInAFolderThatIsNotThere) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  ExpectOneLine(
      Partway({"run", folder / "net.onnx", "--source", "synthetic", "--frames", "5", "--record", folder / "no/r.jsonl"}), 1,
      "no/r.jsonl");
}

TEST(FullDisk, SplitLeavesNoPartBehind) {
  TempFolder folder;
  const std::vector<std::string> words = {"split", "efficientnet_lite0", "--cut", "3", "--json", "-o"};
  const auto split = [&](const std::string& out, const Process::Options& options) {
    std::vector<std::string> all = words;
    all.push_back(out);
    return Partway(all, options);
  };
  const Json parts = ExpectJson(split(folder / "good", {}))["parts"];
  const int64_t head = parts[0]["bytes"].get<int64_t>(), tail = parts[1]["bytes"].get<int64_t>();
  ASSERT_LT(2 * head, tail);
  // The head alone would fit.
  ExpectOneLine(split(folder / "full", {.file_bytes_max = 2 * head}), 1, "tail.onnx");
  EXPECT_TRUE(!std::filesystem::exists(folder / "full") || FilesIn(folder / "full").empty());
  // A folder in the head's place: the tail, written before it, goes again.
  std::filesystem::create_directories(folder / "taken/head.onnx/x");
  ExpectOneLine(split(folder / "taken", {}), 1, "head.onnx");
  EXPECT_EQ(FilesIn(folder / "taken"), std::set<std::string>{"head.onnx"});
}

TEST(FullDisk, ZooBuildLeavesNothingBehindAndAnOldFileAsItWas) {
  TempFolder folder;
  ExpectOneLine(Partway({"zoo", "build", "mobilenet_v2", "-o", folder / "m.onnx"}, {.file_bytes_max = 1'000'000}), 1, "m.onnx");
  EXPECT_THAT(FilesIn(folder.path()), testing::IsEmpty());
  WriteText(folder / "m.onnx", "old");
  ExpectOneLine(Partway({"zoo", "build", "mobilenet_v2", "-o", folder / "m.onnx"}, {.file_bytes_max = 1'000'000}), 1, "m.onnx");
  EXPECT_EQ(FilesIn(folder.path()), std::set<std::string>{"m.onnx"});
  EXPECT_EQ(ReadText(folder / "m.onnx"), "old");
  ExpectOneLine(Partway({"zoo", "build", "mobilenet_v2", "-o", folder / "no/m.onnx"}), 1, "no/m.onnx");
}

TEST(FullDisk, ReportAndTimelineLeaveNothingBehind) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  ASSERT_EQ(Partway({"run", folder / "net.onnx", "--source", "synthetic", "--frames", "20", "--record", folder / "r.jsonl"}).code,
            0);
  const std::set<std::string> before = FilesIn(folder.path());
  for (const char* verb : {"report", "timeline"}) {
    ExpectOneLine(Partway({verb, folder / "r.jsonl", "-o", folder / "page"}, {.file_bytes_max = 100}), 1, "page");
    ExpectOneLine(Partway({verb, folder / "r.jsonl", "-o", folder / "no/page"}), 1, "no/page");
    ExpectOneLine(Partway({verb, folder / "r.jsonl", "-o", folder.path()}), 1, folder.path());
    EXPECT_EQ(FilesIn(folder.path()), before);
  }
}

TEST(FullDisk, RecordsThatAreNone) {
  TempFolder folder;
  WriteText(folder / "text.jsonl", "not a record\n");
  WriteText(folder / "empty.jsonl", "");
  WriteText(folder / "type.jsonl", "{\"header\":{\"record\":\"one\"}}\n");
  for (const char* verb : {"report", "timeline"}) {
    for (const char* name : {"text.jsonl", "empty.jsonl", "type.jsonl", "missing.jsonl"}) {
      ExpectOneLine(Partway({verb, folder / name, "-o", folder / "page"}), 1, name);
    }
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "page"));
}

}   // namespace
}   // namespace partway::cli
