// What `split` and `zoo build` write is a model on its own.
#include <map>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

std::vector<std::string> NamesOf(const Json& tensors) {
  std::vector<std::string> names;
  for (const Json& tensor : tensors) names.push_back(tensor["name"]);
  return names;
}

// Opens in ONNX Runtime and gives the same in one piece as cut; returns what inspect says.
Json ExpectRuns(const std::string& model, const std::string& size) {
  SCOPED_TRACE(model);
  EXPECT_EQ(ExpectJson(Partway({"check", model, "--size", size, "--cuts", "0,1", "--repeat", "0", "--json"}))["ok"], true);
  return ExpectJson(Partway({"inspect", model, "--size", size, "--json"}));
}

// "28x28" of a cut's one tensor, 1xCx28x28.
std::string SizeOf(const Json& cut) {
  const Json& shape = cut["tensors"][0]["shape"];
  return std::to_string(shape[2].get<int>()) + "x" + std::to_string(shape[3].get<int>());
}

TEST(Split, HeadAndTailAreModelsThatMeetAtTheCut) {
  TempFolder folder;
  const Json whole = ExpectJson(Partway({"inspect", "efficientnet_lite0", "--json"}));
  const Json split = ExpectJson(Partway({"split", "efficientnet_lite0", "--cut", "4", "-o", folder / "parts", "--json"}));
  EXPECT_EQ(FilesIn(folder / "parts"), (std::set<std::string>{"head.onnx", "tail.onnx"}));
  const Json head = ExpectRuns(folder / "parts/head.onnx", "224"),
             tail = ExpectRuns(folder / "parts/tail.onnx", SizeOf(whole["cuts"][4]));
  EXPECT_EQ(NamesOf(head["model"]["inputs"]), NamesOf(whole["model"]["inputs"]));
  EXPECT_EQ(NamesOf(head["model"]["outputs"]), NamesOf(whole["cuts"][4]["tensors"]));
  EXPECT_EQ(NamesOf(tail["model"]["inputs"]), NamesOf(whole["cuts"][4]["tensors"]));
  EXPECT_EQ(NamesOf(tail["model"]["outputs"]), NamesOf(whole["model"]["outputs"]));
  EXPECT_EQ(head["model"]["macs"], whole["cuts"][4]["head_macs"]);
  EXPECT_EQ(tail["model"]["macs"], whole["cuts"][4]["tail_macs"]);
  EXPECT_EQ(head["model"]["params"].get<int64_t>() + tail["model"]["params"].get<int64_t>(), whole["model"]["params"]);
}

// The maps at cut 4 of the model at 224 are 14x14 or 28x28 of many channels: no picture, and of that size.
TEST(Split, ATailIsPlannedAtTheSizeItWasCutFor) {
  TempFolder folder;
  for (const char* cut : {"3", "4"}) {
    const Json whole = ExpectJson(Partway({"inspect", "efficientnet_lite0", "--json"}))["cuts"][std::stoi(cut)];
    ASSERT_EQ(Partway({"split", "efficientnet_lite0", "--cut", cut, "-o", folder / "parts"}).code, 0);
    const std::string tail = folder / "parts/tail.onnx", head = folder / "parts/head.onnx";
    EXPECT_EQ(ExpectJson(Partway({"inspect", tail, "--json"}))["cuts"][0]["bytes"], whole["bytes"]);
    const Json profile = ExpectJson(Partway({"profile", tail, "--analytic", "5GFLOPS", "--json"}));
    ASSERT_EQ(profile["sizes"].size(), 1u) << "of maps, no picture's sizes are tried";
    EXPECT_EQ(profile["sizes"][0]["height"], whole["tensors"][0]["shape"][2]);
    const Json plan =
        ExpectJson(Partway({"plan", tail, "--device", "5GFLOPS", "--edge", "100GFLOPS", "--uplink", "20Mbps", "--json"}));
    for (const Json& option : plan["options"]) {
      EXPECT_EQ(option["size"], whole["tensors"][0]["shape"][2]);
      EXPECT_NE(option["codec"], "raw8") << "for pictures";
      if (option["cut"] == 0 && option["codec"] == "raw") {
        EXPECT_NEAR(option["upload_bytes"].get<double>(), whole["bytes"].get<double>(), 256);
      }
    }
    // The head takes pictures, of any size.
    EXPECT_GT(ExpectJson(Partway({"profile", head, "--analytic", "5GFLOPS", "--json"}))["sizes"].size(), 1u);
  }
}

