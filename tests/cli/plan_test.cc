// `plan`, `sweep` and `reproduce` as scripts meet them: keys, arithmetic that can be checked by hand, and bad input.
#include <cmath>
#include <sstream>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

class Plan : public testing::Test {
 protected:
  void SetUp() override { WriteSmallNet(folder_ / "net.onnx"); }
  std::vector<std::string> Arguments(const std::vector<std::string>& more, const std::string& verb = "plan") const {
    std::vector<std::string> all = {verb, folder_ / "net.onnx", "--groups", "all"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Json Planned(std::vector<std::string> more) const {
    for (const char* word : {"--device", "1MFLOPS", "--edge", "10MFLOPS", "--codecs", "raw", "--json"}) more.emplace_back(word);
    return ExpectJson(Partway(Arguments(more)));
  }
  void ExpectRefused(const std::vector<std::string>& more, int code, const std::string& names) const {
    ExpectOneLine(Partway(Arguments(more)), code, names);
  }
  TempFolder folder_;
};

TEST_F(Plan, JsonHasTheKeysThatScriptsRelyOn) {
  const Json json = Planned({"--uplink", "1Mbps", "--rtt", "5ms", "--power", "raspberry-pi-4"});
  EXPECT_THAT(Keys(json), IsSupersetOf({"best", "options", "pareto", "runner_up", "flips", "refused"}));
  EXPECT_THAT(Keys(json["best"]), IsSupersetOf({"cut", "size", "codec", "latency_s", "throughput_fps", "energy_j", "upload_bytes",
                                                "device_s", "upload_s", "edge_s"}));
  ASSERT_FALSE(json["flips"].empty());
  bool uplink = false;
  for (const Json& flip : json["flips"]) {
    EXPECT_THAT(Keys(flip), IsSupersetOf({"from", "to"}));
    uplink |= flip.contains("uplink_bps");
  }
  EXPECT_TRUE(uplink);
  EXPECT_EQ(json["state"]["uplink_bps"], 1e6);
  EXPECT_TRUE(json["refused"].empty());
}

TEST_F(Plan, AddsUpAsEquationTwoSays) {
  const Json inspected = ExpectJson(Partway({"inspect", folder_ / "net.onnx", "--groups", "all", "--json"}));
  const Json json = Planned({"--uplink", "1Mbps", "--rtt", "5ms"});
  const size_t n = inspected["groups"].size();
  ASSERT_EQ(json["options"].size(), n + 1);
  double least = INFINITY;
  for (const Json& option : json["options"]) {
    const Json& cut = inspected["cuts"][option["cut"].get<size_t>()];
    const bool local = option["cut"] == n;
    EXPECT_NEAR(option["device_s"], cut["head_macs"].get<double>() / 1e6, 1e-12);
    EXPECT_NEAR(option["edge_s"], cut["tail_macs"].get<double>() / 10e6, 1e-12);
    // The frame's own head is some hundred bytes at most.
    const double bytes = option["upload_bytes"];
    EXPECT_GE(bytes, cut["bytes"].get<double>());
    EXPECT_LE(bytes, cut["bytes"].get<double>() + (local ? 0 : 256));
    EXPECT_NEAR(option["upload_s"], bytes * 8 / 1e6, 1e-12);
    EXPECT_NEAR(option["rtt_s"], local ? 0 : 0.005, 1e-12);
    const double sum = option["device_s"].get<double>() + option["upload_s"].get<double>() + option["rtt_s"].get<double>() +
                       option["edge_s"].get<double>() + option["reply_s"].get<double>();
    EXPECT_NEAR(option["latency_s"], sum, 1e-12);
    EXPECT_NEAR(1 / option["throughput_fps"].get<double>(),
                std::max({option["device_s"].get<double>(), option["upload_s"].get<double>(), option["edge_s"].get<double>()}),
                1e-12);
    EXPECT_EQ(option["codec"].is_null(), local);
    EXPECT_TRUE(option["energy_j"].is_null()) << "no power was given";
    least = std::min(least, option["latency_s"].get<double>());
  }
  EXPECT_EQ(json["best"]["latency_s"], least);
}

TEST_F(Plan, AFlipIsWhereItSaysItIs) {
  const Json json = Planned({"--uplink", "1Mbps"});
  int checked = 0;
  for (const Json& flip : json["flips"]) {
    if (!flip.contains("uplink_bps")) continue;
    const double at = flip["uplink_bps"];
    for (const auto& [factor, side] : {std::pair{1 - 1e-6, "from"}, std::pair{1 + 1e-6, "to"}}) {
      std::ostringstream rate;
      rate.precision(17);
      rate << at * factor << "bps";
      EXPECT_EQ(Planned({"--uplink", rate.str()})["best"]["option"], flip[side]) << rate.str();
      ++checked;
    }
  }
  EXPECT_GE(checked, 2);
}

TEST_F(Plan, OneScreenForPeopleSaysWhy) {
  const Ended ended = Partway(Arguments({"--device", "1MFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps", "--why"}));
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.err, "");
  for (const char* words : {"best for latency", "runner-up", "upload", "latency", "why", "Against", "in the middle", "uplink",
                            "edge load", "below"}) {
    EXPECT_THAT(ended.out, HasSubstr(words));
  }
  EXPECT_LE(std::count(ended.out.begin(), ended.out.end(), '\n'), 40);
}

TEST_F(Plan, APowerFileGivesEnergy) {
  WriteText(folder_ / "board.toml",
            "name = 'board'\ncompute = '2W'\nidle = '500mW'\ntransmit = '1W'\ntransmit_per_mbps = '100mW'\nsource = 'a test'\n");
  const Json json = Planned({"--uplink", "1Mbps", "--rtt", "10ms", "--power", folder_ / "board.toml", "--objective", "energy"});
  double least = INFINITY;
  for (const Json& option : json["options"]) {
    // 2 W while computing, 1 W + 0.1 W at 1 Mbps while sending, 0.5 W while waiting.
    EXPECT_NEAR(option["energy_j"].get<double>(),
                2 * option["device_s"].get<double>() + 1.1 * option["upload_s"].get<double>() +
                    0.5 * (option["edge_s"].get<double>() + option["rtt_s"].get<double>()),
                1e-12);
    least = std::min(least, option["energy_j"].get<double>());
  }
  EXPECT_EQ(json["best"]["energy_j"], least);
}

TEST_F(Plan, ReadsProfilesAndScalesThem) {
  const std::string profile = folder_ / "net.profile.json";
  ASSERT_EQ(Partway({"profile", folder_ / "net.onnx", "--groups", "all", "--analytic", "1MFLOPS", "-o", profile}).code, 0);
  const Json own =
      ExpectJson(Partway({"plan", "--profile", profile, "--edge", "10x", "--uplink", "1Mbps", "--codecs", "raw", "--json"}));
  const Json model = Planned({"--uplink", "1Mbps", "--sizes", "32"});
  for (const Json& option : own["options"]) {
    if (option["size"] != 32) continue;
    const Json& same = model["options"][option["cut"].get<size_t>()];
    EXPECT_NEAR(option["device_s"], same["device_s"], 1e-12);
    EXPECT_NEAR(option["edge_s"], same["edge_s"], 1e-12);
  }
  const Json half = ExpectJson(Partway({"plan", "--profile", profile, "--device", "0.5x", "--edge-profile", profile, "--uplink",
                                        "1Mbps", "--codecs", "raw", "--json"}));
  for (size_t i = 0; i < half["options"].size(); ++i) {
    EXPECT_NEAR(half["options"][i]["device_s"].get<double>(), 2 * own["options"][i]["device_s"].get<double>(), 1e-12);
  }
}

TEST_F(Plan, ConstraintsThatNothingMeetsSayWhatWouldHaveToGive) {
  const std::vector<std::string> state = {"--device", "1MFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps", "--codecs", "raw"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), state.begin(), state.end());
    return more;
  };
  ExpectRefused(with({"--max-latency", "1us"}), 1, "no option meets the limits: latency at most 1 us refuses");
  ExpectRefused(with({"--max-latency", "1us"}), 1, "would have to give: latency at most");
  ExpectRefused(with({"--max-latency", "1us", "--max-device-memory", "1B"}), 1, "together:");
  ExpectRefused(with({"--min-device-groups", "99"}), 1, "device groups at least");
  // The document comes all the same.
  std::vector<std::string> json = Arguments(with({"--max-latency", "1us", "--json"}));
  const Ended ended = Partway(json);
  EXPECT_EQ(ended.code, 1);
  const Json document = Json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded());
  EXPECT_TRUE(document["best"].is_null());
  EXPECT_EQ(document["relaxation"]["refuses_most"], "latency");
  EXPECT_EQ(document["refused"].size(), document["options"].size());
}

