// What `profile` writes is what its format says, and what it cannot do it says in one line.
#include <set>
#include <thread>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;

std::vector<std::string> Words(std::vector<std::string> first, const std::vector<std::string>& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

// The ResNet-50 paper counts one multiply-add as one FLOP: at 5 GFLOPS the whole model takes its MACs over 5e9 seconds.
TEST(AnalyticProfile, TimesAreMacsOverTheRate) {
  TempFolder folder;
  const std::string file = folder / "r.profile.json";
  const Ended ended =
      Partway({"profile", "resnet50", "--groups", "paper", "--analytic", "5GFLOPS", "--sizes", "224,160", "-o", file});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("wrote " + file));
  const Json profile = Json::parse(ReadText(file));
  EXPECT_EQ(profile["measured"], false);
  EXPECT_EQ(profile["rate_macs_per_s"], 5e9);
  EXPECT_EQ(profile["rho_unit"], "macs");
  ASSERT_EQ(profile["sizes"].size(), 2u);
  EXPECT_EQ(profile["sizes"][0]["height"], 160) << "ascending";
  const Json inspect = ExpectJson(Partway({"inspect", "resnet50", "--groups", "paper", "--size", "224", "--json"}));
  const Json& at = profile["sizes"][1];
  EXPECT_EQ(profile["model"]["sha256"], inspect["model"]["sha256"]);
  EXPECT_EQ(profile["grouping"]["fingerprint"], inspect["model"]["fingerprint"]);
  ASSERT_EQ(at["groups"].size(), inspect["groups"].size());
  for (size_t g = 0; g < at["groups"].size(); ++g) {
    const double macs = inspect["groups"][g]["macs"], in_bytes = inspect["cuts"][g]["bytes"];
    EXPECT_EQ(at["groups"][g]["macs"], macs);
    EXPECT_DOUBLE_EQ(at["groups"][g]["median_s"], macs / 5e9);
    EXPECT_DOUBLE_EQ(at["groups"][g]["rho"], macs / (8 * in_bytes));
    EXPECT_EQ(at["cuts"][g]["bytes"], in_bytes);
    EXPECT_EQ(at["cuts"][g]["reply_bytes"], 4000) << "1000 logits";
  }
  EXPECT_EQ(at["cuts"].back()["bytes"], 0);
  EXPECT_EQ(at["whole"], Json());
}

TEST(AnalyticProfile, IsTheSameFileEachTime) {
  TempFolder folder;
  for (const char* name : {"a.json", "b.json"}) {
    ASSERT_EQ(Partway({"profile", "efficientnet_lite0", "--analytic", "1GMACS", "-o", folder / name}).code, 0);
  }
  EXPECT_EQ(ReadText(folder / "a.json"), ReadText(folder / "b.json"));
}

TEST(AnalyticProfile, AModelOfOneSizeHasThatOne) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx", 32);
  const Json profile = ExpectJson(Partway({"profile", folder / "net.onnx", "--analytic", "1GMACS", "--json"}));
  ASSERT_EQ(profile["sizes"].size(), 1u);
  EXPECT_EQ(profile["sizes"][0]["height"], 32);
  EXPECT_EQ(profile["sizes"][0]["width"], 32);
  ExpectOneLine(Partway({"profile", folder / "net.onnx", "--analytic", "1GMACS", "--sizes", "32,64"}), 2, "fixed at 32x32");
}

TEST(AnalyticProfile, TimesBeyondWhatAProfileHoldsAreNotWritten) {
  TempFolder folder;
  ExpectOneLine(Partway({"profile", "efficientnet_lite0", "--analytic", "10FLOPS", "-o", folder / "p.json"}), 1, "median_s");
  EXPECT_TRUE(FilesIn(folder / "").empty());
}

TEST(Profile, WhatTheCommandLineMayBe) {
  const std::vector<std::string> lite0 = {"profile", "efficientnet_lite0", "--analytic", "1GMACS"};
  ExpectOneLine(Partway({"profile"}), 2, "MODEL");
  ExpectOneLine(Partway({"profile", "no_such_model", "--analytic", "1GMACS"}), 2, "no_such_model");
  ExpectOneLine(Partway({"profile", "efficientnet_lite0", "--analytic", "5"}), 2, "--analytic");
  ExpectOneLine(Partway({"profile", "efficientnet_lite0", "--analytic", "0GMACS"}), 2, "--analytic");
  ExpectOneLine(Partway({"profile", "alexnet", "--analytic", "1GMACS", "--sizes", "32"}), 2, "alexnet cannot take 32x32");
  for (const char* sizes : {"0", "96,", ",96", "96,96", "96x", "99999", "96;128"}) {
    SCOPED_TRACE(sizes);
    ExpectOneLine(Partway(Words(lite0, {"--sizes", sizes})), 2, "--sizes");
  }
  ExpectOneLine(Partway(Words(lite0, {"--groups", "some"})), 2, "--groups");
  ExpectOneLine(Partway(Words(lite0, {"-o", "/no/such/folder/x.json"})), 1, "/no/such/folder/x.json");
  ExpectOneLine(Partway({"profile", "show"}), 2, "FILE");
}

