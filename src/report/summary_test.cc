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
  EXPECT_EQ(summary.ToJsonText(),
            R"({"frames":{"offered":2,"edge":2,"local":0,"dropped":0},"fps":1.6,)"   // 2 / 1.25 s
            R"("latency_s":{"mean":0.375,"p50":0.25,"p95":0.5,"p99":0.5},"top1_accuracy":1.0,"upload_bytes":200,)"
            R"("bytes_per_frame":100.0,"cuts":{"3":1,"10":1},"deadline_misses":0})");
  const auto again = RunSummary::FromJson(summary.ToJson());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->ToJsonText(), summary.ToJsonText());
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
