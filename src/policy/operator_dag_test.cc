#include "policy/operator_dag.h"

#include <gtest/gtest.h>

#include <limits>

#include "policy/problem.h"
#include "policy/test_dags.h"
#include "policy/test_problems.h"

namespace partway::policy {
namespace {

// input -> 0 -> {1, 2} -> 3, the output of 0 read by both.
OperatorDag Diamond() {
  OperatorDag dag;
  dag.operators = {{1, 0.1}, {2, 0.2}, {4, 0.4}, {8, 0.8}};
  dag.tensors = {{-1, 100, 0, {0}}, {0, 10, 0, {1, 2}}, {1, 20, 0, {3}}, {2, 40, 0, {3}}, {3, 5, 7, {}}};
  return dag;
}

TEST(OperatorDag, ATensorIsUploadedOnce) {
  const OperatorDag dag = Diamond();
  // Only operator 0 here: its output goes to 1 and 2, 10 bits and not 20.
  SetCost cost = CostOfSet(dag, {1, 0, 0, 0});
  EXPECT_EQ(cost.device_s, 1);
  EXPECT_EQ(cost.upload_bits, 10);
  EXPECT_DOUBLE_EQ(cost.edge_s, 1.4);
  EXPECT_EQ(cost.reply_bits, 7);
  // 0 and 1 here: what 1 made, and what 0 made for 2.
  cost = CostOfSet(dag, {1, 1, 0, 0});
  EXPECT_EQ(cost.upload_bits, 30);
  cost = CostOfSet(dag, {0, 0, 0, 0});
  EXPECT_EQ(cost.upload_bits, 100);
  cost = CostOfSet(dag, {1, 1, 1, 1});
  EXPECT_EQ(cost.upload_bits, 0);
  EXPECT_EQ(cost.reply_bits, 0);
  EXPECT_FALSE(cost.sends);
}

TEST(OperatorDag, KnowsWhatIsClosed) {
  const OperatorDag dag = Diamond();
  int closed = 0;
  ForEachClosedSet(dag, [&](const std::vector<uint8_t>& /*set*/) { ++closed; });
  EXPECT_EQ(closed, 6);   // {}, {0}, {0 1}, {0 2}, {0 1 2}, all
  EXPECT_FALSE(IsClosed(dag, {0, 1, 0, 0}));
}

TEST(OperatorDag, NamesWhatIsWrong) {
  const auto message = [](const OperatorDag& dag) { return std::string(CheckOperatorDag(dag).message()); };
  EXPECT_EQ(message(Diamond()), "");
  EXPECT_EQ(message({}), "the operator graph has no operators");
  OperatorDag dag = Diamond();
  dag.operators[2].edge_s = -1;
  EXPECT_NE(message(dag).find("operator 2 takes 4 s on the device and -1"), std::string::npos);
  dag = Diamond();
  dag.tensors[1].bits = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(message(dag).find("tensor 1 has nan bits"), std::string::npos);
  dag.tensors[1].bits = std::numeric_limits<double>::infinity();   // must not cross: allowed
  EXPECT_EQ(message(dag), "");
  dag = Diamond();
  dag.tensors[3].consumers = {2};
  EXPECT_NE(message(dag).find("tensor 3 of operator 2 is read by operator 2"), std::string::npos);
  dag = Diamond();
  dag.tensors[0].consumers = {4};
  EXPECT_NE(message(dag).find("read by operator 4"), std::string::npos);
  dag = Diamond();
  dag.tensors[0].producer = 9;
  EXPECT_NE(message(dag).find("made by operator 9 of 4"), std::string::npos);
}

TEST(OperatorDag, AProblemBringsOneForEachSize) {
  const cost::OptionTable table = PaperLikeTable(2);
  Problem problem = PaperLikeProblem(table);
  OperatorDags dags = {Diamond()};
  problem.dags = &dags;
  EXPECT_EQ(CheckProblem(problem).message(), "there are operator graphs for 1 sizes; the options have 2");
  dags.push_back(Diamond());
  EXPECT_TRUE(CheckProblem(problem).ok());
  dags[1].accuracy = 2;
  EXPECT_EQ(CheckProblem(problem).message(), "size 256: the operator graph's accuracy is 2; expected a share of 0 to 1");
}

}   // namespace
}   // namespace partway::policy