TEST(ProfileShow, ShowsWhatTheFileHolds) {
  TempFolder folder;
  const std::string file = folder / "p.json";
  ASSERT_EQ(Partway({"profile", "efficientnet_lite0", "--analytic", "1GMACS", "--sizes", "128,224", "-o", file}).code, 0);
  const Ended shown = Partway({"profile", "show", file, "--size", "224"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  for (const char* text : {"efficientnet_lite0", "share", "rho", "sigma", "224, 1 thread"})
    EXPECT_THAT(shown.out, HasSubstr(text));
  EXPECT_THAT(shown.out, testing::Not(HasSubstr("128, 1 thread")));
  EXPECT_EQ(ExpectJson(Partway({"profile", "show", file, "--json"})), Json::parse(ReadText(file)));
  ExpectOneLine(Partway({"profile", "show", file, "--size", "99"}), 2, "224");
  ExpectOneLine(Partway({"profile", "show", file, "more"}), 2, "more");
}

// Hand-edited and damaged files.
TEST(ProfileShow, AWrongFileIsOneLineWithFileAndField) {
  TempFolder folder;
  const std::string file = folder / "p.json";
  ASSERT_EQ(Partway({"profile", "efficientnet_lite0", "--analytic", "1GMACS", "--sizes", "128", "-o", file}).code, 0);
  const Json good = Json::parse(ReadText(file));
  const auto wrong = [&](const Json& json, const std::string& names) {
    WriteText(file, json.dump());
    SCOPED_TRACE(names);
    ExpectOneLine(Partway({"profile", "show", file}), 1, file + ": " + names);
  };
  Json json = good;
  json["sizes"][0]["groups"][3]["median_s"] = -1;
  wrong(json, "sizes[0].groups[3].median_s");
  json = good;
  json["sizes"].push_back(json["sizes"][0]);
  wrong(json, "sizes[1]");
  json = good;
  json["profile"] = 7;
  wrong(json, "version 7");
  json = good;
  json["sizes"][0]["cuts"].erase(0);
  wrong(json, "sizes[0].cuts");
  WriteText(file, good.dump().substr(0, 200));
  ExpectOneLine(Partway({"profile", "show", file}), 1, file + ": not JSON");
  WriteText(file, "");
  ExpectOneLine(Partway({"profile", "show", file}), 1, file + ": not JSON");
  ExpectOneLine(Partway({"profile", "show", folder / "none.json"}), 1, "none.json");
  ExpectOneLine(Partway({"profile", "show", folder.path()}), 1, "folder");
}

// Speed is the machine's; what follows from the numbers holds on any.
TEST(MeasuredProfile, HoldsWhatWasAskedForAndAddsUp) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx", 0);
  const std::string file = folder / "p.json";
  const Json profile = ExpectJson(Partway({"profile", folder / "net.onnx", "--sizes", "32,64", "--threads", "1,2", "--repeat",
                                           "3", "--groups", "all", "--codecs", "jpeg:90,int8", "-o", file, "--json"}));
  EXPECT_EQ(profile, Json::parse(ReadText(file)));
  EXPECT_EQ(profile["measured"], true);
  EXPECT_EQ(profile["engine"]["name"], "onnxruntime");
  EXPECT_GE(profile["machine"]["cores"], 1);
  ASSERT_EQ(profile["sizes"].size(), 4u);
  std::set<std::pair<int, int>> seen;
  for (const Json& size : profile["sizes"]) {
    seen.emplace(size["height"], size["threads"]);
    double sum = 0;
    for (const Json& group : size["groups"]) {
      EXPECT_EQ(group["n"], 3);
      EXPECT_GT(group["median_s"], 0);
      EXPECT_LE(group["p10_s"], group["median_s"]);
      EXPECT_LE(group["median_s"], group["p90_s"]);
      sum += group["median_s"].get<double>();
    }
    EXPECT_NEAR(size["groups_s"].get<double>(), sum, 1e-12);
    EXPECT_EQ(size["whole"]["n"], 3);
    EXPECT_NEAR(size["groups_over_whole"].get<double>(), sum / size["whole"]["median_s"].get<double>(), 1e-9);
  }
  std::set<std::string> codecs;
  for (const Json& codec : profile["codecs"]) {
    codecs.insert(codec["codec"]);
    EXPECT_GT(codec["encode_fixed_s"].get<double>() + codec["encode_s_per_byte"].get<double>(), 0);
    EXPECT_GT(codec["decode_fixed_s"].get<double>() + codec["decode_s_per_byte"].get<double>(), 0);
  }
  EXPECT_EQ(codecs, (std::set<std::string>{"jpeg:90", "int8"}));
  EXPECT_EQ(seen, (std::set<std::pair<int, int>>{{32, 1}, {32, 2}, {64, 1}, {64, 2}}));
}

// However fast the machine, no pass ends within a microsecond: the smallest size is measured all the same, the others are named.
TEST(MeasuredProfile, SizesThatTakeTooLongAreLeftOutAndNamed) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx", 0);
  const Ended ended =
      Partway({"profile", folder / "net.onnx", "--sizes", "32,64,48x40", "--time-limit", "1us", "--codecs", "int8", "--json"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  const Json profile = Json::parse(ended.out);
  ASSERT_EQ(profile["sizes"].size(), 1u);
  EXPECT_EQ(profile["sizes"][0]["height"], 32);
  EXPECT_EQ(profile["codecs"].size(), 1u);
  EXPECT_EQ(ended.ErrLines().size(), 2u) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("size 48x40 with 1 thread is left out: measuring it once takes about"));
  EXPECT_THAT(ended.err, HasSubstr("size 64 with 1 thread is left out"));
}

TEST(MeasuredProfile, ProgressShowsOnATerminal) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const Ended ended = Partway({"profile", folder / "net.onnx", "--repeat", "2"}, {.stderr_is_terminal = true});
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.err, HasSubstr("profiling, 1 thread"));
  EXPECT_THAT(ended.out, HasSubstr("how well the medians are known")) << "two are too few to tell";
}

