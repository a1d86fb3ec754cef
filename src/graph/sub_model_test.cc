#include "graph/sub_model.h"

#include <algorithm>
#include <set>

#include "gmock/gmock.h"
#include "graph/test_graphs.h"

namespace partway::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

SubModel Part(const std::shared_ptr<const OpGraph>& graph, const std::vector<NodeId>& nodes, const ValueTypes& types) {
  auto part = Extract(graph, nodes, types);
  EXPECT_TRUE(part.ok()) << part.status();
  return *std::move(part);
}

// Through bytes and the same door as any file.
std::shared_ptr<const OpGraph> Reread(const SubModel& part) {
  const auto bytes = part.Serialize();
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(bytes->size(), part.byte_size());
  const auto model = ParseModel(*bytes, "part");
  EXPECT_TRUE(model.ok()) << model.status();
  const auto graph = BuildOpGraph(*model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return *graph;
}

std::vector<std::string> Made(const OpGraph& graph) {
  std::vector<std::string> names;
  for (const auto& node : graph.proto().node()) names.push_back(node.output(0));
  return names;
}

// w is shared by both layers, w2 is computed from it.
ModelBuilder Shared() {
  ModelBuilder b("shared");
  b.Input("x", DType::kFloat32, {"N", 4});
  b.Floats("w", {4}, {1, 2, 3, 4});
  b.Floats("u", {4}, {1, 1, 1, 1});
  b.Node("Mul", {"w", "w"}, {}, "w2");
  b.Node("Add", {"x", "w2"}, {}, "a");
  b.Node("Add", {"a", "w2"}, {}, "b");
  b.Node("Add", {"b", "w"}, {}, "c");
  b.Node("Add", {"c", "u"}, {}, "y");
  b.Output("y", DType::kFloat32, {"N", 4});
  return b;
}

TEST(ExtractTest, SharedWeightsComeOncePerPartAndConstantNodesAreCopied) {
  ModelBuilder b = Shared();
  const auto graph = GraphOf(b);
  const SubModel head = Part(graph, {1}, UniformTypes(*graph)), tail = Part(graph, {2, 3, 4}, UniformTypes(*graph));
  EXPECT_THAT(Made(*Reread(head)), ElementsAre("w2", "a"));
  EXPECT_THAT(Made(*Reread(tail)), ElementsAre("w2", "b", "c", "y"));
  EXPECT_EQ(head.param_bytes(), 16);
  EXPECT_EQ(tail.param_bytes(), 32);   // w once, and u
  EXPECT_THAT(NamesOf(*graph, head.outputs()), ElementsAre("a"));
  EXPECT_THAT(NamesOf(*graph, tail.inputs()), ElementsAre("a"));
}

TEST(ExtractTest, SymbolicModelsGetSymbolicCutsAndFixedOnesFixed) {
  for (const bool fixed : {false, true}) {
    ModelBuilder b = Shared();
    if (fixed)
      b.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_value(1);
    const auto graph = GraphOf(b);
    const auto tail = Reread(Part(graph, {2, 3, 4}, UniformTypes(*graph)));
    const auto& shape = tail->proto().input(0).type().tensor_type().shape();
    EXPECT_EQ(tail->proto().input(0).type().tensor_type().elem_type(), onnx::TensorProto::FLOAT);
    ASSERT_EQ(shape.dim_size(), 2);
    EXPECT_EQ(shape.dim(0).has_dim_value(), fixed);
    EXPECT_EQ(shape.dim(0).has_dim_param(), !fixed);
  }
}

TEST(ExtractTest, CapturedValuesBecomeInputsOfThePart) {
  ModelBuilder b("captured");
  b.Input("x", DType::kFloat32, {1, 4});
  b.Input("c", DType::kBool, {});
  b.Floats("w", {4}, {1, 2, 3, 4});
  b.Node("Relu", {"x"}, {}, "a");
  ModelBuilder yes("yes"), no("no");
  yes.Output(yes.Node("Add", {"a", "w"}, {}, "yes_out"));
  no.Output(no.Node("Identity", {"a"}, {}, "no_out"));
  b.Node("If", {"c"}, {attr::Body("then_branch", yes.BuildBody()), attr::Body("else_branch", no.BuildBody())}, "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  const SubModel tail = Part(graph, {1}, UniformTypes(*graph));
  EXPECT_THAT(NamesOf(*graph, tail.inputs()), ElementsAre("c", "a"));
  const auto again = Reread(tail);
  EXPECT_EQ(again->proto().initializer_size(), 1);                          // w, captured as well
  EXPECT_FALSE(again->proto().input(1).type().tensor_type().has_shape());   // an If: not even the rank is sure
}

TEST(ExtractTest, Ir3PartsListTheirInitialisersAsInputs) {
  ModelBuilder b("old", 8, 3);
  b.Input("x", DType::kFloat32, {4});
  b.Input("w", DType::kFloat32, {4});
  b.Floats("w", {4}, {1, 2, 3, 4});
  b.Floats("u", {4}, {1, 2, 3, 4});   // not listed: the part lists it all the same
  b.Node("Add", {"x", "w"}, {}, "a");
  b.Node("Add", {"a", "u"}, {}, "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  const auto head = Reread(Part(graph, {0}, UniformTypes(*graph))), tail = Reread(Part(graph, {1}, UniformTypes(*graph)));
  ASSERT_EQ(head->proto().input_size(), 2);
  EXPECT_EQ(head->proto().input(1).name(), "w");
  ASSERT_EQ(tail->proto().input_size(), 2);
  EXPECT_EQ(tail->proto().input(1).name(), "u");
  EXPECT_EQ(tail->inputs.size(), 1u);
}

TEST(ExtractTest, MetadataOpsetsAndFunctionsTravelButNotTheGroupsOfTheWhole) {
  ModelBuilder b = Shared();
  b.Metadata("author", "somebody");
  b.Group("one", "b");
  b.Group("two", "y");
  b.Opset("my.domain", 1);
  onnx::FunctionProto& function = *b.proto().add_functions();
  function.set_name("Twice");
  function.set_domain("my.domain");
  const auto graph = GraphOf(b);
  const auto head = Reread(Part(graph, {1, 2}, UniformTypes(*graph)));
  const onnx::ModelProto& proto = head->model->proto;
  ASSERT_EQ(proto.metadata_props_size(), 1);
  EXPECT_EQ(proto.metadata_props(0).key(), "author");
  EXPECT_EQ(proto.functions_size(), 1);
  EXPECT_EQ(proto.opset_import_size(), 2);
  EXPECT_EQ(graph->model->proto.functions_size(), 1);   // lent, not taken
}

TEST(ExtractTest, OutputsThatNoNodeMakesBelongToThePartWithTheLastNode) {
  ModelBuilder b("pass");
  b.Input("x", DType::kFloat32, {1, 4});
  b.Floats("w", {4}, {1, 2, 3, 4});
  b.Node("Mul", {"w", "w"}, {}, "w2");
  b.Node("Relu", {"x"}, {}, "a");
  b.Node("Relu", {"a"}, {}, "y");
  for (const char* name : {"y", "x", "w", "w2"}) b.Output(name);
  const auto graph = GraphOf(b);
  const SubModel head = Part(graph, {1}, UniformTypes(*graph)), tail = Part(graph, {2}, UniformTypes(*graph));
  EXPECT_THAT(NamesOf(*graph, head.outputs()), ElementsAre("a"));
  EXPECT_THAT(NamesOf(*graph, tail.outputs()), UnorderedElementsAre("y", "x", "w", "w2"));
  EXPECT_THAT(NamesOf(*graph, tail.inputs()), ElementsAre("x", "a"));
  Reread(tail);
}

TEST(ExtractTest, WhatCannotBePartIsRefused) {
  ModelBuilder b("sequence");
  b.Input("x", DType::kFloat32, {4});
  b.Int64("zero", 0);
  b.Node("SequenceConstruct", {"x"}, {}, "seq");
  b.Node("SequenceAt", {"seq", "zero"}, {}, "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  const auto error = [&](std::vector<NodeId> nodes) { return std::string(Extract(graph, nodes, {}).status().message()); };
  EXPECT_THAT(error({0}), HasSubstr("value 'seq' would cross the cut"));
  EXPECT_THAT(error({1}), HasSubstr("value 'seq' would cross the cut"));
  EXPECT_THAT(error({}), HasSubstr("at least one node"));
  EXPECT_THAT(error({0, 0}), HasSubstr("listed twice"));
  EXPECT_THAT(error({7}), HasSubstr("no node 7"));
  EXPECT_THAT(error({-1}), HasSubstr("no node -1"));
  EXPECT_EQ(error({0, 1}), "");
}

TEST(ExtractTest, AnUnknownTypeAtTheCutIsNamed) {
  ModelBuilder b = Shared();
  const auto graph = GraphOf(b);
  EXPECT_THAT(std::string(Extract(graph, std::vector<NodeId>{2, 3, 4}, {}).status().message()),
              HasSubstr("element type of value 'a'"));
}

// Any predecessor-closed set and its complement: together every node, each once; what the tail takes is what the head gives or the model is fed.
TEST(ExtractProperty, ClosedSetsAndTheirComplementsMakeTheWhole) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto graph = RandomGraph(seed);
    ASSERT_NE(graph, nullptr);
    Rng rng(seed * 7919 + 1);
    std::vector<NodeId> head, tail;
    std::vector<bool> in_head(graph->nodes.size(), false);
    for (const NodeId node : graph->order) {
      bool closed = true;
      for (const ValueId v : graph->nodes[node].inputs) {
        const Value& value = graph->values[v];
        closed = closed && (value.kind != ValueKind::kActivation || in_head[value.producer]);
      }
      in_head[node] = closed && rng.Chance(0.7);
      (in_head[node] ? head : tail).push_back(node);
    }
    if (head.empty() || tail.empty()) continue;
    const ValueTypes types = UniformTypes(*graph);
    const SubModel h = Part(graph, head, types), t = Part(graph, tail, types);
    std::set<ValueId> given(h.outputs().begin(), h.outputs().end());
    for (const ValueId v : graph->inputs) given.insert(v);
    for (const ValueId v : t.inputs()) EXPECT_TRUE(given.contains(v)) << "seed " << seed;
    for (const ValueId v : h.inputs()) EXPECT_EQ(graph->values[v].kind, ValueKind::kInput) << "seed " << seed;
    std::set<ValueId> outputs(h.outputs().begin(), h.outputs().end());
    outputs.insert(t.outputs().begin(), t.outputs().end());
    for (const ValueId v : graph->outputs) EXPECT_TRUE(outputs.contains(v)) << "seed " << seed;

    const auto head_again = Reread(h), tail_again = Reread(t);
    std::multiset<std::string> made, expected;
    for (const auto& part : {head_again, tail_again}) {
      for (const NodeId node : part->order) made.insert(part->proto().node(node).output(0));
    }
    for (const NodeId node : graph->order) expected.insert(graph->proto().node(node).output(0));
    EXPECT_EQ(made, expected) << "seed " << seed;
  }
}

}   // namespace
}   // namespace partway::graph
