#include "profile/privacy_json.h"

#include <functional>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace partway::profile {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

PrivacyTable Small() {
  PrivacyTable table{.model = "net",
                     .model_sha256 = std::string(64, 'a'),
                     .grouping = "0123456789abcdef",
                     .images = "photos",
                     .height = 20,
                     .width = 30,
                     .codec = "int8",
                     .n = 100,
                     .train = 60,
                     .validation = 20,
                     .test = 20,
                     .seed = 7,
                     .picture_edge = 32,
                     .baseline_psnr_db = 11.5,
                     .baseline_ssim = 0.02,
                     .control_ssim = 0.75};
  table.rows.push_back({.cut = 0,
                        .codec = "raw",
                        .distance_correlation = 0.98,
                        .psnr_db = 30,
                        .ssim = 0.9,
                        .lambda = 0.01,
                        .bytes = 1800,
                        .features = 1800});
  table.rows.push_back({.cut = 3,
                        .codec = "int8",
                        .distance_correlation = 0.7,
                        .psnr_db = 18,
                        .ssim = 0.4,
                        .psnr_se_db = 0.5,
                        .ssim_se = 0.03,
                        .ssim_half = 0.3,
                        .lambda = 0.1,
                        .bytes = 300,
                        .features = 150,
                        .averaged = 2});
  return table;
}

std::string ErrorAfter(const std::function<void(Json&)>& change) {
  Json json = Json::parse(PrivacyToJson(Small()));
  change(json);
  const auto table = PrivacyFromJson(json.dump());
  return table.ok() ? "" : std::string(table.status().message());
}

TEST(PrivacyJson, ReadsBackWhatItWrote) {
  const auto read = PrivacyFromJson(PrivacyToJson(Small()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(PrivacyToJson(*read), PrivacyToJson(Small()));
  EXPECT_EQ(read->Find(3)->averaged, 2);
  EXPECT_EQ(read->Find(1), nullptr);
  EXPECT_EQ(read->Find(3)->ssim_half, 0.3);
  EXPECT_EQ(read->Find(3)->ssim_se, 0.03);
  EXPECT_EQ(read->Find(0)->ssim_half, std::nullopt);
}

// The control decides; a table that does not tell it is judged by its pictures.
TEST(PrivacyTable, SaysWhenItsPicturesAreTooFew) {
  PrivacyTable table = Small();
  EXPECT_EQ(TooFewPictures(table), "") << "0.75 of 1";
  table.control_ssim = 0.29;
  EXPECT_THAT(
      TooFewPictures(table),
      HasSubstr("too few pictures (100): even from the picture itself, nothing hidden, this attacker rebuilds SSIM 0.29"));
  EXPECT_EQ(Json::parse(PrivacyToJson(table))["too_few_pictures"], TooFewPictures(table));
  table.control_ssim.reset();
  EXPECT_THAT(TooFewPictures(table), HasSubstr("100 pictures, which is few (below 400)"));
  table.n = 400;
  EXPECT_EQ(TooFewPictures(table), "");
}

TEST(PrivacyJson, EveryFieldIsChecked) {
  EXPECT_EQ(ErrorAfter([](Json& j) { j["table"][1]["ssim"] = 1.2; }), "table[1].ssim: expected a number from -1 to 1, found 1.2");
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][0]["distance_correlation"] = -0.1; }),
              HasSubstr("table[0].distance_correlation"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][0]["psnr_db"] = nullptr; }), HasSubstr("table[0].psnr_db: expected decibels"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][0]["cut"] = -1; }), HasSubstr("table[0].cut"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][1]["cut"] = 0; }), HasSubstr("table[1]: cut 0 is there twice"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["size"] = "20x0"; }), HasSubstr("size: expected an input edge"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j.erase("baseline_ssim"); }), HasSubstr("baseline_ssim: expected a number"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["n"] = 0; }), HasSubstr("n: expected pictures"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"] = Json::array(); }), HasSubstr("table: expected a list"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["privacy"] = 2; }), HasSubstr("version 2 of the privacy table's format, expected 1"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j.erase("privacy"); }), HasSubstr("not a privacy table"));
  EXPECT_THAT(std::string(PrivacyFromJson("{").status().message()), HasSubstr("not JSON"));
}

TEST(PrivacyJson, FilesAreNamedInErrors) {
  const std::string path = ::testing::TempDir() + "/privacy_json_test.json";
  ASSERT_TRUE(WritePrivacy(path, Small()).ok());
  ASSERT_TRUE(ReadPrivacy(path).ok()) << ReadPrivacy(path).status();
  ASSERT_TRUE(WriteFileAtomically(path, "{}").ok());
  EXPECT_THAT(std::string(ReadPrivacy(path).status().message()), HasSubstr("privacy_json_test.json: not a privacy table"));
}

}   // namespace
}   // namespace partway::profile