TEST_F(Plan, AWrongCommandLineIsOneLine) {
  const std::vector<std::string> good = {"--device", "1MFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), good.begin(), good.end());
    return more;
  };
  ExpectRefused({"--edge", "10MFLOPS", "--uplink", "1Mbps"}, 2, "--device");
  ExpectRefused({"--device", "1MFLOPS", "--uplink", "1Mbps"}, 2, "--edge");
  ExpectRefused({"--device", "1MFLOPS", "--edge", "10MFLOPS"}, 2, "--uplink");
  ExpectRefused({"--device", "1", "--edge", "10MFLOPS", "--uplink", "1Mbps"}, 2, "it has no unit");
  ExpectRefused({"--device", "0GFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps"}, 2, "above 0");
  ExpectRefused({"--device", "-1GFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps"}, 2, "--device");
  ExpectRefused({"--device", "1MFLOPS", "--edge", "10MFLOPS", "--uplink", "20"}, 2, "--uplink");
  ExpectRefused(with({"--objective", "speed"}), 2, "--objective");
  ExpectRefused(with({"--objective", "energy"}), 2, "--power");
  ExpectRefused(with({"--power", "toaster"}), 2, "known boards");
  ExpectRefused(with({"--max-energy", "5"}), 2, "--max-energy");
  ExpectRefused(with({"--min-accuracy", "0.5"}), 2, "--accuracy");
  ExpectRefused(with({"--min-accuracy", "70"}), 2, "share");
  ExpectRefused(with({"--codecs", "int9"}), 2, "int9");
  ExpectRefused(with({"--codecs", "raw,raw"}), 2, "twice");
  ExpectRefused(with({"--edge-load", "1"}), 2, "--edge-load");
  ExpectRefused(with({"--sizes", "0"}), 2, "--sizes");
  ExpectOneLine(Partway({"plan", "--uplink", "1Mbps", "--edge", "1GFLOPS"}), 2, "--profile");
  ExpectRefused({"--device", "1MFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps:9Mbps:1Mbps"}, 2,
                "--uplink '1Mbps:9Mbps:1Mbps': plan takes one value, for example 20Mbps; ranges are for partway sweep");
  ExpectRefused({"--device", "1MFLOPS:2MFLOPS:1MFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps"}, 2, "plan takes one value");
  ExpectRefused({"--no-such-flag"}, 2, "--no-such-flag (see partway help plan)");
  ExpectOneLine(Partway({"--no-such-flag"}), 2, "(see partway --help)");
  ExpectOneLine(Partway({"plan", "--profile", "any.json", "--groups", "all", "--uplink", "1Mbps", "--edge", "2x"}), 2,
                "--groups all needs the MODEL");
}

