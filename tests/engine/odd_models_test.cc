// Every kind of model, cut everywhere and run in pieces: what the pieces give is what the whole gives. Pieces receive exactly
// the values that they say they read, as if the rest had stayed on another machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "graph/sub_model.h"
#include "tests/engine/odd_model_fixture.h"

namespace partway::engine {
namespace {

constexpr int kNodeSets = 10;

TEST_P(OddModelTest, EveryCutEqualsTheWhole) {
  for (const char* how : {"all", "auto", "2"}) {
    SCOPED_TRACE(how);
    auto grouping = graph::MakeGrouping(graph_, types_, how);
    ASSERT_TRUE(grouping.ok()) << grouping.status();
    const int n = (*grouping)->size();
    if (std::string_view(how) == "all") {
      size_t widest = 0;
      for (int c = 1; c < n; ++c) widest = std::max(widest, (*grouping)->cuts[c].values.size());
      EXPECT_EQ(n, GetParam().groups);
      EXPECT_GE(static_cast<int>(widest), GetParam().widest_frontier);
      RecordProperty("widest", static_cast<int>(widest));
    }
    auto chain = GroupChain::Build(*engine_, *grouping, types_);
    ASSERT_TRUE(chain.ok()) << chain.status();
    for (const graph::Cut& cut : (*grouping)->cuts) {
      for (const graph::ValueId v : cut.values) EXPECT_TRUE(graph::Sendable(*graph_, v, types_)) << graph_->values[v].name;
    }
    Rng rng(3);
    for (const Case& c : cases_) {
      for (int cut = 0; cut <= n; ++cut) {
        RunPlan(**chain, cut, n, c);
        // The edge reads the cut's values and no others; at cut 0 the cut lists inputs that nothing reads as well.
        std::vector<std::string> names;
        for (const graph::ValueId v : (*grouping)->cuts[cut].values) names.push_back(graph_->values[v].name);
        if (cut == 0)
          EXPECT_THAT((*chain)->InputNames(0, n), ::testing::IsSubsetOf(names));
        else
          EXPECT_EQ((*chain)->InputNames(cut, n), names) << "cut " << cut;
      }
      for (int i = 0; i < 12; ++i) {
        const int a = static_cast<int>(rng.UniformInt(0, n)), b = static_cast<int>(rng.UniformInt(a, n));
        RunPlan(**chain, a, b, c);
      }
      if (HasFatalFailure()) return;
    }
    // The same middle as one session: what `split` writes, and what the edge fuses.
    for (int i = 0; i < 3; ++i) {
      const int a = static_cast<int>(rng.UniformInt(0, n - 1)), b = static_cast<int>(rng.UniformInt(a + 1, n));
      const absl::Status fused = (*chain)->Fuse(*engine_, types_, a, b);
      ASSERT_TRUE(fused.ok()) << fused;
      for (const Case& c : cases_) RunPlan(**chain, a, b, c);
      if (b - a > 1) (*chain)->Remove(a, b);
    }
  }
  RecordProperty("worst_max_rel", Concat(worst_));
}

TEST_P(OddModelTest, RandomPredecessorClosedPartsEqualTheWhole) {
  Rng rng(7);
  std::set<std::vector<graph::NodeId>> done;
  for (int attempt = 0; attempt < 4 * kNodeSets && static_cast<int>(done.size()) < kNodeSets; ++attempt) {
    std::vector<graph::NodeId> head = ClosedSet(rng), tail;
    if (!done.insert(head).second) continue;
    for (const graph::NodeId node : graph_->order) {
      if (!std::binary_search(head.begin(), head.end(), node)) tail.push_back(node);
    }
    std::string where = "head of nodes";
    for (const graph::NodeId node : head) Append(&where, " ", node);
    SCOPED_TRACE(where);
    std::vector<std::unique_ptr<Segment>> parts;
    for (const auto* nodes : {&head, &tail}) {
      if (nodes->empty() && (nodes == &head || !graph_->order.empty())) continue;   // without any node the tail hands on
      auto part = graph::Extract(graph_, *nodes, types_);
      ASSERT_TRUE(part.ok()) << part.status();
      auto bytes = part->Serialize();
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      EXPECT_EQ(bytes->size(), part->byte_size());
      auto segment = engine_->BuildFromBytes(*bytes);
      ASSERT_TRUE(segment.ok()) << segment.status();
      parts.push_back(*std::move(segment));
    }
    for (const Case& c : cases_) {
      Tensors known = c.inputs;
      for (const auto& part : parts) RunOn(*part, known, &known);
      ExpectWhole(c, known, where);
      if (HasFatalFailure()) return;
    }
  }
  RecordProperty("parts", static_cast<int>(done.size()));
}

TEST_P(OddModelTest, WrittenHeadsAndTailsLoadAgain) {
  auto grouping = graph::MakeGrouping(graph_, types_, "auto");
  ASSERT_TRUE(grouping.ok()) << grouping.status();
  const int n = (*grouping)->size();
  for (const int cut : std::set<int>{0, std::min(1, n), n / 2, std::max(0, n - 1), n}) {
    SCOPED_TRACE(Concat("cut ", cut, " of ", n));
    std::vector<std::unique_ptr<Segment>> parts;
    for (const auto& [from, to, file] : {std::tuple(0, cut, "head.onnx"), std::tuple(cut, n, "tail.onnx")}) {
      if (from == to) continue;
      auto part = graph::ExtractGroups(**grouping, from, to, types_);
      ASSERT_TRUE(part.ok()) << part.status();
      ASSERT_TRUE(part->WriteFile(folder_->File(file)).ok());
      auto loaded = graph::LoadModel(folder_->File(file));
      ASSERT_TRUE(loaded.ok()) << loaded.status();
      EXPECT_EQ((*loaded)->bytes, part->byte_size());   // weights included, wherever they were before
      auto again = graph::BuildOpGraph(*loaded);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ((*again)->order.size(), static_cast<size_t>((*grouping)->positions[to] - (*grouping)->positions[from]));
      std::vector<std::string> names, declared;
      for (const graph::ValueId v : part->inputs()) names.push_back(graph_->values[v].name);
      for (const graph::ValueId v : (*again)->inputs) declared.push_back((*again)->values[v].name);
      EXPECT_THAT(declared, ::testing::UnorderedElementsAreArray(names));
      if ((*loaded)->proto.ir_version() < 4) {   // where initialisers are inputs too; ONNX Runtime does not insist, others do
        for (const onnx::TensorProto& t : (*loaded)->proto.graph().initializer()) {
          const auto& inputs = (*loaded)->proto.graph().input();
          EXPECT_TRUE(std::any_of(inputs.begin(), inputs.end(), [&](const auto& i) { return i.name() == t.name(); })) << t.name();
        }
      }
      auto bytes = ReadFile(folder_->File(file), uint64_t{1} << 30);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      auto segment = engine_->BuildFromBytes(*bytes);
      ASSERT_TRUE(segment.ok()) << segment.status();
      parts.push_back(*std::move(segment));
    }
    for (const Case& c : cases_) {
      Tensors known = c.inputs;
      for (const auto& part : parts) RunOn(*part, known, &known);
      ExpectWhole(c, known, "head and tail from files");
    }
  }
}

// What the two detectors are for: answers whose number the picture decides cross the cuts, and so do none at all.
class DetectorTest : public OddModelTest {};

TEST_P(DetectorTest, FindsWhatItShould) {
  const int64_t found = cases_[0].whole.at("selected").shape()[0];
  if (GetParam().name == "detector")
    EXPECT_GT(found, 0);
  else
    EXPECT_EQ(found, 0);
}

std::vector<OddModel> Detectors() {
  std::vector<OddModel> models = VisionModels();
  std::erase_if(models, [](const OddModel& model) { return !model.name.starts_with("detector"); });
  return models;
}

INSTANTIATE_TEST_SUITE_P(Kinds, OddModelTest, ::testing::ValuesIn(OddModels()), [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Kinds, DetectorTest, ::testing::ValuesIn(Detectors()), [](const auto& info) { return info.param.name; });

}   // namespace
}   // namespace partway::engine
