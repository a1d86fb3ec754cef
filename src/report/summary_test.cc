#include "report/summary.h"

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "report/run_record.h"

namespace partway::report {
namespace {

using device::Outcome;
using ::testing::ElementsAre;
using ::testing::Pair;

FrameRow Row(double captured_s, double latency_s, Outcome outcome, int cut, int64_t bytes, std::optional<bool> correct = {}) {
  FrameRow row;
  row.captured_s = captured_s;
  row.latency_s = latency_s;
  row.outcome = outcome;
  row.cut = cut;
  row.upload_bytes = bytes;
  row.correct = correct;
  return row;
}

TEST(NearestRank, TakesTheSmallestValueWithAtLeastThatShareAtOrBelowIt) {
  std::vector<double> hundred;
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  EXPECT_EQ(NearestRank(hundred, 0.50), 50);   // ceil(50) = 50th
  EXPECT_EQ(NearestRank(hundred, 0.95), 95);
  EXPECT_EQ(NearestRank(hundred, 0.07), 7);   // 0.07 * 100 is 7.000000000000001 in binary; still the 7th
  EXPECT_EQ(NearestRank(hundred, 0), 1);
  EXPECT_EQ(NearestRank(hundred, 1), 100);
  const std::vector<double> three = {1, 2, 10};
  EXPECT_EQ(NearestRank(three, 0.5), 2);     // ceil(1.5) = 2nd
  EXPECT_EQ(NearestRank(three, 0.95), 10);   // ceil(2.85) = 3rd
}

TEST(BuildSummary, AddsUpByItsDefinitions) {
  std::vector<FrameRow> rows = {
      Row(1.0, 0.2, Outcome::kEdge, 3, 1000, true),
      Row(1.1, 0.4, Outcome::kEdge, 3, 1000, false),
      Row(1.2, 0.1, Outcome::kDropped, 3, 0),
      Row(1.3, 0.6, Outcome::kLocal, 5, 400),   // sent, then finished locally: its bytes count
      Row(1.4, 1.6, Outcome::kEdge, 0, 0, true),
  };
  rows[3].deadline_missed = true;
  const RunSummary summary = BuildSummary(rows);
  EXPECT_EQ(summary.offered, 5);
  EXPECT_EQ(summary.edge, 3);
  EXPECT_EQ(summary.local, 1);
  EXPECT_EQ(summary.dropped, 1);
  EXPECT_EQ(summary.offered, summary.edge + summary.local + summary.dropped);
  EXPECT_DOUBLE_EQ(summary.fps, 4 / 2.0);               // from 1.0 to 1.4 + 1.6
  EXPECT_DOUBLE_EQ(summary.latency_s->mean, 2.8 / 4);   // 0.2 + 0.4 + 0.6 + 1.6, without the dropped frame
  EXPECT_DOUBLE_EQ(summary.latency_s->p50, 0.4);        // 2nd of 4
  EXPECT_DOUBLE_EQ(summary.latency_s->p95, 1.6);
  EXPECT_DOUBLE_EQ(*summary.top1_accuracy, 2.0 / 3);   // three have labels
  EXPECT_EQ(summary.upload_bytes, 2400);
  EXPECT_DOUBLE_EQ(summary.bytes_per_frame, 600);
  EXPECT_THAT(summary.cuts, ElementsAre(Pair(0, 1), Pair(3, 2), Pair(5, 1)));
  EXPECT_EQ(summary.deadline_misses, 1);
}

TEST(BuildSummary, NothingAnsweredHasNullsNotNumbers) {
  const std::vector<FrameRow> rows = {Row(0, 0, Outcome::kDropped, 3, 0)};
  const nlohmann::ordered_json json = BuildSummary(rows).ToJson();
  EXPECT_TRUE(json["latency_s"].is_null());
  EXPECT_TRUE(json["top1_accuracy"].is_null());
  EXPECT_EQ(json["fps"], 0);
  EXPECT_EQ(json["frames"]["dropped"], 1);
  EXPECT_EQ(BuildSummary(std::vector<FrameRow>{}).ToJson()["frames"]["offered"], 0);
}

TEST(RunSummary, HasTheKeysThatScriptsRelyOnAndReadsThemBack) {
  const std::vector<FrameRow> rows = {Row(0, 0.5, Outcome::kEdge, 3, 100, true), Row(1, 0.25, Outcome::kEdge, 10, 100, true)};
  const RunSummary summary = BuildSummary(rows);
  EXPECT_EQ(
      summary.ToJsonText(),
      R"({"frames":{"offered":2,"edge":2,"local":0,"dropped":0},"fps":1.6,)"   // 2 / 1.25 s
      R"("latency_s":{"mean":0.375,"p50":0.25,"p95":0.5,"p99":0.5},"top1_accuracy":1.0,"upload_bytes":200,)"
      R"("bytes_per_frame":100.0,"cuts":{"3":1,"10":1},"deadline_misses":0,"limits":null,"within":null,"dropped_by_reason":{}})");
  const auto again = RunSummary::FromJson(summary.ToJson());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->ToJsonText(), summary.ToJsonText());
}

TEST(RunSummary, SaysWhatWasAskedForAndWhyFramesWereDropped) {
  std::vector<FrameRow> rows = {Row(0, 0.1, Outcome::kEdge, 3, 0), Row(1, 0.25, Outcome::kLocal, 10, 0),
                                Row(2, 0.11, Outcome::kEdge, 3, 0)};
  for (int i = 0; i < 3; ++i) rows.push_back(Row(3 + i, 0.05, Outcome::kDropped, 0, 0));
  rows[3].reason = rows[4].reason = "left out by the policy";
  rows[5].reason = "too late";
  const RunSummary summary = BuildSummary(rows, SummaryLimits{0.1, 0.6});
  EXPECT_EQ(summary.within, 1) << "a limit is met by what is as long as it; dropped frames are within nothing";
  EXPECT_THAT(summary.dropped_by_reason, ElementsAre(Pair("left out by the policy", 2), Pair("too late", 1)));
  const auto again = RunSummary::FromJson(summary.ToJson());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->ToJsonText(), summary.ToJsonText());
  EXPECT_THAT(summary.ToJsonText(), testing::HasSubstr(R"("limits":{"max_latency_s":0.1,"min_accuracy":0.6},"within":1)"));
}

