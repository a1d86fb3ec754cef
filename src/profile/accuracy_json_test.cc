#include "profile/accuracy_json.h"

#include <cmath>
#include <functional>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "profile/concave_fit.h"

namespace partway::profile {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;

AccuracyTable Small() {
  AccuracyTable table{.model = "net",
                      .model_sha256 = std::string(64, 'a'),
                      .grouping = "0123456789abcdef",
                      .images = "photos",
                      .n = 100,
                      .labelled = true};
  for (const int width : {20, 30}) {
    AccuracyRow row{.height = 20, .width = width, .n = 100, .top1 = 0.5 + width / 100.0, .top5 = 0.9};
    row.top1_se = std::sqrt(*row.top1 * (1 - *row.top1) / 100);   // 0.046 for 0.7
    row.top5_se = 0.03;
    row.agreement = 0.75;
    row.agreement_se = 0.0433;
    table.rows.push_back(row);
    row.codec = "int8";
    row.cut = 3;
    row.bytes = 1234.5;
    row.change = -0.01;
    row.change_se = 0.004;
    table.rows.push_back(row);
  }
  table.fit = **FitOf(table);
  return table;
}

std::string ErrorOf(const std::string& text) {
  const auto table = AccuracyFromJson(text);
  return table.ok() ? "" : std::string(table.status().message());
}
std::string ErrorAfter(const std::function<void(Json&)>& change) {
  Json json = Json::parse(AccuracyToJson(Small()));
  change(json);
  std::string error = ErrorOf(json.dump());
  EXPECT_EQ(error.find('\n'), std::string::npos);
  return error;
}

TEST(AccuracyJson, ReadsBackWhatItWrote) {
  const AccuracyTable table = Small();
  const auto read = AccuracyFromJson(AccuracyToJson(table));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(AccuracyToJson(*read), AccuracyToJson(table));
  EXPECT_EQ(AccuracyIndex(*read).Find(20, 30, "int8", 3)->bytes, 1234.5);
  EXPECT_EQ(*AccuracyIndex(*read).Find(20, 30, "int8", 3)->change, -0.01);
  EXPECT_EQ(*AccuracyIndex(*read).Find(20, 20, "raw", 7)->top1, 0.7) << "an uncut row answers for raw at every cut";
  EXPECT_EQ(AccuracyIndex(*read).Find(20, 20, "int8", 7), nullptr);
  EXPECT_EQ(read->fit->pixels, (std::vector<int>{400, 600}));
}

TEST(AccuracyJson, SizesAreAnEdgeOrHeightByWidth) {
  const Json json = Json::parse(AccuracyToJson(Small()));
  EXPECT_EQ(json["table"][0]["size"], 20);
  EXPECT_EQ(json["table"][2]["size"], "20x30");
  EXPECT_TRUE(json["table"][0]["cut"].is_null());
  for (const Json& bad :
       {Json(0), Json(-1), Json(16385), Json(2.5), Json("20x"), Json("x20"), Json("20x30x4"), Json("20"), Json()}) {
    EXPECT_THAT(ErrorAfter([&](Json& j) { j["table"][1]["size"] = bad; }), HasSubstr("table[1].size: expected an input edge"))
        << bad;
  }
}

TEST(AccuracyJson, ATableMayBeWrittenByHand) {
  const auto table = AccuracyFromJson(R"({"model":"m","table":[{"size":128,"codec":"raw","n":400,"top1":0.8,"note":"mine"}]})");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_NEAR(table->rows[0].top1_se, 0.02, 1e-12);   // sqrt(0.8 * 0.2 / 400) = sqrt(0.0004)
  EXPECT_EQ(table->rows[0].cut, -1);
  EXPECT_EQ(table->n, 400);
  EXPECT_TRUE(table->labelled);
  EXPECT_FALSE(table->fit.has_value());
}

TEST(AccuracyJson, WithoutLabelsAgreementStandsForAccuracy) {
  const auto table = AccuracyFromJson(R"({"model":"m","table":[{"size":128,"codec":"raw","n":4,"agreement":0.5}]})");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_FALSE(table->labelled);
  EXPECT_EQ(table->rows[0].Share(), 0.5);
  EXPECT_NEAR(table->rows[0].agreement_se, 0.25, 1e-12);   // sqrt(0.25 / 4)
}

TEST(AccuracyJson, SharesLieBetween0And1) {
  for (const char* key : {"top1", "top5", "agreement", "top1_se"}) {
    for (const Json& bad : {Json(-0.1), Json(1.5), Json(100), Json("high")}) {
      EXPECT_THAT(ErrorAfter([&](Json& j) { j["table"][1][key] = bad; }),
                  AllOf(HasSubstr(std::string("table[1].") + key), HasSubstr("expected")));
    }
  }
  EXPECT_EQ(ErrorAfter([](Json& j) { j["table"][1]["top1"] = 1.2; }), "table[1].top1: expected a share from 0 to 1, found 1.2");
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][0]["top5"] = 0.6; }),
              HasSubstr("table[0].top5: expected no less than top1 (0.7)"));
  EXPECT_THAT(ErrorOf(R"({"model":"m","table":[{"size":1,"codec":"raw","n":1,"top1":NaN}]})"), HasSubstr("not JSON"));
  EXPECT_THAT(ErrorOf(R"({"model":"m","table":[{"size":1,"codec":"raw","n":1,"top1":1e999}]})"), HasSubstr("not JSON"));
}

