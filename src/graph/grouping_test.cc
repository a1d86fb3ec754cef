#include "graph/grouping.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <set>

#include "base/file.h"
#include "gmock/gmock.h"
#include "graph/choose_positions.h"
#include "graph/frontier.h"
#include "graph/params.h"
#include "graph/test_graphs.h"

namespace partway::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::shared_ptr<const Grouping> Group(const std::shared_ptr<const OpGraph>& graph, std::string_view how,
                                      const ValueTypes& types) {
  auto grouping = MakeGrouping(graph, types, how);
  EXPECT_TRUE(grouping.ok()) << grouping.status();
  return grouping.ok() ? *grouping : nullptr;
}

std::string ErrorOf(const std::shared_ptr<const OpGraph>& graph, std::string_view how, const ValueTypes& types = {}) {
  return std::string(MakeGrouping(graph, types, how).status().message());
}

// Convolutions 3x3, 4 to 4 channels, on 1x4x8x8: each output element takes 4*9 = 36 MACs, a layer 4*8*8*36 = 9216.
constexpr int64_t kLayerMacs = 9216, kLayerParams = 4 * 4 * 9;

std::string Conv(ModelBuilder& b, const std::string& in, const std::string& out) {
  const std::string w = Concat(out, ".w");
  b.FloatInitializer(w, {4, 4, 3, 3});
  return b.Node("Conv", {in, w}, {attr::Ints("pads", {1, 1, 1, 1})}, out);
}

ValueTypes ImageTypes(const OpGraph& graph) {
  ValueTypes types;
  for (const Value& value : graph.values) {
    if (value.initializer < 0) types[value.name] = {DType::kFloat32, {1, 4, 8, 8}};
  }
  return types;
}

std::shared_ptr<const OpGraph> ConvChain(int layers) {
  ModelBuilder b("chain");
  std::string x = b.Input("x", DType::kFloat32, {1, 4, 8, 8});
  for (int i = 0; i < layers; ++i) x = Conv(b, x, Concat("c", i));
  b.Output(x);
  return GraphOf(b);
}

// x -> a; a, b = conv(a) -> a + conv(b) and so on: only the sums are single-value positions.
std::shared_ptr<const OpGraph> Residual(int blocks) {
  ModelBuilder b("residual");
  std::string x = b.Input("x", DType::kFloat32, {1, 4, 8, 8});
  for (int i = 0; i < blocks; ++i) {
    const std::string inner = Conv(b, Conv(b, x, Concat("b", i, ".conv1")), Concat("b", i, ".conv2"));
    x = b.Node("Add", {x, inner}, {}, Concat("b", i, ".add"));
  }
  b.Output(x);
  return GraphOf(b);
}

TEST(GroupingTest, AllOfAChainHasEveryPositionWithItsWork) {
  const auto graph = ConvChain(4);
  const auto grouping = Group(graph, "all", ImageTypes(*graph));
  ASSERT_EQ(grouping->size(), 4);
  EXPECT_THAT(grouping->positions, ElementsAre(0, 1, 2, 3, 4));
  for (int c = 0; c <= 4; ++c) {
    EXPECT_EQ(grouping->cuts[c].head_macs, c * kLayerMacs);
    EXPECT_EQ(grouping->cuts[c].tail_macs, (4 - c) * kLayerMacs);
    EXPECT_EQ(grouping->cuts[c].head_param_bytes, c * kLayerParams * 4);
    EXPECT_EQ(grouping->cuts[c].tail_param_bytes, (4 - c) * kLayerParams * 4);
    EXPECT_EQ(grouping->cuts[c].bytes, c == 4 ? 0 : 4 * 64 * 4);
  }
  EXPECT_THAT(grouping->cuts[4].values, SizeIs(0));
  EXPECT_THAT(NamesOf(*graph, grouping->cuts[2].values), ElementsAre("c1"));
  EXPECT_EQ(grouping->groups[2].params, kLayerParams);
}