TEST(Split, HeadMiddleAndTail) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const std::string net = folder / "net.onnx";
  const Json whole = ExpectJson(Partway({"inspect", net, "--groups", "all", "--json"}));
  const int n = static_cast<int>(whole["groups"].size());
  ASSERT_GE(n, 3);
  EXPECT_EQ(Partway({"split", net, "--groups", "all", "--from", "1", "--to", std::to_string(n - 1), "-o", folder / "parts"}).code,
            0);
  EXPECT_EQ(FilesIn(folder / "parts"), (std::set<std::string>{"head.onnx", "middle.onnx", "tail.onnx"}));
  int64_t macs = 0;
  for (const char* part : {"head", "middle", "tail"}) {
    const std::string file = folder / (std::string("parts/") + part + ".onnx");
    EXPECT_EQ(ExpectJson(Partway({"check", file, "--repeat", "0", "--json"}))["ok"], true);
    macs += ExpectJson(Partway({"inspect", file, "--json"}))["model"]["macs"].get<int64_t>();
  }
  EXPECT_EQ(macs, whole["model"]["macs"]);
  // A split of another kind beside it would be a trap.
  ExpectOneLine(Partway({"split", net, "--groups", "all", "--cut", "1", "-o", folder / "parts"}), 1, "middle.onnx");
}

TEST(Split, EveryCutOfTheShippedModelHolds) {
  const size_t groups = ExpectJson(Partway({"inspect", "efficientnet_lite0", "--json"}))["groups"].size();
  const Json json = ExpectJson(Partway({"check", "efficientnet_lite0", "--cuts", "all", "--repeat", "0", "--json"}));
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["cuts"].size(), groups + 1);
}

TEST(Split, AToleranceBelowTheDifferenceEndsWithThree) {
  const Ended ended = Partway({"check", "efficientnet_lite0", "--cuts", "all", "--repeat", "0", "--tolerance", "0", "--json"});
  const Json json = ExpectJson(ended, ended.code);
  bool identical = true;
  for (const Json& cut : json["cuts"]) identical = identical && cut["max_abs_diff"] == 0;
  EXPECT_EQ(json["ok"], identical);
  EXPECT_EQ(ended.code, identical ? 0 : 3) << "3: the claim does not hold";
}

TEST(ZooBuild, TheFileIsTheModelOfThatName) {
  TempFolder folder;
  for (const char* name : {"efficientnet_lite0", "mobilenet_v2"}) {
    SCOPED_TRACE(name);
    const std::string file = folder / (std::string(name) + ".onnx");
    EXPECT_EQ(Partway({"zoo", "build", name, "-o", file}).code, 0);
    const Json by_name = ExpectJson(Partway({"inspect", name, "--json"})),
               by_file = ExpectJson(Partway({"inspect", file, "--json"}));
    EXPECT_EQ(by_name["model"]["sha256"], by_file["model"]["sha256"]);
    EXPECT_EQ(by_name["groups"], by_file["groups"]);
    EXPECT_TRUE(FilesIn(folder.path()).contains(std::string(name) + ".toml"));
  }
}

TEST(ZooBuild, TheSeedDecidesTheFile) {
  TempFolder folder;
  for (const auto& [file, seed] : std::map<std::string, std::string>{{"a.onnx", "7"}, {"b.onnx", "7"}, {"c.onnx", "8"}}) {
    ASSERT_EQ(Partway({"zoo", "build", "mobilenet_v2", "-o", folder / file, "--seed", seed}).code, 0);
  }
  EXPECT_EQ(ReadText(folder / "a.onnx"), ReadText(folder / "b.onnx"));
  EXPECT_NE(ReadText(folder / "a.onnx"), ReadText(folder / "c.onnx"));
}

}   // namespace
}   // namespace partway::cli
