#include "profile/profile_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "nlohmann/json.hpp"
#include "profile/profile_check.h"

namespace partway::profile {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

// Two groups; 100 bytes in, 40 across cut 1, 8 out; 5 ms and 3 ms.
Profile Small() {
  SizeProfile at{.height = 32, .width = 48, .threads = 2};
  at.groups = {{.median_s = 5e-3, .p10_s = 4e-3, .p90_s = 7e-3, .n = 9},
               {.median_s = 3e-3, .p10_s = 3e-3, .p90_s = 3e-3, .n = 9}};
  at.whole = {.median_s = 7.5e-3, .p10_s = 7e-3, .p90_s = 9e-3, .n = 9};
  at.group_macs = {8000, 400};
  at.cut_bytes = {100, 40, 0};
  at.output_bytes_of_tail = {8, 8, 0};
  Profile p{.cpu = "Some CPU", .system = "Linux", .cores = 2, .cpu_hz = 2e9};
  p.engine = "onnxruntime";
  p.engine_version = "1.31.1";
  p.provider = "cpu";
  p.date = "2026-11-21T07:00:00Z";
  p.model = "net";
  p.model_sha256 = std::string(64, 'a');
  p.grouping = "0123456789abcdef";
  p.positions = {0, 3, 5};
  p.group_names = {"stem", "head \"x\""};
  p.group_param_bytes = {1000, 20};
  p.sizes = {at};
  p.codecs = {
      {.codec = "int8", .encode_fixed_s = 1e-5, .encode_s_per_byte = 2e-9, .decode_fixed_s = 0, .decode_s_per_byte = 1e-9}};
  return p;
}

TEST(ProfileJson, ComesBackAsItWas) {
  const Profile p = Small();
  const auto back = ProfileFromJson(ProfileToJson(p));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(ProfileToJson(*back), ProfileToJson(p));
  EXPECT_TRUE(back->measured);
  EXPECT_EQ(back->group_names, p.group_names);
  EXPECT_EQ(back->positions, p.positions);
  EXPECT_DOUBLE_EQ(back->cpu_hz, 2e9);
  const SizeProfile* at = back->Find(32, 48, 2);
  ASSERT_NE(at, nullptr);
  EXPECT_EQ(back->Find(32, 48, 1), nullptr);
  EXPECT_DOUBLE_EQ(at->groups[0].p90_s, 7e-3);
  EXPECT_EQ(at->groups[1].n, 9);
  EXPECT_DOUBLE_EQ(at->whole.median_s, 7.5e-3);
  EXPECT_EQ(at->cut_bytes, (std::vector<int64_t>{100, 40, 0}));
  EXPECT_EQ(at->output_bytes_of_tail, (std::vector<int64_t>{8, 8, 0}));
  EXPECT_DOUBLE_EQ(TimeOf(*at, 0, 2).value(), 8e-3);
  ASSERT_EQ(back->codecs.size(), 1u);
  EXPECT_DOUBLE_EQ(back->codecs[0].encode_s_per_byte, 2e-9);
}

TEST(ProfileJson, TheFileSaysRhoSigmaAndTheSumAgainstTheWhole) {
  const Json json = Json::parse(ProfileToJson(Small()));
  const Json& size = json["sizes"][0];
  EXPECT_EQ(json["rho_unit"], "cycles");
  // 5 ms at 2 GHz are 1e7 cycles over 800 bits; 3 ms are 6e6 over 320.
  EXPECT_DOUBLE_EQ(size["groups"][0]["rho"], 1e7 / 800);
  EXPECT_DOUBLE_EQ(size["groups"][1]["rho"], 6e6 / 320);
  EXPECT_DOUBLE_EQ(size["groups"][0]["sigma"], 0.4);
  EXPECT_DOUBLE_EQ(size["groups"][1]["sigma"], 0);
  EXPECT_DOUBLE_EQ(size["groups_s"], 8e-3);
  EXPECT_DOUBLE_EQ(size["groups_over_whole"].get<double>(), 8.0 / 7.5);
  EXPECT_EQ(size["groups"][1]["in_bytes"], 40);
  EXPECT_EQ(size["groups"][1]["out_bytes"], 8);
}

// Paper eq. 1: the densities with the products of the ratios before them give back the work of the head, in cycles here.
TEST(ProfileJson, TheDensitiesAddUpToTheWorkOfTheHead) {
  const Profile p = Small();
  const SizeProfile& at = p.sizes[0];
  const double w = 800;   // bits of cut 0
  EXPECT_DOUBLE_EQ(w * (Rho(p, at, 0) + Rho(p, at, 1) * Sigma(at, 0)), 8e-3 * 2e9);
}

TEST(ProfileJson, AnAnalyticProfileCountsMacs) {
  Profile p = Small();
  p.measured = false;
  p.rate = MacsPerSecond(1e6);
  p.sizes[0].groups = {{8e-3, 8e-3, 8e-3, 0}, {4e-4, 4e-4, 4e-4, 0}};
  p.sizes[0].whole = {};
  p.codecs.clear();
  const auto back = ProfileFromJson(ProfileToJson(p));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_FALSE(back->measured);
  EXPECT_DOUBLE_EQ(back->rate->value(), 1e6);
  EXPECT_EQ(RhoUnitOf(*back), RhoUnit::kMacs);
  EXPECT_DOUBLE_EQ(Rho(*back, back->sizes[0], 0), 8000.0 / 800);
}

TEST(ProfileJson, SizesComeBackInOrder) {
  Profile p = Small();
  p.sizes.push_back(p.sizes[0]);
  p.sizes[1].threads = 1;
  p.sizes.push_back(p.sizes[0]);
  p.sizes[2].height = 16;
  const auto back = ProfileFromJson(ProfileToJson(p));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->sizes[0].height, 16);
  EXPECT_EQ(back->sizes[1].threads, 1);
  EXPECT_EQ(back->sizes[2].threads, 2);
}