TEST(GroupingTest, AutoCutsResidualBlocksAtTheirSums) {
  const auto graph = Residual(40);
  const auto grouping = Group(graph, "auto", ImageTypes(*graph));
  // A boundary here costs 4 * 64 * 4 bytes * 14 MACs = 14,336 of the 40 blocks' 40 * 18,432, so only the fewest are kept.
  EXPECT_LE(grouping->size(), 6);
  EXPECT_GE(grouping->size(), 4);
  for (int c = 1; c < grouping->size(); ++c) {
    ASSERT_THAT(grouping->cuts[c].values, SizeIs(1));
    EXPECT_EQ(grouping->positions[c] % 3, 0);   // three nodes a block
  }
  for (const auto& group : grouping->groups) EXPECT_GE(group.macs * 100, grouping->cuts[0].tail_macs);
}

TEST(GroupingTest, AutoPrefersTheFrontierBehindADownSampling) {
  // Equal work; of two positions at 48 % and 50 % the second is four times smaller.
  std::vector<Candidate> candidates;
  for (int p = 1; p < 100; ++p)
    candidates.push_back({.position = p, .share = p / 100.0, .values = 1, .bytes = p < 50 ? 4096 : 1024});
  const std::vector<int> chosen = ChooseAuto(candidates, {.max_groups = 2});
  EXPECT_THAT(chosen, ElementsAre(50));
  const std::vector<int> many = ChooseAuto(candidates);
  EXPECT_LE(many.size(), 15u);
  EXPECT_THAT(many, testing::Contains(50));
}

TEST(GroupingTest, AutoKeepsTheRunCostOfBoundariesWithinItsLimit) {
  // Sixteen even groups would have fifteen boundaries of 0.5 % each, 7.5 %; six fit into 3 %.
  std::vector<Candidate> candidates;
  for (int p = 1; p < 100; ++p)
    candidates.push_back({.position = p, .share = p / 100.0, .values = 1, .bytes = 1024, .run_cost = 0.005});
  EXPECT_GE(ChooseAuto(candidates, {.max_run_cost = 1}).size(), 12u);
  const std::vector<int> chosen = ChooseAuto(candidates);
  EXPECT_LE(chosen.size(), 6u);
  EXPECT_GE(chosen.size(), 5u);
  // Dear ones are left out, cheap ones beside them taken.
  for (Candidate& c : candidates) c.run_cost = c.position % 2 == 0 ? 0.02 : 0.001;
  for (const int p : ChooseAuto(candidates)) EXPECT_EQ(p % 2, 1) << p;
}

TEST(GroupingTest, AutoAdmitsSeveralValuesOnlyWhereNoSingleOneIsNear) {
  // U-Net: down1 is joined at the end, so every position between carries it as well.
  ModelBuilder b("unet");
  std::string x = b.Input("x", DType::kFloat32, {1, 4, 8, 8});
  const std::string skip = Conv(b, x, "down1");
  x = skip;
  for (int i = 0; i < 6; ++i) x = Conv(b, x, Concat("mid", i));
  b.Output(b.Node("Add", {x, skip}, {}, "y"));
  const auto graph = GraphOf(b);
  const auto grouping = Group(graph, "auto", ImageTypes(*graph));
  EXPECT_GE(grouping->size(), 3);
  EXPECT_TRUE(std::any_of(grouping->cuts.begin(), grouping->cuts.end(), [](const Cut& c) { return c.values.size() == 2; }));
}

TEST(GroupingTest, NumberGivesEqualWorkAndOneGivesOneGroup) {
  const auto graph = ConvChain(12);
  const ValueTypes types = ImageTypes(*graph);
  EXPECT_THAT(Group(graph, "4", types)->positions, ElementsAre(0, 3, 6, 9, 12));
  EXPECT_THAT(Group(graph, "1", types)->positions, ElementsAre(0, 12));
  EXPECT_EQ(Group(graph, "1000", types)->size(), 12);                           // no more than there are
  EXPECT_THAT(Group(graph, "4", {})->positions, ElementsAre(0, 3, 6, 9, 12));   // without shapes nodes count alike
  EXPECT_THAT(ErrorOf(graph, "0"), HasSubstr("expected a number from 1"));
  EXPECT_THAT(ErrorOf(graph, "99999999999999999999"), HasSubstr("expected a number"));
  EXPECT_THAT(ErrorOf(graph, "sideways"), HasSubstr("expected auto, all, paper, a number of groups or a JSON file"));
}