TEST_F(Plan, BadFilesAreOneLineEach) {
  const std::vector<std::string> good = {"--device", "1MFLOPS", "--edge", "10MFLOPS", "--uplink", "1Mbps"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), good.begin(), good.end());
    return more;
  };
  ExpectRefused(with({"--power", folder_ / "no.toml"}), 1, "no.toml");
  for (const auto& [text, names] :
       {std::pair{"compute = '2W'\n", "'idle' is missing"}, std::pair{"compute = 2\nidle = '1W'\n", "p.toml:1"},
        std::pair{"idle = '1W'\ncompute = '-2W'\n", "p.toml:2"}, std::pair{"\nspeed = '1W'\n", "p.toml:2: unknown key 'speed'"},
        std::pair{"compute = '1MW'\nidle = '1W'\n", "p.toml:1"}, std::pair{"compute = ", "p.toml:1: not TOML"},
        std::pair{"compute = '20000W'\nidle = '1W'\n", "compute is 20000"}}) {
    WriteText(folder_ / "p.toml", text);
    ExpectRefused(with({"--power", folder_ / "p.toml"}), 1, names);
  }
  const std::string profile = folder_ / "net.profile.json";
  ASSERT_EQ(Partway({"profile", folder_ / "net.onnx", "--groups", "all", "--analytic", "1MFLOPS", "-o", profile}).code, 0);
  // Of another model, of another grouping, of another engine, cut short.
  WriteSmallNet(folder_ / "other.onnx", 32, 2);
  ExpectOneLine(
      Partway({"plan", folder_ / "other.onnx", "--groups", "all", "--profile", profile, "--edge", "2x", "--uplink", "1Mbps"}), 1,
      "a profile of");
  ExpectOneLine(
      Partway({"plan", folder_ / "net.onnx", "--groups", "2", "--profile", profile, "--edge", "2x", "--uplink", "1Mbps"}), 1,
      "another grouping");
  Json measured = Json::parse(ReadText(profile));
  const auto plan_with = [&](const Json& json) {
    WriteText(folder_ / "changed.json", json.dump());
    return Partway({"plan", "--profile", folder_ / "changed.json", "--edge", "2x", "--uplink", "1Mbps"});
  };
  WriteText(folder_ / "short.json", ReadText(profile).substr(0, 200));
  ExpectOneLine(Partway({"plan", "--profile", folder_ / "short.json", "--edge", "2x", "--uplink", "1Mbps"}), 1, "short.json");
  Json negative = measured;
  negative["sizes"][0]["groups"][0]["median_s"] = -1;
  ExpectOneLine(plan_with(negative), 1, "median_s");
  WriteText(folder_ / "accuracy.json", "{\"accuracy\":1}");
  ExpectRefused(with({"--accuracy", folder_ / "accuracy.json"}), 1, "accuracy.json");
}