struct Wrong {
  const char* name;
  std::function<void(Json&)> make;
  const char* says;
};

class WrongProfile : public testing::TestWithParam<Wrong> {};

TEST_P(WrongProfile, IsRefusedWithTheField) {
  Json json = Json::parse(ProfileToJson(Small()));
  GetParam().make(json);
  const auto read = ProfileFromJson(json.dump());
  ASSERT_FALSE(read.ok());
  const std::string message(read.status().message());
  EXPECT_THAT(message, HasSubstr(GetParam().says));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, WrongProfile,
    testing::Values(
        Wrong{"NotAProfile",
              [](Json& j) {
                j = {{"record", 1}};
              },
              "not a profile"},
        Wrong{"AList", [](Json& j) { j = Json::array(); }, "not a profile"},
        Wrong{"LaterVersion", [](Json& j) { j["profile"] = 2; }, "version 2 of the profile format, expected 1"},
        Wrong{"NegativeTime", [](Json& j) { j["sizes"][0]["groups"][1]["median_s"] = -0.5; },
              "sizes[0].groups[1].median_s: expected seconds from 0 to 100000, found -0.5"},
        Wrong{"AbsurdTime", [](Json& j) { j["sizes"][0]["groups"][1]["p90_s"] = 1e9; },
              "sizes[0].groups[1].p90_s: expected seconds"},
        Wrong{"MedianAboveP90", [](Json& j) { j["sizes"][0]["groups"][0]["median_s"] = 8e-3; },
              "sizes[0].groups[0].median_s: expected a median between"},
        Wrong{"TimeAsText", [](Json& j) { j["sizes"][0]["groups"][0]["median_s"] = "5ms"; }, "median_s: expected a number"},
        Wrong{"MeasuredNever", [](Json& j) { j["sizes"][0]["groups"][0]["n"] = 0; }, "groups[0].n: expected"},
        Wrong{"WholeNegative", [](Json& j) { j["sizes"][0]["whole"]["p10_s"] = -1; }, "sizes[0].whole.p10_s"},
        Wrong{"NegativeMacs", [](Json& j) { j["sizes"][0]["groups"][0]["macs"] = -1; }, "groups[0].macs"},
        Wrong{"FractionalMacs", [](Json& j) { j["sizes"][0]["groups"][0]["macs"] = 1.5; },
              "groups[0].macs: expected a whole number"},
        Wrong{"OneGroupMissing", [](Json& j) { j["sizes"][0]["groups"].erase(0); },
              "sizes[0].groups: expected a list of 2, found 1"},
        Wrong{"OneCutTooMany", [](Json& j) { j["sizes"][0]["cuts"].push_back(j["sizes"][0]["cuts"][0]); },
              "sizes[0].cuts: expected a list of 3, found 4"},
        Wrong{"TheLastCutSends", [](Json& j) { j["sizes"][0]["cuts"][2]["bytes"] = 4; }, "sizes[0].cuts[2].bytes"},
        Wrong{"NegativeBytes", [](Json& j) { j["sizes"][0]["cuts"][0]["reply_bytes"] = -4; }, "sizes[0].cuts[0].reply_bytes"},
        Wrong{"AbsurdEdge", [](Json& j) { j["sizes"][0]["height"] = 1000000; },
              "sizes[0].height: expected pixels from 1 to 16384"},
        Wrong{"NoThreads", [](Json& j) { j["sizes"][0]["threads"] = 0; }, "sizes[0].threads"},
        Wrong{"SizeTwice", [](Json& j) { j["sizes"].push_back(j["sizes"][0]); }, "sizes[1]: 32x48 with 2 threads is there twice"},
        Wrong{"NoSizes", [](Json& j) { j["sizes"] = Json::array(); }, "profile.sizes: expected a list of 1 to"},
        Wrong{"SizesMissing", [](Json& j) { j.erase("sizes"); }, "profile.sizes: expected a list of 1 to 1024; it is missing"},
        Wrong{"NoGroups", [](Json& j) { j["groups"] = Json::array(); }, "profile.groups"},
        Wrong{"ShortHash", [](Json& j) { j["model"]["sha256"] = "abc"; }, "model.sha256: expected 64 hexadecimal digits"},
        Wrong{"PathAsHash", [](Json& j) { j["model"]["sha256"] = std::string(63, 'a') + "/"; }, "model.sha256"},
        Wrong{"PositionsShort",
              [](Json& j) {
                j["grouping"]["positions"] = {0, 5};
              },
              "grouping.positions: expected a list of 3"},
        Wrong{"PositionsFall",
              [](Json& j) {
                j["grouping"]["positions"] = {0, 5, 3};
              },
              "grouping.positions[2]"},
        Wrong{"PositionsBegin",
              [](Json& j) {
                j["grouping"]["positions"] = {1, 3, 5};
              },
              "grouping.positions[0]: expected 0"},
        Wrong{"PositionHuge", [](Json& j) { j["grouping"]["positions"][2] = 18446744073709551615u; }, "grouping.positions[2]"},
        Wrong{"NegativeClock", [](Json& j) { j["machine"]["cpu_hz"] = -1; }, "machine.cpu_hz"},
        Wrong{"LongName", [](Json& j) { j["model"]["name"] = std::string(5000, 'x'); }, "model.name: expected text of at most"},
        Wrong{"AnalyticWithoutRate", [](Json& j) { j["measured"] = false; }, "profile.rate_macs_per_s"},
        Wrong{"CodecTwice", [](Json& j) { j["codecs"].push_back(j["codecs"][0]); }, "codecs[1]: int8 is there twice"},
        Wrong{"CodecNegative", [](Json& j) { j["codecs"][0]["decode_s_per_byte"] = -1; }, "codecs[0].decode_s_per_byte"}),
    [](const auto& wrong) { return std::string(wrong.param.name); });