TEST(GroupingTest, OpaqueValuesAreNeverCut) {
  ModelBuilder b("sequence");
  std::string x = b.Input("x", DType::kFloat32, {1, 4, 8, 8});
  x = b.Node("Relu", {x}, {}, "a");
  x = b.Node("SequenceConstruct", {x}, {}, "seq");
  b.Int64("zero", 0);
  x = b.Node("SequenceAt", {x, "zero"}, {}, "b");
  b.Output(b.Node("Relu", {x}, {}, "y"));
  const auto graph = GraphOf(b);
  for (const ValueTypes& types : {ValueTypes{}, ValueTypes{{"seq", {DType::kOpaque, {}}}}}) {
    const auto grouping = Group(graph, "all", types);
    EXPECT_THAT(grouping->positions, ElementsAre(0, 1, 3, 4));   // not behind SequenceConstruct
  }
  EXPECT_THAT(std::string(GroupingFromPositions(graph, {0, 2, 4}, {}).status().message()), HasSubstr("'seq' crosses there"));
}

TEST(GroupingTest, PaperGroupsTravelInTheFile) {
  ModelBuilder b("paper");
  std::string x = b.Input("x", DType::kFloat32, {1, 4, 8, 8});
  for (int i = 0; i < 6; ++i) {
    x = Conv(b, x, Concat("c", i));
    if (i == 1) b.Group("stem", x);
    if (i == 4) b.Group("trunk", x);
  }
  b.Group("head", x);
  b.Output(x);
  const auto graph = GraphOf(b);
  const auto grouping = Group(graph, "paper", ImageTypes(*graph));
  EXPECT_THAT(grouping->positions, ElementsAre(0, 2, 5, 6));
  EXPECT_EQ(grouping->groups[1].name, "trunk");
  EXPECT_THAT(ErrorOf(ConvChain(2), "paper"), HasSubstr("carries no groups"));
}

TEST(GroupingTest, AFileOfGroupsIsCheckedEntryByEntry) {
  const auto graph = ConvChain(4);
  const std::string path = (std::filesystem::temp_directory_path() / Concat("partway-groups-", ::getpid(), ".json")).string();
  const struct {
    std::string json, says;
  } cases[] = {
      {"{}", "not a list of groups"},
      {"[{\"name\":\"a\"}]", "names no last value"},
      {"[{\"name\":\"a\",\"last\":[1]}]", "not a list of names"},
      {"[{\"name\":\"a\",\"last\":[\"ghost\"]}]", "which the model does not have"},
      {"[{\"name\":\"a\",\"last\":[\"x\"]}]", "which no node computes"},
      {"[{\"name\":\"a\",\"last\":[\"c2\"]},{\"name\":\"b\",\"last\":[\"c1\"]},{\"name\":\"c\",\"last\":[\"c3\"]}]",
       "group 'b' ends no later"},
      {"[{\"name\":\"a\",\"last\":[\"c2\"],\"lats\":[]}]", "unknown or mistyped key 'lats'"},
      {std::string(100000, '['), "not a list"},
  };
  for (const auto& c : cases) {
    ASSERT_TRUE(WriteFileAtomically(path, c.json).ok());
    EXPECT_THAT(ErrorOf(graph, path), HasSubstr(c.says)) << c.json.substr(0, 80);
  }
  ASSERT_TRUE(WriteFileAtomically(path, "[{\"name\":\"a\",\"last\":[\"c1\"]},{\"name\":\"b\",\"last\":[\"c3\"]}]").ok());
  EXPECT_THAT(Group(graph, path, {})->positions, ElementsAre(0, 2, 4));
  std::filesystem::remove(path);
}

TEST(GroupingTest, FingerprintsTellPositionsApartAndPositionsAreChecked) {
  const auto graph = ConvChain(4);
  const auto a = *GroupingFromPositions(graph, {0, 2, 4}, {}), b = *GroupingFromPositions(graph, {0, 2, 4}, ImageTypes(*graph));
  EXPECT_EQ(a->fingerprint, b->fingerprint);
  EXPECT_EQ(a->fingerprint.size(), 16u);
  EXPECT_NE(a->fingerprint, (*GroupingFromPositions(graph, {0, 3, 4}, {}))->fingerprint);
  EXPECT_EQ(a->cuts[1].bytes, -1);
  for (const std::vector<int>& bad : {std::vector<int>{}, {0}, {0, 5}, {1, 4}, {0, 2, 2, 4}, {0, 3, 2, 4}, {-1, 4}}) {
    EXPECT_FALSE(GroupingFromPositions(graph, bad, {}).ok());
  }
}