TEST(SummaryBuilder, TellsOnlySoManyReasonsApart) {
  SummaryBuilder builder;
  for (int i = 0; i < 100; ++i) {
    FrameRow row = Row(i, 0, Outcome::kDropped, 0, 0);
    row.reason = "reason " + std::to_string(i);
    builder.Add(row);
  }
  const RunSummary summary = builder.Summary();
  EXPECT_EQ(summary.dropped_by_reason.size(), SummaryBuilder::kReasons + 1);
  EXPECT_EQ(summary.dropped_by_reason.at("other"), 100 - static_cast<int64_t>(SummaryBuilder::kReasons));
}

TEST(RunSummary, RefusesWrongTypesByKey) {
  const auto bad = [](const char* text) { return RunSummary::FromJson(nlohmann::ordered_json::parse(text)).status(); };
  EXPECT_THAT(std::string(bad(R"({"fps":"fast"})").message()), testing::HasSubstr("summary.fps: expected a number"));
  EXPECT_THAT(std::string(bad(R"({"cuts":{"x":1}})").message()), testing::HasSubstr("summary.cuts"));
  EXPECT_FALSE(bad(R"({"frames":{"edge":1e99}})").ok());
  EXPECT_FALSE(bad("[]").ok());
}

TEST(SummaryBuilder, KeepsMemoryBoundedAndPercentilesCloseBeyondItsSample) {
  SummaryBuilder builder;
  const int n = 3 * static_cast<int>(SummaryBuilder::kLatencySamples);
  for (int i = 0; i < n; ++i) builder.Add(Row(i, (i % 1000) / 1000.0, Outcome::kEdge, 1, 0));
  const RunSummary summary = builder.Summary();
  EXPECT_EQ(summary.edge, n);
  // Uniform on 0..0.999: a sample of 2^20 has a standard error of sqrt(0.25 / 2^20) = 0.0005 at the median; five of them.
  EXPECT_NEAR(summary.latency_s->p50, 0.5, 0.0035);
  EXPECT_NEAR(summary.latency_s->p95, 0.95, 0.0035);
}

}   // namespace
}   // namespace partway::report