TEST(ProfileJson, WhatIsNoJsonIsSaidWithItsPlace) {
  for (const char* text : {"", "{", "{\"profile\": NaN}", "{\"profile\": 1e999}", "\xff\xfe"}) {
    const auto read = ProfileFromJson(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("not JSON: ")) << text;
  }
  EXPECT_THAT(std::string(ProfileFromJson("{\n\"profile\": NaN}").status().message()), HasSubstr("line 2, column 1"));
}

TEST(ProfileJson, LimitsHold) {
  EXPECT_FALSE(ProfileFromJson(ProfileToJson(Small()), {.groups = 1}).ok());
  EXPECT_FALSE(ProfileFromJson(ProfileToJson(Small()), {.file_bytes = 100}).ok());
  EXPECT_FALSE(ProfileFromJson(ProfileToJson(Small()), {.edge = 40}).ok());
}

TEST(ProfileJson, FilesAreWrittenAndReadAndNamedInErrors) {
  const std::string path = testing::TempDir() + "/small.profile.json";
  ASSERT_TRUE(WriteProfile(path, Small()).ok());
  const auto back = ReadProfile(path);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->model, "net");
  EXPECT_THAT(std::string(ReadProfile(path, {.edge = 40}).status().message()), HasSubstr(path + ": sizes[0].width"));
  EXPECT_TRUE(absl::IsNotFound(ReadProfile(path + ".none").status()));
}

