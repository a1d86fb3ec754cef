// Scenarios whose options come from files that `profile` and `accuracy` write: what is read, and what is said of what is missing or of something else.
#include <cmath>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kScenario[] = R"(name = "files"
slots = 20
[frames]
per_slot = 10
[device]
speed = "1x"
[edge]
speed = "10x"
[link]
rate = "1Mbps"
[model]
profile = "net.profile.json"
accuracy = "net.accuracy.json"
codecs = "raw,int8"
[constraints]
latency = "10s"
accuracy = 0.5
[[policy]]
name = "parecon"
[[policy]]
name = "dads-light"
)";

// A small net profiled by its multiply-adds in all its groups, and a table by hand.
class SimulateModel : public ScenarioTest {
 protected:
  SimulateModel() : ScenarioTest(kScenario) {}
  void SetUp() override {
    WriteSmallNet(folder_ / "net.onnx");
    WriteSmallNet(folder_ / "other.onnx", 32, 2);
    for (const char* name : {"net", "other"}) {
      ASSERT_EQ(Partway({"profile", folder_ / (std::string(name) + ".onnx"), "--groups", "all", "--analytic", "1MFLOPS", "-o",
                         folder_ / (std::string(name) + ".profile.json")})
                    .code,
                0);
    }
    profile_ = Json::parse(ReadText(folder_ / "net.profile.json"));
    WriteAccuracy(profile_["model"]["sha256"], true);
  }
  void WriteAccuracy(const std::string& sha256, bool int8) const {
    Json table = {{{"size", 32}, {"cut", nullptr}, {"codec", "raw"}, {"n", 100}, {"top1", 0.9}}};
    for (size_t cut = 0; int8 && cut < profile_["groups"].size(); ++cut) {
      table.push_back({{"size", 32}, {"cut", cut}, {"codec", "int8"}, {"n", 100}, {"top1", 0.6}});
    }
    WriteText(folder_ / "net.accuracy.json", Json{{"accuracy", 1},
                                                  {"model", "net"},
                                                  {"model_sha256", sha256},
                                                  {"grouping", profile_["grouping"]["fingerprint"]},
                                                  {"table", table}}
                                                 .dump());
  }
  std::string AsIs() const { return Changed("", ""); }
  Json profile_;
};

// Frames that all stay on the device take the profile's multiply-adds at 1 MMAC/s; accuracy is the table's.
TEST_F(SimulateModel, OptionsAreThoseOfTheFiles) {
  const Json json = ExpectJson(Partway({"simulate", AsIs(), "--policy", "all-local", "--json"}));
  const size_t groups = profile_["groups"].size();
  EXPECT_EQ(json["options"], 2 * groups + 1);
  double macs = 0;
  for (const Json& group : profile_["sizes"][0]["groups"]) macs += group["macs"].get<double>();
  EXPECT_NEAR(json["policies"].at(0)["latency_s"].get<double>(), macs / 1e6, 1e-9);
  EXPECT_NEAR(json["policies"].at(0)["accuracy"].get<double>(), 0.9, 1e-12);
}

TEST_F(SimulateModel, AnAccuracyThatIsNotKnownIsNeitherANumberInTheTableNorInJsonRecordOrPage) {
  std::string text = ReadText(AsIs());
  for (const char* line : {"accuracy = \"net.accuracy.json\"\n", "accuracy = 0.5\n"})
    text.erase(text.find(line), std::string(line).size());
  const std::string path = folder_ / "s.toml", record = folder_ / "r.jsonl", page = folder_ / "r.html";
  WriteText(path, text);
  for (const char* simulator : {"slots", "events"}) {
    const Json json =
        ExpectJson(Partway({"simulate", path, "--simulator", simulator, "--policy", "all-local", "--record", record, "--json"}));
    EXPECT_TRUE(json["policies"].at(0)["accuracy"].is_null()) << simulator;
    EXPECT_EQ(json["policies"].at(0)["violation"]["accuracy"], 0);
    EXPECT_TRUE(json["constraints"]["best_accuracy"].is_null());
    EXPECT_TRUE(Rows(record, "slot").at(0)["accuracy"].is_null()) << simulator;
    const std::string table = Partway({"simulate", path, "--simulator", simulator, "--policy", "all-local"}).out;
    const size_t row = table.find("\nall-local");
    EXPECT_THAT(table.substr(row, table.find('\n', row + 1) - row),
                testing::AllOf(HasSubstr("  -  "), Not(HasSubstr("0.0000  -"))));
    ASSERT_EQ(Partway({"report", record, "-o", page}).code, 0);
    EXPECT_THAT(ReadText(page), HasSubstr("<td>–</td><td>–</td></tr>"));   // accuracy, beyond
    EXPECT_THAT(ReadText(page), Not(HasSubstr("nan")));
  }
}