TEST(MeasuredProfile, WhatTheCommandLineMayBe) {
  TempFolder folder;
  WriteSmallNet(folder / "net.onnx");
  const std::vector<std::string> net = {"profile", folder / "net.onnx"};
  for (const char* threads : {"x", "1,1", "-1", "99999", "1,"})
    ExpectOneLine(Partway(Words(net, {"--threads", threads})), 2, "--threads");
  // 0 is one per core.
  const std::string cores = std::to_string(std::max(1U, std::thread::hardware_concurrency()));
  ExpectOneLine(Partway(Words(net, {"--threads", "0," + cores})), 2, "--threads");
  for (const char* codecs : {"morse", "int8,int8", "int8,"})
    ExpectOneLine(Partway(Words(net, {"--codecs", codecs})), 2, "--codecs");
  ExpectOneLine(Partway(Words(net, {"--repeat", "0"})), 2, "--repeat");
  ExpectOneLine(Partway(Words(net, {"--time-limit", "45"})), 2, "--time-limit");
  ExpectOneLine(Partway(Words(net, {"--provider", "abacus"})), 2, "abacus");
}

TEST(ProfileCompare, TwiceTheRateIsTwiceAsFastInEveryGroup) {
  TempFolder folder;
  const auto make = [&](const std::string& name, const std::string& rate, const std::string& model = "efficientnet_lite0") {
    EXPECT_EQ(Partway({"profile", model, "--analytic", rate, "--sizes", "128,224", "-o", folder / name}).code, 0);
    return folder / name;
  };
  const std::string a = make("a.json", "1GMACS"), b = make("b.json", "2GMACS");
  const Json compared = ExpectJson(Partway({"profile", "compare", a, b, "--json"}));
  EXPECT_DOUBLE_EQ(compared["ratio"], 2);
  EXPECT_EQ(compared["sizes"].size(), 2u);
  for (const Json& group : compared["groups"]) {
    EXPECT_DOUBLE_EQ(group["ratio"], 2);
    EXPECT_EQ(group["outlier"], false);
  }
  // One group of b is ten times slower than it should be.
  Json slow = Json::parse(ReadText(b));
  for (Json& size : slow["sizes"]) {
    for (const char* key : {"median_s", "p10_s", "p90_s"}) size["groups"][2][key] = 10 * size["groups"][2][key].get<double>();
  }
  WriteText(b, slow.dump());
  const Ended shown = Partway({"profile", "compare", a, b});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("stands out"));
  EXPECT_EQ(ExpectJson(Partway({"profile", "compare", a, b, "--json"}))["groups"][2]["outlier"], true);

  const std::string other = make("other.json", "1GMACS", "mobilenet_v2");
  ExpectOneLine(Partway({"profile", "compare", a, other}), 1, other);
  ExpectOneLine(Partway({"profile", "compare", a}), 2, "B");
  ExpectOneLine(Partway({"profile", "compare", a, folder / "none.json"}), 1, "none.json");
}

TEST(ServeCache, AFolderThatCannotBeOneIsAUsageError) {
  TempFolder folder;
  WriteText(folder / "file", "x");
  ExpectOneLine(Partway({"serve", "--listen", "127.0.0.1:0", "--cache", folder / "file"}), 2, "--cache");
}

}   // namespace
}   // namespace partway::cli
