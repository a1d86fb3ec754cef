// Key names that scripts rely on: those of the design's command line page, exactly. More keys are welcome, hence IsSupersetOf.
#include <csignal>
#include <map>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::IsSupersetOf;

class JsonKeys : public testing::Test {
 protected:
  void SetUp() override { WriteSmallNet(folder_ / "net.onnx"); }
  TempFolder folder_;
  std::string net_ = folder_ / "net.onnx";
};

TEST_F(JsonKeys, ZooList) {
  const Ended ended = Partway({"zoo", "list", "--json"});
  EXPECT_EQ(ended.err, "");
  const Json list = ExpectJson(ended);
  ASSERT_TRUE(list.is_array());
  std::map<std::string, int64_t> params;
  for (const Json& entry : list) {
    EXPECT_THAT(Keys(entry), IsSupersetOf({"name", "description", "params", "macs", "input_size", "groups"}));
    params[entry["name"]] = entry["params"];
    EXPECT_GT(entry["macs"].get<int64_t>(), 0);
  }
  EXPECT_THAT(params, testing::IsSupersetOf({std::pair<const std::string, int64_t>{"efficientnet_v2_s", 21458488},
                                             {"resnet50", 25557032},
                                             {"resnet152", 60192808},
                                             {"mobilenet_v1", 4231976},
                                             {"mobilenet_v2", 3504872},
                                             {"alexnet", 61100840}}));
  EXPECT_TRUE(params.contains("efficientnet_lite0"));
}

TEST_F(JsonKeys, Inspect) {
  const Json json = ExpectJson(Partway({"inspect", net_, "--groups", "all", "--json"}));
  EXPECT_THAT(Keys(json), IsSupersetOf({"model", "groups", "cuts"}));
  EXPECT_THAT(Keys(json["model"]), IsSupersetOf({"sha256", "bytes", "opset", "params", "macs", "inputs", "outputs"}));
  EXPECT_EQ(json["model"]["bytes"], ReadText(net_).size());
  EXPECT_EQ(json["model"]["sha256"].get<std::string>().size(), 64u);
  // 3x3x3x16 + 2 of 3x3x16x16 + 16x10.
  EXPECT_EQ(json["model"]["params"], 432 + 2 * 2304 + 160);
  // 16x16, 8x8 and 4x4 positions, then the last layer.
  EXPECT_EQ(json["model"]["macs"], 432 * 256 + 2304 * 64 + 2304 * 16 + 160);
  const size_t n = json["groups"].size();
  ASSERT_GE(n, 2u);
  ASSERT_EQ(json["cuts"].size(), n + 1);
  for (size_t g = 0; g < n; ++g) {
    EXPECT_THAT(Keys(json["groups"][g]), IsSupersetOf({"index", "name", "nodes", "macs", "params", "param_bytes"}));
    EXPECT_EQ(json["groups"][g]["index"], g);
  }
  for (size_t c = 0; c <= n; ++c) {
    const Json& cut = json["cuts"][c];
    EXPECT_THAT(Keys(cut),
                IsSupersetOf({"cut", "tensors", "bytes", "head_macs", "tail_macs", "head_param_bytes", "tail_param_bytes"}));
    EXPECT_EQ(cut["cut"], c);
    EXPECT_EQ(cut["head_macs"].get<int64_t>() + cut["tail_macs"].get<int64_t>(), json["model"]["macs"]);
    int64_t bytes = 0;
    for (const Json& tensor : cut["tensors"]) {
      EXPECT_THAT(Keys(tensor), IsSupersetOf({"name", "dtype", "shape", "bytes"}));
      bytes += tensor["bytes"].get<int64_t>();
    }
    EXPECT_EQ(cut["bytes"], bytes);
  }
  EXPECT_EQ(json["cuts"][0]["bytes"], 3 * 32 * 32 * 4);
  EXPECT_EQ(json["cuts"][0]["tensors"][0]["name"], "picture");
  EXPECT_EQ(json["cuts"][n]["bytes"], 0);
  EXPECT_THAT(json["cuts"][n]["tensors"], testing::IsEmpty());
}

TEST_F(JsonKeys, Check) {
  const Json json = ExpectJson(Partway({"check", net_, "--cuts", "0,1,all", "--repeat", "1", "--json"}));
  EXPECT_EQ(json["ok"], true);
  ASSERT_FALSE(json["cuts"].empty());
  for (const Json& cut : json["cuts"]) {
    EXPECT_THAT(Keys(cut), IsSupersetOf({"cut", "max_abs_diff", "max_rel_diff", "bit_identical", "whole_s", "split_s"}));
  }
}

