// What DADS decides on the operators can be run: its sets, which are not cuts of any order of groups, are extracted on both sides, and the
// tail made of what the head hands over gives what the whole model gives.
#include <gtest/gtest.h>

#include <cmath>

#include "apps/operator_dag_of.h"
#include "graph/sub_model.h"
#include "policy/min_cut.h"
#include "policy/slowest_stage.h"
#include "tests/engine/odd_model_fixture.h"

namespace partway::engine {
namespace {

// Whether the set is a position of the order in which the model is cut.
bool IsPrefix(const std::vector<uint8_t>& set) { return std::is_sorted(set.rbegin(), set.rend()); }

class SurgeryTest : public OddModelTest {
 protected:
  // Head, then tail on what crosses, which is as many bytes as the graph said.
  void RunSet(const policy::OperatorDag& dag, const std::vector<uint8_t>& set) {
    ASSERT_TRUE(policy::IsClosed(dag, set));
    double bits = 0;
    std::set<std::string> crossed;
    std::vector<std::unique_ptr<Segment>> sides;
    for (const bool device : {true, false}) {
      const auto part = graph::Extract(graph_, apps::NodesOnSide(*graph_, set, device), types_);
      ASSERT_TRUE(part.ok()) << part.status();
      auto segment = engine_->Build(*part);
      ASSERT_TRUE(segment.ok()) << segment.status();
      sides.push_back(*std::move(segment));
    }
    for (const Case& c : cases_) {
      Tensors head, known = c.inputs;
      RunOn(*sides[0], c.inputs, &head);
      for (const auto& [name, tensor] : head) known[name] = tensor;
      for (const TensorSpec& spec : sides[1]->inputs()) {
        if (!crossed.insert(spec.name).second) continue;
        bits += 8 * static_cast<double>(known.at(spec.name).byte_size());
      }
      Tensors made = head;
      RunOn(*sides[1], known, &made);
      ExpectWhole(c, made, Concat("a set of ", std::count(set.begin(), set.end(), 1), " of ", set.size(), " operators"));
    }
    EXPECT_EQ(bits, policy::CostOfSet(dag, set).upload_bits);   // of the first case, at the size of the graph
  }
};

TEST_P(SurgeryTest, ItsSetsRunOnBothSides) {
  apps::OperatorDagInputs inputs;
  inputs.rates = {1e9, 2e10, 4e9, 8e10};
  auto made = apps::OperatorDagOf(*graph_, types_, inputs);
  ASSERT_TRUE(made.ok()) << made.status();
  policy::OperatorDag& dag = *made;
  ASSERT_EQ(dag.operators.size(), graph_->order.size());
  // Machines that are good at some operators and bad at others, so that the best sets take all shapes.
  Rng rng(1);
  for (policy::OperatorDag::Operator& op : dag.operators) {
    op.device_s = (op.device_s + 1e-6) * std::exp(rng.Uniform(-4, 4));
    op.edge_s = (op.edge_s + 1e-6) * std::exp(rng.Uniform(-4, 4));
  }
  policy::MinCut light(dag);
  policy::SlowestStageCut heavy(dag);
  std::vector<std::vector<uint8_t>> sets;
  const auto keep = [&](const std::vector<uint8_t>& set) {
    if (std::find(sets.begin(), sets.end(), set) == sets.end()) sets.push_back(set);
  };
  for (double edge = 1; edge <= 40; edge *= 2) {
    for (double uplink_bps = 1e7; uplink_bps < 1e13; uplink_bps *= 1.2) {
      keep(light.Solve({1, edge, 1 / uplink_bps, 0}));
      keep(heavy.Solve({1, 1 / uplink_bps, edge}));
    }
  }
  int split = 0, no_cut = 0;
  for (const std::vector<uint8_t>& set : sets) {
    const auto here = static_cast<size_t>(std::count(set.begin(), set.end(), 1));
    if (here == 0 || here == set.size()) continue;
    ++split;
    no_cut += IsPrefix(set) ? 0 : 1;
    RunSet(dag, set);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(split, 0);
  if (GetParam().name == "inception") {
    EXPECT_GT(no_cut, 0);
  }
  RecordProperty("sets", split);
  RecordProperty("sets_that_are_no_cut", no_cut);
}

std::vector<OddModel> Branching() {
  std::vector<OddModel> models;
  for (OddModel& model : VisionModels()) {
    if (model.name == "inception" || model.name == "residual" || model.name == "densenet") models.push_back(std::move(model));
  }
  return models;
}

INSTANTIATE_TEST_SUITE_P(Vision, SurgeryTest, ::testing::ValuesIn(Branching()), [](const auto& info) { return info.param.name; });

}   // namespace
}   // namespace partway::engine