TEST(AccuracyJson, OtherNumbersLieInTheirRanges) {
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][0]["n"] = 0; }), HasSubstr("table[0].n"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][0].erase("n"); }), HasSubstr("it is missing"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][1]["cut"] = -2; }), HasSubstr("table[1].cut"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][1]["cut"] = 1.5; }), HasSubstr("table[1].cut"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][1]["bytes"] = -1; }), HasSubstr("table[1].bytes"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][1]["change"] = 2; }), HasSubstr("table[1].change"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][1]["codec"] = "in t8"; }), HasSubstr("table[1].codec"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][1]["cut"] = nullptr; }), HasSubstr("only raw may be uncut"));
}

TEST(AccuracyJson, RowsTwiceAndHolesAreNamed) {
  EXPECT_EQ(ErrorAfter([](Json& j) { j["table"].push_back(j["table"][1]); }),
            "table[4]: size 20, int8 at cut 3 is in table[1] already");
  EXPECT_EQ(ErrorAfter([](Json& j) { j["table"].erase(3); }), "table: a hole: size 20x30 lacks int8 at cut 3, which size 20 has");
  EXPECT_EQ(ErrorAfter([](Json& j) { j["table"].erase(0); }), "table: a hole: size 20 has no uncut row (codec raw, cut null)");
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][2]["top1"] = nullptr; }),
              HasSubstr("table[2].top1: expected a share, as other rows have"));
  EXPECT_THAT(ErrorAfter([](Json& j) {
                for (Json& row : j["table"]) row["top1"] = row["agreement"] = nullptr;
              }),
              HasSubstr("expected top1 or agreement"));
}

TEST(AccuracyJson, OtherDocumentsAndVersionsAreRefused) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("not JSON"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("not an accuracy table"));
  EXPECT_THAT(ErrorOf(R"({"profile":1})"), HasSubstr("not an accuracy table"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["accuracy"] = 2; }), HasSubstr("version 2 of the accuracy table's format, expected 1"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"] = Json::array(); }), HasSubstr("table: expected a list"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["table"][0] = 7; }), HasSubstr("table[0]: expected an object"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["model"] = 7; }), HasSubstr("model: expected text"));
  AccuracyLimits limits;
  limits.rows = 3;
  EXPECT_FALSE(AccuracyFromJson(AccuracyToJson(Small()), limits).ok());
  limits = {.file_bytes = 10};
  EXPECT_FALSE(AccuracyFromJson(AccuracyToJson(Small()), limits).ok());
}

TEST(AccuracyJson, AFitThatIsNoneIsRefused) {
  EXPECT_THAT(ErrorAfter([](Json& j) { j["fit"]["pixels"] = {600, 400}; }), HasSubstr("fit.pixels[1]"));
  EXPECT_THAT(ErrorAfter([](Json& j) {
                j["fit"]["accuracy"] = {0.9, 0.1};
              }),
              HasSubstr("fit.accuracy[1]: expected values that rise"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["fit"]["accuracy"] = {0.9}; }),
              HasSubstr("fit.accuracy: expected a list of 2, found 1"));
  EXPECT_THAT(ErrorAfter([](Json& j) { j["fit"]["accuracy"][0] = nullptr; }), HasSubstr("fit.accuracy[0]"));
  EXPECT_EQ(ErrorAfter([](Json& j) { j["fit"] = nullptr; }), "");
}

TEST(AccuracyJson, FilesAreNamedInErrors) {
  const std::string path = ::testing::TempDir() + "/accuracy_json_test.json";
  ASSERT_TRUE(WriteAccuracy(path, Small()).ok());
  const auto read = ReadAccuracy(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->rows.size(), 4u);
  ASSERT_TRUE(WriteFileAtomically(path, "{\"model\":\"m\",\"table\":[{\"size\":0}]}").ok());
  EXPECT_THAT(std::string(ReadAccuracy(path).status().message()), HasSubstr("accuracy_json_test.json: table[0].size"));
  EXPECT_TRUE(absl::IsNotFound(ReadAccuracy(path + ".none").status()));
}

}   // namespace
}   // namespace partway::profile