TEST(ProfileJson, WhatNobodyCouldReadAgainIsNotWritten) {
  const std::string path = testing::TempDir() + "/endless.profile.json";
  Profile endless = Small();
  for (TimeSpread* spread : {&endless.sizes[0].whole}) spread->median_s = spread->p90_s = 1e9;
  EXPECT_THAT(std::string(WriteProfile(path, endless).message()), HasSubstr("median_s"));
  EXPECT_TRUE(absl::IsNotFound(ReadProfile(path).status()));
}

TEST(ProfileCheck, SaysWhatIsOtherThanExpected) {
  const Profile p = Small();
  const ProfileSubject same{"net", p.model_sha256, p.grouping, 2, p.engine, p.engine_version};
  EXPECT_TRUE(CheckBelongs(p, "f", same).ok());
  EXPECT_TRUE(CheckBelongs(p, "f", {}).ok());
  ProfileSubject other = same;
  other.model_sha256 = std::string(64, 'b');
  EXPECT_EQ(CheckBelongs(p, "f", other).message(), "f: a profile of net (aaaaaaaaaaaa), expected one of net (bbbbbbbbbbbb)");
  other = same;
  other.grouping = "fedcba9876543210";
  other.groups = 7;
  EXPECT_THAT(std::string(CheckBelongs(p, "f", other).message()), HasSubstr("(2 groups, 0123456789abcdef), expected 7 groups"));
  other = same;
  other.engine_version = "1.32.0";
  EXPECT_EQ(CheckBelongs(p, "f", other).message(),
            "f: measured with onnxruntime 1.31.1, expected onnxruntime 1.32.0; profile again");
  Profile analytic = p;
  analytic.measured = false;
  EXPECT_TRUE(CheckBelongs(analytic, "f", other).ok()) << "MACs are the same in every engine";
}

TEST(ProfileCheck, TwoProfilesOfOneModelGoTogetherWhateverTheirEngines) {
  Profile a = Small(), b = Small();
  b.engine_version = "1.0.0";
  EXPECT_TRUE(CheckSameModel(a, "a", b, "b").ok());
  b.model_sha256 = std::string(64, 'c');
  EXPECT_THAT(std::string(CheckSameModel(a, "a", b, "b").message()), HasSubstr("does not go with a: b: a profile of net"));
}

}   // namespace
}   // namespace partway::profile
