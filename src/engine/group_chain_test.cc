#include "engine/group_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <thread>

#include "engine/check.h"
#include "engine/ort_engine.h"
#include "engine/shape_probe.h"
#include "graph/model_builder.h"
#include "graph/sub_model.h"

namespace partway::engine {
namespace {

using graph::ModelBuilder;
namespace attr = graph::attr;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Cuttable {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const graph::OpGraph> graph;
  graph::ValueTypes types;
  std::shared_ptr<const graph::Grouping> grouping;
  std::vector<NamedTensor> inputs;
};

Cuttable Cut(ModelBuilder b, const std::string& groups = "all", ProbeSize size = {16, 16}) {
  Cuttable c;
  c.engine = *MakeOrtEngine({});
  auto model = graph::ModelFromProto(b.Build(), "net");
  EXPECT_TRUE(model.ok()) << model.status();
  c.graph = *graph::BuildOpGraph(*model);
  auto types = ProbeTypes(*c.graph, size);
  EXPECT_TRUE(types.ok()) << types.status();
  c.types = *types;
  auto grouping = graph::MakeGrouping(c.graph, c.types, groups);
  EXPECT_TRUE(grouping.ok()) << grouping.status();
  c.grouping = *grouping;
  c.inputs = *NoiseInputs(*c.graph, c.types, 7);
  return c;
}

std::unique_ptr<GroupChain> ChainOf(Cuttable& c, int from = 0, int to = -1) {
  auto chain = GroupChain::Build(*c.engine, c.grouping, c.types, from, to);
  EXPECT_TRUE(chain.ok()) << chain.status();
  return std::move(*chain);
}

// Weights that neither vanish nor grow: uniform in +-sqrt(3 / inputs).
void Weights(ModelBuilder& b, const std::string& name, int64_t out, int64_t in, int64_t k) {
  uint64_t state = 12345 + static_cast<uint64_t>(out * 31 + in * 7 + k);
  const float bound = std::sqrt(3.0f / static_cast<float>(in * k * k));
  for (float& w : b.FloatInitializer(name, {out, in, k, k})) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    w = bound * (static_cast<float>(state >> 40) / static_cast<float>(1 << 23) - 1.0f);
  }
}

std::string Conv(ModelBuilder& b, const std::string& x, int64_t out, int64_t in, int64_t k, const std::string& name,
                 int64_t stride = 1) {
  Weights(b, name + ".w", out, in, k);
  const int64_t p = k / 2;
  return b.Node("Conv", {x, name + ".w"}, {attr::Ints("pads", {p, p, p, p}), attr::Ints("strides", {stride, stride})}, name);
}

ModelBuilder Residual() {
  ModelBuilder b("residual");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  std::string y = b.Node("Relu", {Conv(b, "x", 8, 3, 3, "stem")});
  for (int i = 0; i < 3; ++i) {
    const std::string tag = "block" + std::to_string(i);
    const std::string z = Conv(b, b.Node("Relu", {Conv(b, y, 8, 8, 3, tag + "a")}), 8, 8, 3, tag + "b");
    y = b.Node("Relu", {b.Node("Add", {z, y})}, {}, tag);
  }
  b.Output(b.Node("GlobalAveragePool", {y}, {}, "out"));
  return b;
}

ModelBuilder UNet() {
  ModelBuilder b("unet");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  b.Floats("scales", {4}, {1, 1, 2, 2});
  const std::string a = b.Node("Relu", {Conv(b, "x", 4, 3, 3, "down0")});
  const std::string c = b.Node("Relu", {Conv(b, a, 8, 4, 3, "down1", 2)});
  const std::string d = b.Node("Relu", {Conv(b, c, 16, 8, 3, "down2", 2)});
  const std::string up1 =
      b.Node("Concat", {b.Node("Resize", {d, "", "scales"}, {attr::String("mode", "nearest")}), c}, {attr::Int("axis", 1)});
  const std::string e = b.Node("Relu", {Conv(b, up1, 8, 24, 3, "up1")});
  const std::string up0 =
      b.Node("Concat", {b.Node("Resize", {e, "", "scales"}, {attr::String("mode", "nearest")}), a}, {attr::Int("axis", 1)});
  b.Output(Conv(b, up0, 2, 12, 1, "mask"));
  return b;
}

// Two inputs, three outputs; one output is made early, one is an input.
ModelBuilder ManyEnds() {
  ModelBuilder b("ends");
  b.Input("x", DType::kFloat32, {1, 3, "H", "W"});
  b.Input("bias", DType::kFloat32, {1, 4, 1, 1});
  const std::string early = b.Node("Relu", {Conv(b, "x", 4, 3, 3, "first")}, {}, "early");
  b.Output(early);
  const std::string y = b.Node("Add", {Conv(b, early, 4, 4, 3, "second"), "bias"});
  b.Output(b.Node("Sigmoid", {y}, {}, "late"));
  b.Output("bias");
  b.Output(b.Floats("version", {2}, {1, 3}));
  return b;
}

// The bodies read `skip`, made outside, and `x`, the model's input.
ModelBuilder Capturing() {
  ModelBuilder then_body("then"), else_body("else");
  then_body.Output(then_body.Node("Add", {"skip", "x"}, {}, "sum"));
  else_body.Output(else_body.Node("Sub", {"skip", "x"}, {}, "difference"));
  ModelBuilder b("capturing");
  b.Input("x", DType::kFloat32, {1, 3, "H", "W"});
  Conv(b, "x", 3, 3, 3, "skip");
  const std::string y = b.Node("Relu", {Conv(b, "skip", 3, 3, 3, "deep")});
  b.Floats("zero", {}, {0});
  const std::string mean = b.Node("ReduceMean", {y}, {attr::Int("keepdims", 0)});
  const std::string branch =
      b.Node("If", {b.Node("Greater", {mean, "zero"})},
             {attr::Body("then_branch", then_body.BuildBody()), attr::Body("else_branch", else_body.BuildBody())}, "branch");
  b.Output(b.Node("Mul", {branch, y}, {}, "out"));
  return b;
}

struct Family {
  const char* name;
  std::function<ModelBuilder()> make;
};

class EveryCut : public ::testing::TestWithParam<Family> {};

TEST_P(EveryCut, GivesWhatTheWholeGives) {
  Cuttable c = Cut(GetParam().make());
  ASSERT_GT(c.grouping->size(), 2);
  CheckOptions options{.repeat = 0};
  for (int i = 0; i <= c.grouping->size(); ++i) options.cuts.push_back({i});
  for (int i = 0; i < c.grouping->size(); ++i) options.cuts.push_back({i, i + 1});
  for (const bool sessions : {false, true}) {
    options.sessions_per_piece = sessions;
    const auto report = CheckCuts(*c.engine, c.grouping, c.types, c.inputs, options, ManualClock());
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_EQ(report->cuts.size(), options.cuts.size());
    for (const CutCheck& cut : report->cuts) {
      EXPECT_LE(cut.difference.max_rel, 1e-5)
          << GetParam().name << " cut " << cut.cuts[0] << (sessions ? " as sessions" : " as groups");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, EveryCut,
                         ::testing::Values(Family{"residual", Residual}, Family{"unet", UNet}, Family{"many_ends", ManyEnds},
                                           Family{"capturing", Capturing}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(GroupChain, TakesAnotherSizeEachFrame) {
  Cuttable c = Cut(Residual(), "3");
  const auto chain = ChainOf(c);
  for (int edge : {16, 24, 8, 16}) {
    NamedTensor in{"x", *Tensor::Allocate(DType::kFloat32, {1, 3, edge, edge})};
    std::fill_n(in.tensor.mutable_data(), in.tensor.byte_size(), std::byte{0});
    std::vector<NamedTensor> middle, out;
    ASSERT_TRUE(chain->Run(0, 1, {&in, 1}, middle).ok());
    EXPECT_EQ(middle[0].tensor.shape()[2], edge);
    ASSERT_TRUE(chain->Run(1, chain->size(), middle, out).ok());
    EXPECT_EQ(out[0].tensor.shape(), (Shape{1, 8, 1, 1}));
  }
}

TEST(GroupChain, WritesIntoTheCallersMemory) {
  Cuttable c = Cut(Residual());
  const auto chain = ChainOf(c);
  std::vector<NamedTensor> expected;
  ASSERT_TRUE(chain->Run(0, chain->size(), c.inputs, expected).ok());
  std::vector<NamedTensor> out = {{"unrelated", *Tensor::Allocate(DType::kFloat32, {4})},
                                  {"out", *Tensor::Allocate(DType::kFloat32, {1, 8, 1, 1})}};
  const std::byte* const where = out[1].tensor.data();
  ASSERT_TRUE(chain->Run(0, chain->size(), c.inputs, out).ok());
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].tensor.data(), where);
  EXPECT_TRUE(Compare(expected, out).bit_identical);
  out = {{"out", *Tensor::Allocate(DType::kFloat32, {1, 9, 1, 1})}};
  const absl::Status status = chain->Run(0, chain->size(), c.inputs, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_TRUE(out.empty());
}

TEST(GroupChain, HandsOnOutputsThatNoGroupMakes) {
  Cuttable c = Cut(ManyEnds());
  const auto chain = ChainOf(c);
  std::vector<NamedTensor> out = {{"bias", *Tensor::Allocate(DType::kFloat32, {1, 4, 1, 1})}};
  const std::byte* const where = out[0].tensor.data();
  ASSERT_TRUE(chain->Run(0, chain->size(), c.inputs, out).ok());
  std::vector<std::string> names;
  for (const NamedTensor& t : out) names.push_back(t.name);
  EXPECT_EQ(names, chain->OutputNames(0, chain->size()));
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("bias", "early", "late", "version"));
  for (const NamedTensor& t : out) {
    if (t.name != "bias") continue;
    EXPECT_EQ(t.tensor.data(), where);
    EXPECT_TRUE(std::equal(t.tensor.bytes().begin(), t.tensor.bytes().end(), c.inputs[1].tensor.bytes().begin()));
  }
}

TEST(GroupChain, NamesWhatARangeReadsAndWrites) {
  Cuttable c = Cut(Capturing());
  const auto chain = ChainOf(c);
  EXPECT_THAT(chain->InputNames(0, chain->size()), ElementsAre("x"));
  EXPECT_THAT(chain->OutputNames(0, chain->size()), ElementsAre("out"));
  EXPECT_THAT(chain->InputNames(0, 1), ElementsAre("x"));
  EXPECT_THAT(chain->OutputNames(0, 1), ElementsAre("skip"));
  EXPECT_THAT(chain->InputNames(1, chain->size()), ::testing::UnorderedElementsAre("x", "skip"));
  EXPECT_TRUE(chain->InputNames(1, 1).empty());
}

TEST(GroupChain, NamesWhatIsMissing) {
  Cuttable c = Cut(Residual());
  const auto chain = ChainOf(c, 0, 2);
  std::vector<NamedTensor> out;
  absl::Status status = chain->Run(0, 2, {}, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("need 'x'"));
  EXPECT_TRUE(chain->Ready(0, 2));
  EXPECT_FALSE(chain->Ready(0, 3));
  status = chain->Run(0, 3, c.inputs, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("group 2"));
  EXPECT_EQ(chain->Run(1, 1, c.inputs, out).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(chain->Run(0, 99, c.inputs, out).code(), absl::StatusCode::kInvalidArgument);
}

TEST(GroupChain, SwapsFusedGroupsInBetweenRuns) {
  Cuttable c = Cut(Residual());
  const auto chain = ChainOf(c);
  const int n = chain->size();
  std::vector<NamedTensor> expected;
  ASSERT_TRUE(chain->Run(0, n, c.inputs, expected).ok());
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0;
  std::thread runner([&] {
    while (!stop) {
      std::vector<NamedTensor> out;
      if (!chain->Run(0, n, c.inputs, out).ok() || Compare(expected, out).max_rel > 1e-5) ++failed;
    }
  });
  for (const auto& [from, to] : std::vector<std::pair<int, int>>{{0, 2}, {1, n}, {0, n}}) {
    ASSERT_TRUE(chain->Fuse(*c.engine, c.types, from, to).ok());
    chain->Remove(from, from + 1);   // the fused one stands in for it now
    std::vector<NamedTensor> out;
    ASSERT_TRUE(chain->Run(0, n, c.inputs, out).ok());
    EXPECT_LE(Compare(expected, out).max_rel, 1e-5);
  }
  stop = true;
  runner.join();
  EXPECT_EQ(failed, 0);
  EXPECT_FALSE(chain->Ready(0, 1));
  EXPECT_TRUE(chain->Ready(0, 2));
}

TEST(GroupChain, RefusesASegmentInTheWrongPlace) {
  Cuttable c = Cut(Residual());
  auto chain = *GroupChain::Empty(c.grouping);
  auto part = graph::ExtractGroups(*c.grouping, 1, 2, c.types);
  ASSERT_TRUE(part.ok());
  std::shared_ptr<Segment> segment = std::move(*c.engine->Build(*part));
  EXPECT_EQ(chain->Install(0, 1, segment).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(chain->Install(1, 3, segment).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(chain->Install(1, 99, segment).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(chain->Install(1, 2, segment).ok());
}

TEST(GroupChain, AnyThreadsMayRunAnyRanges) {
  Cuttable c = Cut(UNet());
  const auto chain = ChainOf(c);
  const int n = chain->size();
  std::vector<NamedTensor> expected;
  ASSERT_TRUE(chain->Run(0, n, c.inputs, expected).ok());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int k = 0; k < 4; ++k) {
    threads.emplace_back([&, k] {
      for (int cut = 1 + k; cut < n; ++cut) {
        std::vector<NamedTensor> known, out;
        if (!chain->Run(0, cut, c.inputs, known).ok()) ++wrong;
        known.insert(known.end(), c.inputs.begin(), c.inputs.end());
        if (!chain->Run(cut, n, known, out).ok() || !Compare(expected, out).bit_identical) ++wrong;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

}   // namespace
}   // namespace partway::engine