TEST_F(Plan, SweepWritesWhatItCounts) {
  const std::string out = folder_ / "map";
  const std::vector<std::string> arguments = Arguments({"--uplink", "10kbps:10Mbps:x2", "--device", "1MFLOPS:20MFLOPS:1MFLOPS",
                                                        "--edge", "10MFLOPS", "--codecs", "raw", "-o", out, "--json"},
                                                       "sweep");
  const Json json = ExpectJson(Partway(arguments));
  EXPECT_THAT(Keys(json), IsSupersetOf({"winners", "flips", "x", "y", "best"}));
  EXPECT_EQ(json["x"]["values"].size(), 10u);   // 10 kbps x 2^0 .. 2^9
  EXPECT_EQ(json["y"]["values"].size(), 20u);
  size_t points = 0;
  for (const auto& [name, count] : json["winners"].items()) points += count.get<size_t>();
  EXPECT_EQ(points, 200u);
  EXPECT_EQ(FilesIn(out), (std::set<std::string>{"sweep.csv", "sweep.json", "sweep.svg"}));
  const std::string csv = ReadText(out + "/sweep.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2 + 1 + 200);
  EXPECT_THAT(csv, HasSubstr("uplink_bps,device_macs_per_s,option"));
  EXPECT_THAT(csv, testing::StartsWith("# partway sweep "));
  const std::string svg = ReadText(out + "/sweep.svg");
  for (const char* words : {"<svg xmlns", "uplink, Mbps", "device, GFLOPS", "pattern", "share of the plane", "</svg>"})
    EXPECT_THAT(svg, HasSubstr(words));
  // One point, asked for alone.
  const Json alone = ExpectJson(
      Partway(Arguments({"--uplink", "20kbps", "--device", "3MFLOPS", "--edge", "10MFLOPS", "--codecs", "raw", "--json"})));
  EXPECT_EQ(json["best"][2 * 10 + 1], alone["best"]["option"]);
}

TEST_F(Plan, ASweepWithoutAnswerSaysWhatWouldHaveToGive) {
  const std::string out = folder_ / "map";
  const std::vector<std::string> grid = {"--uplink",
                                         "10kbps:10Mbps:x10",
                                         "--device",
                                         "1MFLOPS:4MFLOPS:1MFLOPS",
                                         "--edge",
                                         "10MFLOPS",
                                         "--codecs",
                                         "raw",
                                         "--max-latency",
                                         "1us",
                                         "-o",
                                         out};
  ExpectOneLine(Partway(Arguments(grid, "sweep")), 1,
                "nowhere on the grid, not even at uplink 10.0 Mbps and device 4.00 MFLOPS: no option meets the limits: latency "
                "at most 1 us");
  ExpectOneLine(Partway(Arguments(grid, "sweep")), 1, "would have to give: latency at most");
  std::vector<std::string> json = Arguments(grid, "sweep");
  json.emplace_back("--json");
  const Ended ended = Partway(json);   // the document and the files come all the same
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(Json::parse(ended.out)["winners"], Json({{"nothing meets the limits", 16}}));
  EXPECT_EQ(FilesIn(out), (std::set<std::string>{"sweep.csv", "sweep.json", "sweep.svg"}));
}

TEST_F(Plan, APrivacyLimitOnAFewPicturesSaysSo) {
  const Json inspected = ExpectJson(Partway({"inspect", folder_ / "net.onnx", "--groups", "all", "--json"}));
  Json table = {{"privacy", 1},
                {"model", "net"},
                {"model_sha256", inspected["model"]["sha256"]},
                {"grouping", inspected["model"]["fingerprint"]},
                {"images", "photos"},
                {"size", 32},
                {"codec", "raw"},
                {"n", 50},
                {"train", 30},
                {"validation", 10},
                {"test", 10},
                {"seed", 1},
                {"picture_edge", 32},
                {"baseline_psnr_db", 11},
                {"baseline_ssim", 0.1},
                {"control_ssim", 0.28},
                {"table", Json::array()}};
  for (size_t cut = 0; cut < inspected["groups"].size(); ++cut)
    table["table"].push_back({{"cut", cut}, {"distance_correlation", 0.9}, {"psnr_db", 12}, {"ssim", 0.27}});
  const auto planned = [&](const std::vector<std::string>& more) {
    WriteText(folder_ / "privacy.json", table.dump());
    std::vector<std::string> words = {"--uplink", "1Mbps", "--sizes", "32", "--privacy", folder_ / "privacy.json"};
    words.insert(words.end(), more.begin(), more.end());
    return Planned(words)["notes"].dump();
  };
  EXPECT_THAT(planned({"--max-ssim", "0.3"}), HasSubstr("too few pictures (50)"));
  EXPECT_THAT(planned({"--max-ssim", "0.3"}), HasSubstr("lets the picture itself pass"));
  EXPECT_THAT(planned({"--max-distance-correlation", "0.95"}), HasSubstr("too few pictures (50)"));
  EXPECT_THAT(planned({}), testing::Not(HasSubstr("too few"))) << "no limit hangs on it";
  table["control_ssim"] = 0.75;
  EXPECT_THAT(planned({"--max-ssim", "0.3"}), testing::Not(testing::AnyOf(HasSubstr("too few"), HasSubstr("itself pass"))));
}

TEST_F(Plan, AnEncodingThatWasNotTimedTakesItsNeighboursTime) {
  const std::string profile = folder_ / "net.profile.json";
  ASSERT_EQ(Partway({"profile", folder_ / "net.onnx", "--groups", "all", "--analytic", "1MFLOPS", "-o", profile}).code, 0);
  Json timed = Json::parse(ReadText(profile));
  timed["codecs"] = {
      {{"codec", "int8"}, {"encode_fixed_s", 0.25}, {"encode_s_per_byte", 0}, {"decode_fixed_s", 0.5}, {"decode_s_per_byte", 0}}};
  WriteText(profile, timed.dump());
  const Json plan = ExpectJson(Partway({"plan", folder_ / "net.onnx", "--groups", "all", "--profile", profile, "--edge", "2x",
                                        "--uplink", "1Mbps", "--codecs", "int4,fp16", "--json"}));
  for (const Json& option : plan["options"]) {
    EXPECT_EQ(option["encode_s"], option["codec"] == "int4" ? 0.25 : 0) << option;
    EXPECT_EQ(option["decode_s"], option["codec"] == "int4" ? 0.25 : 0) << "half a second at twice the speed";
  }
  EXPECT_THAT(plan["notes"].dump(), HasSubstr("stands in: int4 from int8"));
}

TEST_F(Plan, SweepRefusesOtherThanTwoRanges) {
  const auto refuse = [&](const std::vector<std::string>& more, const std::string& names) {
    ExpectOneLine(Partway(Arguments(more, "sweep")), 2, names);
  };
  refuse({"--uplink", "1Mbps", "--device", "1MFLOPS", "--edge", "10MFLOPS"}, "0 ranges");
  refuse({"--uplink", "1Mbps:2Mbps:1Mbps", "--device", "1MFLOPS", "--edge", "10MFLOPS"}, "1 ranges");
  refuse({"--uplink", "1Mbps:2Mbps:0Mbps", "--device", "1MFLOPS:2MFLOPS:1MFLOPS", "--edge", "10MFLOPS"}, "--uplink");
  refuse({"--uplink", "2Mbps:1Mbps:1Mbps", "--device", "1MFLOPS:2MFLOPS:1MFLOPS", "--edge", "10MFLOPS"}, "ends below");
  refuse({"--uplink", "1Mbps:5Mbps:1kbps", "--device", "1MFLOPS:5MFLOPS:1kFLOPS", "--edge", "10MFLOPS"}, "points");
  refuse({"--uplink", "1Mbps:2Mbps:1Mbps", "--min-accuracy", "0.1:0.9:0.1", "--device", "1MFLOPS", "--edge", "10MFLOPS"},
         "--accuracy");
}

TEST_F(Plan, ProfilesWithoutACommonSizeAreOneLine) {
  TempFolder folder;
  const std::string device = folder / "device.json", edge = folder / "edge.json";
  ASSERT_EQ(Partway({"profile", "efficientnet_lite0", "--analytic", "5GFLOPS", "--sizes", "224", "-o", device}).code, 0);
  ASSERT_EQ(Partway({"profile", "efficientnet_lite0", "--analytic", "5GFLOPS", "--sizes", "128", "-o", edge}).code, 0);
  ExpectOneLine(Partway({"plan", "--profile", device, "--edge-profile", edge, "--uplink", "1Mbps"}), 1, "no size in common");
}

TEST_F(Plan, NamesTheParetoSetAndSaysThatAccuracyIsNotKnown) {
  const Ended plan = Partway({"plan", "efficientnet_lite0", "--device", "2GFLOPS", "--edge", "100GFLOPS", "--uplink", "10Mbps",
                              "--codecs", "raw,int8", "--sizes", "128,224"});
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("pareto set: "));
  EXPECT_THAT(plan.out, HasSubstr(" options: cut "));
  EXPECT_THAT(plan.out, HasSubstr("note: accuracy is not known, so the smallest size wins"));
  // One size and nothing lossy: there is nothing that accuracy could decide.
  const Ended one = Partway({"plan", "efficientnet_lite0", "--device", "2GFLOPS", "--edge", "100GFLOPS", "--uplink", "10Mbps",
                             "--codecs", "raw", "--sizes", "224"});
  EXPECT_THAT(one.out, testing::Not(HasSubstr("accuracy is not known")));
}

