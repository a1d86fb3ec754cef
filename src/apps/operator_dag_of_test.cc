#include "apps/operator_dag_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/macs.h"
#include "graph/model_builder.h"

namespace partway::apps {
namespace {

using graph::ModelBuilder;

// x [1,2] -> MatMul with 2x3 (6 MACs) -> a [1,3] -> Relu -> b, Sigmoid -> c, b + c -> y. The weights and what is made of them are constants.
struct Fixture {
  std::shared_ptr<const graph::OpGraph> graph;
  graph::ValueTypes types;
};
Fixture Small() {
  ModelBuilder b("small");
  b.Input("x", DType::kFloat32, {1, 2});
  b.Floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  b.Node("Relu", {"w"}, {}, "w2");
  b.Node("MatMul", {"x", "w2"}, {}, "a");
  b.Node("Relu", {"a"}, {}, "b");
  b.Node("Sigmoid", {"a"}, {}, "c");
  b.Node("Tanh", {"a"}, {}, "unused");
  b.Output(b.Node("Add", {"b", "c"}, {}, "y"));
  Fixture fixture;
  fixture.graph = *graph::BuildOpGraph(*graph::ModelFromProto(b.Build(), "small"));
  fixture.types = {{"x", {DType::kFloat32, {1, 2}}},     {"w2", {DType::kFloat32, {2, 3}}}, {"a", {DType::kFloat32, {1, 3}}},
                   {"b", {DType::kFloat32, {1, 3}}},     {"c", {DType::kFloat32, {1, 3}}},  {"y", {DType::kFloat32, {1, 3}}},
                   {"unused", {DType::kFloat32, {1, 3}}}};
  return fixture;
}

TEST(OperatorDagOf, HasTheLiveOperatorsAndWhatPassesBetweenThem) {
  const Fixture small = Small();
  OperatorDagInputs inputs;
  inputs.rates = {2, 60};
  inputs.accuracy = 0.75;
  const policy::OperatorDag dag = OperatorDagOf(*small.graph, small.types, inputs).value();
  EXPECT_EQ(dag.accuracy, 0.75);
  ASSERT_EQ(dag.operators.size(), 4u);   // MatMul, Relu, Sigmoid, Add; not the constant Relu, nor the Tanh that nobody reads
  EXPECT_DOUBLE_EQ(dag.operators[0].device_s, 3);   // 6 MACs at 2 a second
  EXPECT_DOUBLE_EQ(dag.operators[0].edge_s, 0.1);
  EXPECT_EQ(dag.operators[1].device_s, 0);
  ASSERT_EQ(dag.tensors.size(), 5u);   // x, a, b, c, y
  EXPECT_EQ(dag.tensors[0].producer, policy::OperatorDag::kInput);
  EXPECT_EQ(dag.tensors[0].bits, 64);
  EXPECT_EQ(dag.tensors[1].producer, 0);
  EXPECT_EQ(dag.tensors[1].bits, 96);
  EXPECT_THAT(dag.tensors[1].consumers, ::testing::ElementsAre(1, 2));
  EXPECT_EQ(dag.tensors[4].reply_bits, 96);
  EXPECT_TRUE(dag.tensors[4].consumers.empty());
  const std::vector<uint8_t> set = {1, 0, 1, 0};
  EXPECT_THAT(NodesOnSide(*small.graph, set, true), ::testing::ElementsAre(small.graph->order[0], small.graph->order[2]));
  EXPECT_THAT(NodesOnSide(*small.graph, set, false), ::testing::ElementsAre(small.graph->order[1], small.graph->order[3]));
}

TEST(OperatorDagOf, CountsBytesWhereMemoryHasASpeed) {
  const Fixture small = Small();
  OperatorDagInputs inputs;
  inputs.rates = {2, 60, 4, 0};
  inputs.input_bits = 16;   // the picture travels as 8 bits an element
  const policy::OperatorDag dag = OperatorDagOf(*small.graph, small.types, inputs).value();
  EXPECT_EQ(dag.tensors[0].bits, 16);
  EXPECT_DOUBLE_EQ(dag.operators[0].device_s, 3 + (8 + 12) / 4.0);   // reads x, writes a; weights stay where they are
  EXPECT_DOUBLE_EQ(dag.operators[3].device_s, (12 + 12 + 12) / 4.0);
  EXPECT_EQ(dag.operators[3].edge_s, 0);
}

TEST(OperatorDagOf, NamesWhatIsWrong) {
  Fixture small = Small();
  OperatorDagInputs inputs;
  const auto message = [&] { return std::string(OperatorDagOf(*small.graph, small.types, inputs).status().message()); };
  EXPECT_EQ(message(), "the sides do 0 and 0 MACs per second; expected rates above 0");
  inputs.rates = {1, 1, -1, 0};
  EXPECT_NE(message().find("memories carry -1"), std::string::npos);
  inputs.rates = {1, 1};
  small.types["b"].shape = {1, -1};
  EXPECT_EQ(message(), "the size of value 'b' is not known");
}

TEST(OperatorDagOf, WhatCannotBeSentMustNotCross) {
  Fixture small = Small();
  OperatorDagInputs inputs;
  inputs.rates = {1, 1};
  small.types["c"].dtype = DType::kOpaque;
  const policy::OperatorDag dag = OperatorDagOf(*small.graph, small.types, inputs).value();
  EXPECT_TRUE(std::isinf(dag.tensors[3].bits));
}

}   // namespace
}   // namespace partway::apps
