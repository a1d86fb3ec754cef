#include "report/run_record.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/file.h"
#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "report/record_writer.h"

namespace partway::report {
namespace {

using ::testing::HasSubstr;

// A file of this test's own, removed at the end.
class TempFile {
 public:
  TempFile() : path_(testing::TempDir() + "record-" + std::to_string(::getpid()) + "-" + std::to_string(++count_) + ".jsonl") {}
  ~TempFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

 private:
  static inline int count_ = 0;
  const std::string path_;
};

// A disk with room for `room` bytes.
class SmallDisk final : public RecordSink {
 public:
  SmallDisk(size_t room, std::string* content) : room_(room), content_(content) {}
  absl::Status Append(std::string_view text) override {
    const size_t n = std::min(text.size(), room_ - content_->size());
    content_->append(text.substr(0, n));
    return n == text.size() ? absl::OkStatus() : absl::ResourceExhaustedError("No space left on device");
  }
  absl::Status CutBack(uint64_t size) override {
    content_->resize(size);
    return absl::OkStatus();
  }

 private:
  const size_t room_;
  std::string* content_;
};

RunHeader SomeHeader() {
  return {.command = "partway run m.onnx",
          .version = "0.1.0",
          .commit = "abc",
          .seed = 7,
          .started = "2026-11-21T07:00:00Z",
          .machine = {.cpu = "CPU \"X\"", .cores = 2, .system = "Linux", .cpu_hz = 2.5e9},
          .engine = {"onnxruntime", "1.31.1", "cpu", 1},
          .model_name = "lite0",
          .model_sha256 = std::string(64, 'a'),
          .groups = 9,
          .link = "20 Mbps",
          .policy = "fixed cut 3",
          .source = "photos",
          .edge = "127.0.0.1:9",
          .slowdown = 8};
}

FrameRow SomeFrame(uint64_t id) {
  FrameRow row;
  row.id = id;
  row.captured_s = 1.5;
  row.cut = 3;
  row.size = 224;
  row.codec = "raw";
  row.head_s = 0.01;
  row.wait_s = 0.002;
  row.upload_s = 0.03;
  row.edge_queue_s = 0.001;
  row.edge_s = 0.004;
  row.reply_s = 0.005;
  row.latency_s = 0.052;
  row.upload_bytes = 1234;
  row.outcome = device::Outcome::kEdge;
  row.top1 = 113;
  row.correct = true;
  row.upload_at_s = 1.512;
  row.picture = "a<b>.jpg";
  row.agrees = false;
  return row;
}

TEST(RecordWriter, AnAccuracyThatIsNotKnownIsNull) {
  const TempFile file;
  auto writer = RecordWriter::Create(file.path(), SomeHeader());
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Slot({.t = 1, .accuracy = NAN});
  (*writer)->Slot({.t = 2, .accuracy = 0.5});
  const auto record = ReadRecord(file.path());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_TRUE(std::isnan(record->slots[0].accuracy));
  EXPECT_EQ(record->slots[1].accuracy, 0.5);
}

TEST(RecordWriter, WritesWhatReadRecordReadsBack) {
  const TempFile file;
  auto writer = RecordWriter::Create(file.path(), SomeHeader());
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Frame(SomeFrame(4));
  (*writer)->Slot({.t = 2,
                   .a = 30,
                   .b = 20,
                   .k = 19,
                   .choice = {{3, 224, "raw", 20}},
                   .uplink_bps = 2e7,
                   .queues = {{"Z", 0.5}},
                   .state = {{"rtt_s", 0.02}}});
  (*writer)->Event({.at_s = 2.5, .kind = "lost", .detail = "connection refused", .values = {{"pause_s", 0.1}}});
  (*writer)->Finish(BuildSummary(std::vector<FrameRow>{SomeFrame(4)}));
  (*writer)->Frame(SomeFrame(5));   // after the end: not recorded
  EXPECT_TRUE((*writer)->status().ok());
  EXPECT_EQ((*writer)->lines(), 5);

  const auto record = ReadRecord(file.path());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->header.command, "partway run m.onnx");
  EXPECT_EQ(record->header.seed, 7u);
  EXPECT_EQ(record->header.machine.cpu, "CPU \"X\"");
  EXPECT_DOUBLE_EQ(record->header.machine.cpu_hz, 2.5e9);
  EXPECT_EQ(record->header.engine.version, "1.31.1");
  EXPECT_EQ(record->header.model_sha256, std::string(64, 'a'));
  EXPECT_EQ(record->header.groups, 9);
  EXPECT_EQ(record->header.slowdown, 8);
  ASSERT_EQ(record->frames.size(), 1u);
  const FrameRow& frame = record->frames[0];
  EXPECT_EQ(frame.id, 4u);
  EXPECT_EQ(frame.latency_s, 0.052);
  EXPECT_EQ(frame.upload_at_s, 1.512);
  EXPECT_EQ(frame.head_at_s, -1);
  EXPECT_EQ(frame.top1, 113);
  EXPECT_EQ(frame.correct, true);
  EXPECT_EQ(frame.agrees, false);
  EXPECT_EQ(frame.picture, "a<b>.jpg");
  ASSERT_EQ(record->slots.size(), 1u);
  EXPECT_EQ(record->slots[0].choice[0].cut, 3);
  EXPECT_EQ(record->slots[0].queues.at("Z"), 0.5);
  EXPECT_EQ(record->slots[0].state.at("rtt_s"), 0.02);
  ASSERT_EQ(record->events.size(), 1u);
  EXPECT_EQ(record->events[0].values.at("pause_s"), 0.1);
  ASSERT_TRUE(record->summary.has_value());
  EXPECT_EQ(record->summary->edge, 1);
}

TEST(RecordWriter, FramesHaveExactlyTheKeysThatScriptsRelyOnAndMore) {
  std::string content;
  RecordWriter writer(std::make_unique<SmallDisk>(1 << 20, &content), "r", SomeHeader());
  writer.Frame(SomeFrame(1));
  const auto line = nlohmann::json::parse(content.substr(content.find('\n') + 1))["frame"];
  for (const char* key : {"id", "captured_s", "cut", "size", "codec", "head_s", "wait_s", "upload_s", "edge_queue_s", "edge_s",
                          "reply_s", "latency_s", "upload_bytes", "outcome", "reason", "top1", "correct"}) {
    EXPECT_TRUE(line.contains(key)) << key;
  }
  EXPECT_EQ(line["outcome"], "edge");
  EXPECT_TRUE(line["reason"].is_null());
  const auto header = nlohmann::json::parse(content.substr(0, content.find('\n')))["header"];
  for (const char* key : {"record", "command", "version", "commit", "seed", "machine", "engine", "model", "link", "policy"}) {
    EXPECT_TRUE(header.contains(key)) << key;
  }
  EXPECT_EQ(header["model"]["name"], "lite0");
}

TEST(RecordWriter, OnADiskThatFillsUpAtAnyByteKeepsWholeLinesAndSaysSoOnce) {
  std::string whole;
  {
    RecordWriter writer(std::make_unique<SmallDisk>(1 << 20, &whole), "r", SomeHeader());
    for (uint64_t id = 0; id < 3; ++id) writer.Frame(SomeFrame(id));
  }
  for (size_t room = 0; room < whole.size(); ++room) {
    std::string content;
    RecordWriter writer(std::make_unique<SmallDisk>(room, &content), "out.jsonl", SomeHeader());
    for (uint64_t id = 0; id < 3; ++id) writer.Frame(SomeFrame(id));
    writer.Finish({});
    ASSERT_EQ(content, whole.substr(0, content.size())) << room;
    ASSERT_TRUE(content.empty() || content.back() == '\n') << room;
    const auto lines = std::count(content.begin(), content.end(), '\n');
    const absl::Status status = writer.status();
    ASSERT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << room;
    // 5 lines were due: header, three frames, summary.
    ASSERT_EQ(status.message(), "recording to out.jsonl stopped after " + std::to_string(lines) + " lines, " +
                                    std::to_string(5 - lines) + " were lost: No space left on device");
  }
}

TEST(RecordWriter, ADeviceThatIsAlwaysFullEndsInAStatusNotInAFailedRun) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  auto writer = RecordWriter::Create("/dev/full", SomeHeader());
  ASSERT_TRUE(writer.ok()) << writer.status();
  (*writer)->Frame(SomeFrame(1));
  EXPECT_EQ((*writer)->status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ((*writer)->lines(), 0);
}

TEST(RecordWriter, NamesTheFolderThatIsMissing) {
  const auto writer = RecordWriter::Create("/no/such/folder/r.jsonl", SomeHeader());
  EXPECT_EQ(writer.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(writer.status().message()), HasSubstr("/no/such/folder/r.jsonl"));
}

TEST(RecordWriter, FillsInWhatTheHeaderLeavesOpen) {
  std::string content;
  const RecordWriter writer(std::make_unique<SmallDisk>(1 << 20, &content), "r", {.command = "c"});
  const auto header = nlohmann::json::parse(content)["header"];
  EXPECT_FALSE(header["version"].get<std::string>().empty());
  EXPECT_FALSE(header["machine"]["cpu"].get<std::string>().empty());
  EXPECT_GE(header["machine"]["cores"], 1);
  EXPECT_EQ(header["started"].get<std::string>().size(), std::string("2026-11-21T07:00:00Z").size());
}

const char kHeader[] = R"({"header":{"record":1,"command":"c"}})";
const char kFrame[] = R"({"frame":{"id":1,"outcome":"edge","latency_s":0.5}})";

absl::StatusOr<RunRecord> Read(const std::string& text, const ReadLimits& limits = {}) {
  const TempFile file;
  file.Write(text);
  auto record = ReadRecord(file.path(), limits);
  if (record.ok()) return record;
  std::string message(record.status().message());   // without the folder
  const size_t at = message.find(file.path());
  if (at != std::string::npos) message.replace(at, file.path().size(), "FILE");
  return absl::Status(record.status().code(), message);
}

TEST(ReadRecord, AnInterruptedRecordIsReadableAndSaysSo) {
  const auto whole_lines = Read(std::string(kHeader) + "\n" + kFrame + "\n");
  ASSERT_TRUE(whole_lines.ok()) << whole_lines.status();
  EXPECT_EQ(whole_lines->frames.size(), 1u);
  EXPECT_FALSE(whole_lines->summary.has_value());
  EXPECT_FALSE(whole_lines->last_line_cut);
  const auto cut = Read(std::string(kHeader) + "\n" + kFrame + "\n" + R"({"frame":{"id":2,"outc)");
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_EQ(cut->frames.size(), 1u);
  EXPECT_TRUE(cut->last_line_cut);
}

TEST(ReadRecord, SkipsKeysAndKindsOfLaterVersions) {
  const auto record = Read(R"({"header":{"record":1,"colour":"blue"}})"
                           "\n"
                           R"({"weather":{"rain":1}})"
                           "\n\n"
                           R"({"frame":{"id":1,"outcome":"local","more":[1,2]}})"
                           "\n");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->frames.size(), 1u);
}