TEST_F(JsonKeys, RunAndItsRecordReportAndTimeline) {
  CopyPhotos(folder_ / "photos", 3);
  const std::string record = folder_ / "run.jsonl";
  const Ended ended = Partway({"run", net_, "--source", folder_ / "photos", "--record", record, "--json"});
  EXPECT_EQ(ended.err, "");
  const Json summary = ExpectJson(ended);
  EXPECT_THAT(Keys(summary), IsSupersetOf({"frames", "fps", "latency_s", "top1_accuracy", "upload_bytes", "bytes_per_frame",
                                           "cuts", "deadline_misses", "limits", "within", "dropped_by_reason"}));
  EXPECT_THAT(Keys(summary["frames"]), IsSupersetOf({"offered", "edge", "local", "dropped"}));
  EXPECT_THAT(Keys(summary["latency_s"]), IsSupersetOf({"mean", "p50", "p95", "p99"}));
  EXPECT_EQ(summary["frames"], (Json{{"offered", 3}, {"edge", 0}, {"local", 3}, {"dropped", 0}}));
  ASSERT_EQ(summary["cuts"].size(), 1u);
  EXPECT_EQ(*summary["cuts"].begin(), 3);

  ASSERT_EQ(Rows(record, "header").size(), 1u);
  const Json header = Rows(record, "header")[0];
  EXPECT_THAT(Keys(header),
              IsSupersetOf({"record", "command", "version", "commit", "seed", "machine", "engine", "model", "link", "policy"}));
  EXPECT_EQ(header["record"], 1);
  EXPECT_THAT(header["command"].get<std::string>(), testing::StartsWith("partway run "));
  EXPECT_THAT(Keys(header["model"]), IsSupersetOf({"name", "sha256"}));
  const std::vector<Json> frames = Rows(record, "frame");
  ASSERT_EQ(frames.size(), 3u);
  for (const Json& frame : frames) {
    EXPECT_THAT(Keys(frame),
                IsSupersetOf({"id", "captured_s", "cut", "size", "codec", "head_s", "wait_s", "upload_s", "edge_queue_s",
                              "edge_s", "reply_s", "latency_s", "upload_bytes", "outcome", "reason", "top1", "correct"}));
    EXPECT_EQ(frame["outcome"], "local");
  }
  ASSERT_EQ(Rows(record, "summary").size(), 1u);
  EXPECT_EQ(Rows(record, "summary")[0], summary) << "the record's last line and --json are the same object";

  EXPECT_THAT(Keys(ExpectJson(Partway({"report", record, "-o", folder_ / "r.html", "--json"}))), testing::Contains("written"));
  EXPECT_THAT(Keys(ExpectJson(Partway({"timeline", record, "-o", folder_ / "t.json", "--json"}))), testing::Contains("written"));
  const Json trace = Json::parse(ReadText(folder_ / "t.json"), nullptr, false);
  ASSERT_FALSE(trace.is_discarded());
  ASSERT_TRUE(trace.contains("traceEvents"));
  EXPECT_GT(trace["traceEvents"].size(), 3u);
}

TEST_F(JsonKeys, OtherVerbsGiveOneDocumentToo) {
  ExpectJson(Partway({"zoo", "build", "mobilenet_v2", "-o", folder_ / "m.onnx", "--json"}));
  ExpectJson(Partway({"completion", "zsh", "--json"}));
  ExpectJson(Partway({"split", net_, "--groups", "all", "--cut", "1", "-o", folder_ / "parts", "--json"}));
}

TEST_F(JsonKeys, SignalsEndServeAndLinkWithTheirDocument) {
  Process serve({"serve", net_, "--listen", "127.0.0.1:0", "--json"});
  ASSERT_TRUE(serve.WaitForLine("listening on "));
  Process link({"link", "--to", "127.0.0.1:1", "--json"});
  ASSERT_TRUE(link.WaitForLine("listening on "));
  serve.Signal(SIGTERM);
  link.Signal(SIGINT);
  EXPECT_THAT(Keys(ExpectJson(serve.Wait())), IsSupersetOf({"listen", "requests"}));
  EXPECT_THAT(Keys(ExpectJson(link.Wait())), IsSupersetOf({"listen", "to", "up", "down"}));
}

}   // namespace
}   // namespace partway::cli
