#include "policy/row_subset.h"

#include <gtest/gtest.h>

#include "policy/test_problems.h"

namespace partway::policy {
namespace {

TEST(RowSubset, TakesOneSizeWithAllItsColumns) {
  const cost::OptionTable table = PaperLikeTable(3);   // rows: cut 0 at sizes 0, 1, 2, cut 1 at 0, 1, 2 ...
  const RowSubset one = RowsOfSize(table, 1).value();
  ASSERT_EQ(one.table.size(), 10u);
  for (size_t i = 0; i < one.row.size(); ++i) {
    const auto row = static_cast<size_t>(one.row[i]);
    EXPECT_EQ(row, 3 * i + 1);
    EXPECT_EQ(one.table.keys[i], table.keys[row]);
    EXPECT_EQ(one.table.accuracy[i], table.accuracy[row]);
    for (size_t w = 0; w < cost::kWeights; ++w) EXPECT_EQ(one.table.coefficient[w][i], table.coefficient[w][row]);
    EXPECT_EQ(cost::OptionText(one.table, i), cost::OptionText(table, row));
  }
  const Problem problem = PaperLikeProblem(table);
  EXPECT_TRUE(CheckProblem(one.In(problem)).ok());
  EXPECT_EQ(RowsOfSize(table, -1)->table.size(), table.size());
}

TEST(RowSubset, PutsTheWholeTablesRowsIntoADecision) {
  const RowSubset one = KeepRows(PaperLikeTable(3), {4, 9, 20});
  Decision decision = Decision::Of(2, 7);
  decision.Add({kOwnOption, 3});
  const Decision whole = one.Whole(decision);
  ASSERT_EQ(whole.count, 2);
  EXPECT_EQ(whole.shares[0].option, 20);
  EXPECT_EQ(whole.shares[0].frames, 7);
  EXPECT_EQ(whole.shares[1].option, kOwnOption);
}

TEST(RowSubset, FindsASizeByNumberOrText) {
  cost::OptionTable table = PaperLikeTable(3);   // 224, 256, 288
  table.sizes[2] = {192, 256};
  EXPECT_EQ(SizeIndex(table, {{{"size", 0}}, {}}).value(), -1);
  EXPECT_EQ(SizeIndex(table, {}).value(), -1);
  EXPECT_EQ(SizeIndex(table, {{{"size", 256}}, {}}).value(), 1);
  EXPECT_EQ(SizeIndex(table, {{{"size", 0}}, {{"size", "192x256"}}}).value(), 2);
  EXPECT_EQ(SizeIndex(table, {{{"size", 100}}, {}}).status().message(),
            "the options have no size 100; they have 224, 256, 192x256");
}

// What the registry lets through for a parameter that is a number or a text.
TEST(RowSubset, TheSizeMayBeAText) {
  const cost::OptionTable table = PaperLikeTable(3);
  const Problem problem = PaperLikeProblem(table);
  const auto status = [&](const Parameters& given) { return MakePolicy("neurosurgeon", problem, given, 1).status(); };
  EXPECT_TRUE(status({{{"size", 224}}, {}}).ok());
  EXPECT_TRUE(status({{}, {{"size", "224"}}}).ok());
  EXPECT_NE(status({{}, {{"size", "225"}}}).message().find("no size 225"), std::string::npos);
  EXPECT_NE(status({{{"size", 224.5}}, {}}).message().find("expected a whole number"), std::string::npos);
}

}   // namespace
}   // namespace partway::policy