TEST(GroupingTest, ModelsThatCannotBeCutAreOneGroup) {
  ModelBuilder single("single");
  single.Input("x", DType::kFloat32, {1});
  single.Output(single.Node("Relu", {"x"}, {}, "y"));
  EXPECT_EQ(Group(GraphOf(single), "auto", {})->size(), 1);
  ModelBuilder pass("pass");   // output is the input, another is an initialiser
  pass.Input("x", DType::kFloat32, {1});
  pass.Floats("w", {1}, {1});
  pass.Output("x");
  pass.Output("w");
  const auto graph = GraphOf(pass);
  for (const char* how : {"auto", "all", "3"}) EXPECT_EQ(Group(graph, how, {})->size(), 1) << how;
}

TEST(GroupingTest, RunningStatisticsScalarsAndShapesAreNoParameters) {
  ModelBuilder b("bn");
  b.Input("x", DType::kFloat32, {1, 2, 4, 4});
  for (const char* name : {"scale", "bias", "mean", "var"}) b.Floats(name, {2}, {1, 1});
  b.Node("BatchNormalization", {"x", "scale", "bias", "mean", "var"}, {}, "n");
  b.Int64s("shape", {1, 32});
  b.Output(b.Node("Reshape", {"n", "shape"}, {}, "y"));
  const auto graph = GraphOf(b);
  const ParamCount count = ParamsOf(*graph, graph->order);
  EXPECT_EQ(count.params, 4);              // scale and bias
  EXPECT_EQ(count.bytes, 4 * 8 + 2 * 8);   // all of them: four pairs of floats, two int64
}

// Brute force: a value crosses position p if it is fed or made before p and read at or after it.
TEST(FrontierProperty, SweepEqualsBruteForce) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto graph = RandomGraph(seed);
    ASSERT_NE(graph, nullptr);
    const int n = static_cast<int>(graph->order.size());
    const Lifetimes lifetimes = ComputeLifetimes(*graph, graph->order);
    const PositionTable table = Sweep(*graph, lifetimes, UniformTypes(*graph));
    std::vector<int> positions(n + 1);
    std::iota(positions.begin(), positions.end(), 0);
    const auto frontiers = FrontiersAt(lifetimes, positions);
    for (int p = 0; p <= n; ++p) {
      std::set<ValueId> made, expected;
      for (size_t v = 0; v < graph->values.size(); ++v) {
        if (graph->values[v].kind == ValueKind::kInput) made.insert(static_cast<ValueId>(v));
      }
      for (int i = 0; i < p; ++i)
        made.insert(graph->nodes[graph->order[i]].outputs.begin(), graph->nodes[graph->order[i]].outputs.end());
      for (int i = p; i < n; ++i) {
        for (const ValueId v : graph->nodes[graph->order[i]].inputs) {
          if (made.contains(v)) expected.insert(v);
        }
      }
      for (const ValueId v : graph->outputs) {
        if (p < n && graph->values[v].kind == ValueKind::kInput) expected.insert(v);   // handed on at the end
      }
      EXPECT_EQ(frontiers[p], std::vector<ValueId>(expected.begin(), expected.end())) << "seed " << seed << " position " << p;
      EXPECT_EQ(table.values[p], static_cast<int>(expected.size()));
      EXPECT_EQ(table.bytes[p], static_cast<int64_t>(expected.size()) * 16);
    }
  }
}

TEST(GroupingProperty, AutoKeepsItsPromisesOnRandomGraphs) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto graph = RandomGraph(seed);
    for (const char* how : {"auto", "all", "3", "7"}) {
      const auto grouping = Group(graph, how, UniformTypes(*graph));
      ASSERT_NE(grouping, nullptr);
      size_t nodes = 0;
      for (const auto& group : grouping->groups) {
        EXPECT_FALSE(group.name.empty());
        nodes += group.nodes.size();
      }
      EXPECT_EQ(nodes, graph->order.size());
      if (std::string_view(how) == "auto") {
        EXPECT_LE(grouping->size(), 16);
      }
      EXPECT_TRUE(GroupingFromPositions(graph, grouping->positions, {}).ok());
    }
  }
}

}   // namespace
}   // namespace partway::graph
