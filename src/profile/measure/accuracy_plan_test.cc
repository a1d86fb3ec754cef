#include "profile/measure/accuracy_plan.h"

#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "profile/measure/accuracy_counts.h"

namespace partway::profile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<codec::CodecSpec> Specs(const std::vector<std::string>& names) {
  std::vector<codec::CodecSpec> specs;
  for (const std::string& name : names) specs.push_back(*codec::ParseCodec(name));
  return specs;
}
std::vector<std::string> Texts(const AccuracyPlan& plan) {
  std::vector<std::string> texts;
  for (const AccuracyBlock& block : plan.blocks) {
    std::string text = Concat(block.size.height, "/", block.cut);
    for (const codec::CodecSpec& spec : block.codecs) Append(&text, " ", CodecName(spec));
    texts.push_back(text);
  }
  return texts;
}

TEST(AccuracyPlan, PictureCodecsAtCut0OthersInside) {
  const AccuracyPlan plan = PlanAccuracy({{64, 64}, {32, 32}}, Specs({"int8", "jpeg:75", "fp16"}), {2, 0, 1}, 3);
  EXPECT_THAT(Texts(plan), ElementsAre("64/-1 raw", "64/0 jpeg:75", "64/1 int8 fp16", "64/2 int8 fp16", "32/-1 raw",
                                       "32/0 jpeg:75", "32/1 int8 fp16", "32/2 int8 fp16"));
  EXPECT_THAT(plan.passed_over, IsEmpty());
  EXPECT_EQ(plan.rows(), 12u);
  EXPECT_TRUE(plan.has_cuts());
}

TEST(AccuracyPlan, EntropyCodedFormsFollowTheirPlainOnes) {
  const AccuracyPlan plan = PlanAccuracy({{8, 8}}, Specs({"int8", "int4-ch", "int8-ec", "int4-ch-ec", "int8"}), {1}, 3);
  EXPECT_THAT(Texts(plan), ElementsAre("8/-1 raw", "8/1 int8 int8-ec int4-ch int4-ch-ec"));
}

TEST(AccuracyPlan, RawAloneIsTheUncutRow) {
  const AccuracyPlan plan = PlanAccuracy({{8, 8}}, Specs({"raw"}), {0, 1, 2, 3}, 3);
  EXPECT_THAT(Texts(plan), ElementsAre("8/-1 raw"));
  EXPECT_THAT(plan.passed_over, IsEmpty());
  EXPECT_FALSE(plan.has_cuts());
}

TEST(AccuracyPlan, SaysWhatItPassesOver) {
  EXPECT_THAT(PlanAccuracy({{8, 8}}, Specs({"jpeg:75"}), {1, 2}, 3).passed_over,
              ElementsAre(HasSubstr("jpeg:75: only for cut 0"), HasSubstr("cuts 1 to 2")));
  EXPECT_THAT(PlanAccuracy({{8, 8}}, Specs({"int8"}), {0, 3}, 3).passed_over,
              ElementsAre(HasSubstr("int8: only for cuts 1 to 2"), HasSubstr("cut 0: only picture codecs"),
                          HasSubstr("cut 3: sends nothing")));
}

TEST(AccuracyPlan, AllCodecsAreDistinctAndParse) {
  const std::vector<codec::CodecSpec> all = AllCodecs();
  EXPECT_EQ(all.size(), 37u);   // 2 x (raw, fp16, 7 widths x 2, raw8) + 3 JPEG
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(*codec::ParseCodec(CodecName(all[i])), all[i]);
    for (size_t j = 0; j < i; ++j) EXPECT_FALSE(all[i] == all[j]) << CodecName(all[i]);
  }
}

// Four pictures: right, right, wrong, wrong when uncut; with int8 at cut 1 the second is lost and the third gained.
TEST(AccuracyCounts, SharesErrorsAndPairedChange) {
  const AccuracyPlan plan = PlanAccuracy({{8, 8}}, Specs({"int8"}), {1}, 2);
  AccuracyCounts counts(plan);
  const bool uncut[] = {true, true, false, false}, coded[] = {true, false, true, false};
  for (int i = 0; i < 4; ++i) {
    counts.Add(0, std::vector<Answer>{{.top1 = uncut[i], .top5 = true, .agrees = true, .uncut = uncut[i]}}, true);
    counts.Add(1, std::vector<Answer>{{.top1 = coded[i], .top5 = true, .agrees = i < 1, .uncut = uncut[i], .bytes = 10 + i}},
               true);
  }
  const AccuracyTable table = counts.Table(true);
  EXPECT_EQ(table.n, 4);
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].cut, -1);
  EXPECT_EQ(*table.rows[0].top1, 0.5);
  EXPECT_EQ(table.rows[0].top1_se, 0.25);   // sqrt(0.5 * 0.5 / 4)
  EXPECT_FALSE(table.rows[0].change.has_value());
  const AccuracyRow& row = table.rows[1];
  EXPECT_EQ(row.codec, "int8");
  EXPECT_EQ(*row.top1, 0.5);
  EXPECT_EQ(*row.top5, 1);
  EXPECT_EQ(row.top5_se, 0);
  EXPECT_EQ(*row.agreement, 0.25);
  EXPECT_EQ(*row.change, 0);
  EXPECT_NEAR(row.change_se, 0.353553, 1e-6);   // mean of squares 2/4, less 0: sqrt(0.5 / 4)
  EXPECT_EQ(row.bytes, 11.5);
}

TEST(AccuracyCounts, WithoutLabelsTheChangeIsOfAgreement) {
  const AccuracyPlan plan = PlanAccuracy({{8, 8}}, Specs({"int8"}), {1}, 2);
  AccuracyCounts counts(plan);
  for (int i = 0; i < 4; ++i) counts.Add(1, std::vector<Answer>{{.agrees = i > 0, .uncut = true}}, false);
  const AccuracyTable table = counts.Table(false);
  ASSERT_EQ(table.rows.size(), 1u) << "a row without pictures is left out";
  EXPECT_FALSE(table.rows[0].top1.has_value());
  EXPECT_EQ(*table.rows[0].agreement, 0.75);
  EXPECT_EQ(*table.rows[0].change, -0.25);
}

}   // namespace
}   // namespace partway::profile
