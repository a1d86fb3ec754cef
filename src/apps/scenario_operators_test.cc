#include "apps/scenario_operators.h"

#include "cost/test_tables.h"
#include "gtest/gtest.h"
#include "policy/test_dags.h"

namespace partway::apps {
namespace {

// Four operators of 30, 10, 0 and 0 multiply-adds in groups [0, 2) and [2, 4). Group 0 takes 8 ms on the device and 4 ms on the edge, group 1
// takes 6 and 2; cut 1 also 5 ms of encoding and 1 ms of decoding.
TEST(SpreadGroupTimes, ACutTakesWhatItsRowTakesLessCodecs) {
  cost::OptionTable table = cost::MakeTable(2, {{0, 0, 4000, 0.006}, {1, 0.008 + 0.005, 1000, 0.002 + 0.001}, {2, 0.014, 0, 0}});
  table.encode_s[1] = 0.005;
  table.decode_s[1] = 0.001;
  policy::OperatorDag dag = policy::ChainDag({{30, 30}, {10, 10}, {0, 0}, {0, 0}}, {4000, 2000, 1000, 500});
  SpreadGroupTimes(table, 0, {0, 2, 4}, &dag);
  EXPECT_NEAR(dag.operators[0].device_s, 0.006, 1e-15);   // 30 of 40
  EXPECT_NEAR(dag.operators[1].device_s, 0.002, 1e-15);
  EXPECT_NEAR(dag.operators[2].device_s, 0.003, 1e-15);   // no multiply-adds: halves
  EXPECT_NEAR(dag.operators[0].edge_s, 0.003, 1e-15);
  const policy::SetCost cut1 = policy::CostOfSet(dag, {1, 1, 0, 0});
  EXPECT_NEAR(cut1.device_s, 0.008, 1e-15);
  EXPECT_NEAR(cut1.edge_s, 0.002, 1e-15);
  EXPECT_EQ(cut1.upload_bits, 1000);
  EXPECT_NEAR(policy::CostOfSet(dag, {0, 0, 0, 0}).edge_s, 0.006, 1e-15);
  EXPECT_NEAR(policy::CostOfSet(dag, {1, 1, 1, 1}).device_s, 0.014, 1e-15);
}

// Without a row for cut 1 the groups on both sides of it share what is known of both.
TEST(SpreadGroupTimes, AMissingCutMergesItsGroups) {
  const cost::OptionTable table = cost::MakeTable(2, {{0, 0, 4000, 0.006}, {2, 0.014, 0, 0}});
  policy::OperatorDag dag = policy::ChainDag({{30, 30}, {10, 10}}, {4000, 2000});
  SpreadGroupTimes(table, 0, {0, 1, 2}, &dag);
  EXPECT_NEAR(dag.operators[0].device_s, 0.0105, 1e-15);
  EXPECT_NEAR(dag.operators[1].edge_s, 0.0015, 1e-15);
}

}   // namespace
}   // namespace partway::apps