// Among sets of operators there are all cuts, and what a set takes is what its cut's row takes, so that the least latency is no greater.
TEST_F(SimulateModel, DadsChoosesAmongOperatorsWhereTheModelIsNamed) {
  const std::string raw = "codecs = \"raw\"";
  const Json cuts = ExpectJson(Partway({"simulate", Changed("codecs = \"raw,int8\"", raw), "--json"}));
  const std::string with = Changed("codecs = \"raw,int8\"", raw + "\nonnx = \"net.onnx\"");
  const Json operators = ExpectJson(Partway({"simulate", with, "--json"}));
  EXPECT_EQ(cuts["policies"].at(1)["among"], "cuts");
  EXPECT_EQ(operators["policies"].at(1)["among"], "operators");
  EXPECT_FALSE(operators["policies"].at(0).contains("among"));
  const double by_cuts = cuts["policies"].at(1)["latency_s"], by_operators = operators["policies"].at(1)["latency_s"];
  EXPECT_LE(by_operators, by_cuts + 1e-9);
  EXPECT_GT(by_operators, 0);
  EXPECT_THAT(Partway({"simulate", with}).out,
              testing::ContainsRegex("note: dads chooses among sets of the [0-9]+ operators of net.onnx"));
  const Json frames = ExpectJson(Partway({"simulate", with, "--events", "--json"}));
  EXPECT_EQ(frames["policies"].at(1)["among"], "operators");
  EXPECT_NEAR(frames["policies"].at(1)["latency_s"].get<double>(), by_operators, 0.1 * by_operators);
  EXPECT_THAT(Partway({"simulate", AsIs()}).out, HasSubstr("note: dads chooses among the options' cuts; with 'onnx' in [model]"));
}

// Codecs that were not timed count as no time, and that is said.
TEST_F(SimulateModel, ACodecWithoutASpeedIsSaid) {
  profile_["measured"] = true;
  profile_["rate_macs_per_s"] = nullptr;
  for (Json& group : profile_["sizes"][0]["groups"]) group["n"] = 1;
  WriteText(folder_ / "net.profile.json", profile_.dump());
  const Ended ended = Partway({"simulate", AsIs()});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("note: encoding or decoding was not timed on both sides and counts as 0 s: int8"));
  EXPECT_THAT(ExpectJson(Partway({"simulate", AsIs(), "--json"}))["notes"].dump(), HasSubstr("counts as 0 s: int8"));
}

TEST_F(SimulateModel, WhatDoesNotGoTogetherIsRefusedByFileLineAndKey) {
  const struct {
    const char *from, *to, *names;
  } cases[] = {
      {"\"net.profile.json\"", "\"none.json\"", "s.toml:12: 'profile' in [model]: cannot open "},
      {"\"net.profile.json\"", "\"s.toml\"", "s.toml: not JSON"},
      {"\"net.accuracy.json\"", "\"none.json\"", "s.toml:13: 'accuracy' in [model]: cannot open "},
      {"\"net.accuracy.json\"", "\"net.profile.json\"", "s.toml:13: 'accuracy' in [model]"},
      {"\"net.profile.json\"", "\"other.profile.json\"", "s.toml:13: 'accuracy' in [model]: the accuracy table is of net"},
      {"\"raw,int8\"", "\"raw,int9\"", "s.toml:14: 'codecs' in [model]: codec 'int9' is not known"},
      {"\"raw,int8\"", "\"raw,raw\"", "s.toml:14: 'codecs' in [model]: raw is there twice"},
      {"\"raw,int8\"", "\"raw,fp16\"", "s.toml:17: 'accuracy' in [constraints]: that of option"},
      {"codecs =", "sizes = [64]\ncodecs =", "s.toml:14: 'sizes' in [model]: the device's profile has no size 64"},
      {"codecs =", "edge_profile = \"other.profile.json\"\ncodecs =", "s.toml:14: 'edge_profile' in [model]: does not go with"},
      {"codecs =", "onnx = \"other.onnx\"\ncodecs =", "s.toml:14: 'onnx' in [model]: "},
      {"codecs =", "onnx = \"none.onnx\"\ncodecs =", "s.toml:14: 'onnx' in [model]: no model 'none.onnx'"},
      {"codecs =", "onnx = \"s.toml\"\ncodecs =", "s.toml:14: 'onnx' in [model]: "},
      {"codecs =", "head_cycles = [[1]]\ncodecs =", "s.toml:14: unknown key 'head_cycles' in [model]"},
      {"speed = \"1x\"", "speed = \"956MHz\"", "s.toml:6: 'speed' in [device]: the profile counts multiply-adds"},
  };
  for (const auto& one : cases) ExpectRefused(Changed(one.from, one.to), one.names);
  WriteAccuracy(profile_["model"]["sha256"], false);
  ExpectRefused(AsIs(), "as int8' is not known; expected 'accuracy' in [model] to have every size and codec");
}

}   // namespace
}   // namespace partway::cli