TEST(Reproduce, WhatPareconLeavesForLater) {
  TempFolder folder;
  const Json made = ExpectJson(Partway({"reproduce", "parecon-beyond", "-o", folder / "out", "--json"}));
  // Ours keep both constraints over every trace, with encodings and on every device; that much is tested, how near the bound is measured.
  int kept = 0;
  for (const Json& claim : made["claims"]) {
    if (!claim["claim"].get<std::string>().starts_with("ours keep both constraints")) continue;
    EXPECT_EQ(claim["holds"], true) << claim["here"];
    ++kept;
  }
  EXPECT_EQ(kept, 3 + 1 + 5);
  EXPECT_EQ(FilesIn(folder / "out").size(),
            3u + 1 + 2 + 2 + 2 + 1 + 1);   // traces, encodings, convergence, wrong profile, the claims
}

TEST(Reproduce, TheResnet50FiguresHold) {
  TempFolder folder;
  const Json list = ExpectJson(Partway({"reproduce", "list", "--json"}));
  ASSERT_GE(list.size(), 2u);
  const Json fig2 = ExpectJson(Partway({"reproduce", "resnet50-fig2", "-o", folder / "out", "--json"}));
  EXPECT_THAT(Keys(fig2), IsSupersetOf({"name", "claims", "holds"}));
  EXPECT_EQ(fig2["holds"], true);
  for (const Json& claim : fig2["claims"]) EXPECT_THAT(Keys(claim), IsSupersetOf({"claim", "paper", "here", "holds"}));
  const Json fig3 = ExpectJson(Partway({"reproduce", "resnet50-fig3", "-o", folder / "out", "--json"}));
  EXPECT_EQ(fig3["holds"], true);
  EXPECT_EQ(FilesIn(folder / "out"), (std::set<std::string>{"resnet50-fig2.csv", "resnet50-fig2.json", "resnet50-fig2.svg",
                                                            "resnet50-fig3.csv", "resnet50-fig3.json", "resnet50-fig3.svg"}));
  ExpectOneLine(Partway({"reproduce", "resnet50-fig9"}), 2, "resnet50-fig2");
}

}   // namespace
}   // namespace partway::cli