TEST(ReadRecord, NamesFileLineAndKeyOfWhatIsWrong) {
  const std::string ok = std::string(kHeader) + "\n";
  const auto message = [](const std::string& text) { return std::string(Read(text).status().message()); };
  EXPECT_EQ(message(""), "FILE: the record is empty");
  EXPECT_EQ(message("\n\n"), "FILE: the record is empty");
  EXPECT_EQ(message("hello\n"), "FILE:1: not a run record: the line is not JSON");
  EXPECT_THAT(message("{\"a\":1}\n"), HasSubstr("FILE:1: not a run record"));
  EXPECT_EQ(message(R"({"header":{"record":9}})"), "FILE:1: header.record: format 9, this program reads format 1");
  EXPECT_EQ(message(ok + "garbage\n" + kFrame + "\n"), "FILE:2: the line is not JSON");
  EXPECT_EQ(message(ok + R"({"frame":{"id":1,"outcome":"moon"}})"), "FILE:2: frame.outcome: expected edge, local or dropped");
  EXPECT_EQ(message(ok + R"({"frame":{"id":-1,"outcome":"edge"}})"), "FILE:2: frame.id: expected a whole number in range");
  EXPECT_EQ(message(ok + R"({"frame":{"id":1,"outcome":"edge","head_s":"x"}})"), "FILE:2: frame.head_s: expected a number");
  EXPECT_EQ(message(ok + R"({"frame":{"id":1,"outcome":"edge","head_s":-2}})"),
            "FILE:2: frame.head_s: expected seconds, zero or more");
  EXPECT_EQ(message(ok + R"({"frame":{"id":1,"outcome":"edge","captured_s":1e300}})"),
            "FILE:2: frame.captured_s: expected seconds on the run's clock");
  EXPECT_EQ(message(ok + R"({"frame":[]})"), "FILE:2: frame: expected an object");
  EXPECT_EQ(message(ok + "[]\n"), "FILE:2: expected an object such as {\"frame\":{…}}");
  EXPECT_EQ(message(ok + kHeader), "FILE:2: a second header; a record holds one run");
  EXPECT_EQ(message(ok + R"({"summary":{}})" + "\n" + kFrame + "\n"), "FILE:3: a line after the summary");
}

TEST(ReadRecord, IsBoundedInLineAndRows) {
  EXPECT_EQ(Read(std::string(5000, '['), {.line_bytes = 1000}).status().message(),
            "FILE:1: the line is longer than 1000 bytes; not a run record");
  EXPECT_EQ(Read(std::string(kHeader) + "\n" + kFrame + "\n" + kFrame + "\n", {.rows = 2}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(Read(std::string(1 << 20, '[')).ok());   // deep nesting within one line
}

TEST(ReadRecord, RefusesWhatIsNoFile) {
  EXPECT_EQ(ReadRecord("/no/such/record").status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(ReadRecord(testing::TempDir()).ok());
}

}   // namespace
}   // namespace partway::report
