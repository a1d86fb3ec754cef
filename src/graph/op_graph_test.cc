#include "graph/op_graph.h"

#include "gmock/gmock.h"
#include "graph/test_graphs.h"

namespace partway::graph {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// then: inner If whose branches use `name`.
onnx::GraphProto BodyUsing(const std::string& graph_name, const std::string& name, bool define_it) {
  ModelBuilder b(graph_name);
  if (define_it) b.Floats(name, {1}, {1});
  b.Node("Identity", {name}, {}, Concat(graph_name, "_out"));
  b.Output(Concat(graph_name, "_out"));
  return b.BuildBody();
}

TEST(OpGraphTest, CapturedValuesAreInputsThroughNestedBodiesAndShadowingHidesThem) {
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {1});
  b.Input("c", DType::kBool, {});
  b.Node("Relu", {"x"}, {}, "deep");
  b.Node("Relu", {"x"}, {}, "hidden");
  ModelBuilder middle("middle");
  middle.Node(
      "If", {"c"},
      {attr::Body("then_branch", BodyUsing("t2", "deep", false)), attr::Body("else_branch", BodyUsing("e2", "hidden", true))},
      "m_out");
  middle.Output("m_out");
  b.Node("If", {"c"}, {attr::Body("then_branch", middle.BuildBody()), attr::Body("else_branch", BodyUsing("e1", "hidden", true))},
         "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  ASSERT_NE(graph, nullptr);
  EXPECT_THAT(NamesOf(*graph, graph->nodes.back().inputs), ElementsAre("c", "deep"));
  EXPECT_FALSE(graph->nodes[1].live);   // "hidden" of the outer graph is never read
  EXPECT_THAT(graph->order, ElementsAre(0, 2));
}

TEST(OpGraphTest, ConstantsComputedInTheGraphBelongToNobodyButChanceIsNoConstant) {
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {4});
  b.Floats("w", {4}, {1, 2, 3, 4});
  b.Node("Mul", {"w", "w"}, {}, "w2");
  b.Node("Constant", {}, {attr::TensorValue("value", FloatTensor(std::vector<int64_t>{4}, std::vector<float>{1, 1, 1, 1}))},
         "one");
  b.Node("Add", {"w2", "one"}, {}, "w3");
  b.Node("RandomNormal", {}, {attr::Ints("shape", {4})}, "noise");
  b.Node("Add", {"x", "w3"}, {}, "a");
  b.Node("Add", {"a", "noise"}, {}, "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  ASSERT_NE(graph, nullptr);
  EXPECT_EQ(graph->values[Id(*graph, "w3")].kind, ValueKind::kConstant);
  EXPECT_EQ(graph->values[Id(*graph, "noise")].kind, ValueKind::kActivation);
  EXPECT_THAT(graph->order, UnorderedElementsAre(3, 4, 5));
}

TEST(OpGraphTest, Ir3InitialisersListedAsInputsAreConstants) {
  ModelBuilder b("net", 8, 3);
  b.Input("x", DType::kFloat32, {4});
  b.Input("w", DType::kFloat32, {4});
  b.Floats("w", {4}, {1, 2, 3, 4});
  b.Node("Add", {"x", "w"}, {}, "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  ASSERT_NE(graph, nullptr);
  EXPECT_THAT(NamesOf(*graph, graph->inputs), ElementsAre("x"));
  EXPECT_EQ(graph->values[Id(*graph, "w")].kind, ValueKind::kConstant);
}

TEST(OpGraphTest, ASideBranchWrittenEarlyIsPulledToItsUse) {
  // shift depends on the input only through `seed`, a random value: placed first it would cross every position.
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {4});
  b.Node("RandomNormal", {}, {attr::Ints("shape", {4})}, "shift");
  b.Node("Relu", {"x"}, {}, "a");
  b.Node("Relu", {"a"}, {}, "b");
  b.Node("Relu", {"b"}, {}, "c");
  b.Node("Add", {"c", "shift"}, {}, "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  ASSERT_NE(graph, nullptr);
  EXPECT_THAT(graph->order, ElementsAre(1, 2, 3, 0, 4));
}

TEST(OpGraphTest, ConsumersAreAscendingAndUnique) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto graph = RandomGraph(seed);
    ASSERT_NE(graph, nullptr) << seed;
    for (const Value& value : graph->values) {
      EXPECT_TRUE(std::is_sorted(value.consumers.begin(), value.consumers.end(), std::less_equal<>()) ||
                  value.consumers.size() < 2)
          << seed;
    }
    std::vector<bool> done(graph->nodes.size(), false);
    for (const NodeId node : graph->order) {   // topological
      for (const ValueId v : graph->nodes[node].inputs) {
        const Value& value = graph->values[v];
        EXPECT_TRUE(value.kind != ValueKind::kActivation || done[value.producer]) << seed;
      }
      done[node] = true;
    }
  }
}

}   // namespace
}   // namespace partway::graph
