#include "engine/blocked_inputs.h"

#include <gtest/gtest.h>

#include "engine/check.h"
#include "engine/ort_engine.h"
#include "graph/model_builder.h"

namespace partway::engine {
namespace {

using graph::ModelBuilder;

// relu(conv(x) + x), or without the sum.
onnx::ModelProto Block(int64_t channels, bool residual) {
  ModelBuilder b("block");
  b.Input("x", DType::kFloat32, {"N", channels, "H", "W"});
  float next = -0.5f;
  for (float& w : b.FloatInitializer("w", {channels, channels, 1, 1})) w = next = next > 0.4f ? -0.5f : next + 0.0137f;
  std::string y = b.Node("Conv", {"x", "w"});
  if (residual) y = b.Node("Add", {y, "x"});
  b.Output(b.Node("Relu", {y}, {}, "y"));
  return b.Build();
}

TEST(BlockResidualInputs, OnlyWhereASumGoesAroundAConvolution) {
  onnx::ModelProto plain = Block(16, false), residual = Block(16, true), odd = Block(24, true);
  EXPECT_EQ(BlockResidualInputs(plain.mutable_graph()), 0);
  EXPECT_EQ(BlockResidualInputs(odd.mutable_graph()), 0);   // 24 channels fill no whole block
  EXPECT_EQ(BlockResidualInputs(residual.mutable_graph()), 1);
  EXPECT_EQ(residual.graph().node(0).op_type(), "MaxPool");
  EXPECT_EQ(residual.graph().node(0).input(0), "x");
  EXPECT_EQ(residual.graph().node(1).input(0), residual.graph().node(0).output(0));
  EXPECT_EQ(residual.graph().node(2).input(1), residual.graph().node(0).output(0));
}

TEST(BlockResidualInputs, ChangesNoBitBeyondRounding) {
  onnx::ModelProto before = Block(16, true);
  onnx::ModelProto after = before;
  ASSERT_EQ(BlockResidualInputs(after.mutable_graph()), 1);
  const auto engine = *MakeOrtEngine({});
  Tensor x = *Tensor::Allocate(DType::kFloat32, {1, 16, 5, 7});
  float next = -3;
  for (float& v : x.mutable_floats()) v = next += 0.011f;
  std::vector<NamedTensor> results[2];
  int k = 0;
  for (const onnx::ModelProto* proto : {&before, &after}) {
    const auto segment = engine->BuildFromBytes(proto->SerializeAsString());
    ASSERT_TRUE(segment.ok()) << segment.status();
    EXPECT_EQ((*segment)->inputs()[0].name, "x");
    Tensor out[1];
    ASSERT_TRUE((*segment)->Run({&x, 1}, out).ok());
    results[k++].push_back({"y", out[0]});
  }
  EXPECT_LE(Compare(results[0], results[1]).max_rel, 1e-6);
}

}   // namespace
}   // namespace partway::engine
