#include "graph/model_builder.h"

#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::graph {
namespace {

TEST(ModelBuilderTest, AModelHoldsWhatWasAskedFor) {
  ModelBuilder b("net", 11, 7);
  b.Input("x", DType::kFloat32, {"N", 3, "H", int64_t{8}});
  b.Floats("w", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6});
  const std::string y =
      b.Node("Conv", {"x", "w"}, {attr::Ints("pads", {0, 0, 0, 0}), attr::Float("f", 0.5f), attr::String("s", "t")});
  const std::string z = b.Node("Relu", {y}, {}, "z");
  b.Output(z);
  b.Group("stem", y);
  b.Group("rest", {y, z});
  const onnx::ModelProto proto = b.Build();

  EXPECT_EQ(proto.ir_version(), 7);
  ASSERT_EQ(proto.opset_import_size(), 1);
  EXPECT_EQ(proto.opset_import(0).version(), 11);
  const onnx::GraphProto& g = proto.graph();
  EXPECT_EQ(y, "net.Conv_0");
  ASSERT_EQ(g.node_size(), 2);
  EXPECT_EQ(g.node(0).output(0), y);
  EXPECT_EQ(g.node(0).attribute(0).ints_size(), 4);
  EXPECT_EQ(g.node(0).attribute(1).f(), 0.5f);
  EXPECT_EQ(g.node(0).attribute(2).s(), "t");
  EXPECT_EQ(g.node(1).input(0), y);
  EXPECT_EQ(g.output(0).name(), "z");
  const auto& shape = g.input(0).type().tensor_type().shape();
  EXPECT_EQ(shape.dim(0).dim_param(), "N");
  EXPECT_EQ(shape.dim(1).dim_value(), 3);
  EXPECT_EQ(shape.dim(3).dim_value(), 8);
  EXPECT_EQ(proto.metadata_props(0).key(), "partway.groups");
  EXPECT_EQ(proto.metadata_props(0).value(),
            R"([{"last":["net.Conv_0"],"name":"stem"},{"last":["net.Conv_0","z"],"name":"rest"}])");
}

TEST(ModelBuilderTest, WeightsAreWrittenInPlaceAndStayWhenMoreAreAdded) {
  ModelBuilder b;
  const std::span<float> first = b.FloatInitializer("a", {100, 100});
  ASSERT_EQ(first.size(), 10'000u);
  EXPECT_EQ(first[9'999], 0.0f);
  for (int i = 0; i < 50; ++i) b.FloatInitializer("more" + std::to_string(i), {64});
  first[9'999] = 2.5f;
  const onnx::ModelProto proto = b.Build();
  const std::string& raw = proto.graph().initializer(0).raw_data();
  ASSERT_EQ(raw.size(), 40'000u);
  float last;
  std::memcpy(&last, raw.data() + 39'996, 4);
  EXPECT_EQ(last, 2.5f);
}

TEST(ModelBuilderTest, IntegersAndTruthValuesHaveTheirTypes) {
  ModelBuilder b;
  b.Int64s("shape", {1, -1});
  b.Int64("axis", 3);
  b.Bool("yes", true);
  const onnx::ModelProto proto = b.Build();
  const auto& g = proto.graph();
  EXPECT_EQ(g.initializer(0).data_type(), onnx::TensorProto::INT64);
  EXPECT_EQ(g.initializer(0).raw_data().size(), 16u);
  EXPECT_EQ(g.initializer(1).dims_size(), 0);
  EXPECT_EQ(g.initializer(1).raw_data()[0], 3);
  EXPECT_EQ(g.initializer(2).data_type(), onnx::TensorProto::BOOL);
  EXPECT_EQ(g.initializer(2).raw_data(), std::string(1, '\1'));
}

TEST(ModelBuilderTest, ABodyTravelsAsAnAttribute) {
  ModelBuilder body("then");
  body.Output(body.Node("Neg", {"outer"}));
  ModelBuilder b;
  b.NodeWithOutputs("If", {"condition"}, {"r"}, {attr::Body("then_branch", body.BuildBody())});
  const onnx::ModelProto proto = b.Build();
  const onnx::AttributeProto& attribute = proto.graph().node(0).attribute(0);
  EXPECT_EQ(attribute.type(), onnx::AttributeProto::GRAPH);
  EXPECT_EQ(attribute.g().name(), "then");
  EXPECT_EQ(attribute.g().node(0).input(0), "outer");
  EXPECT_EQ(attribute.g().output(0).name(), "then.Neg_0");
}

TEST(ModelBuilderTest, OpsetReplacesOrAddsADomain) {
  ModelBuilder b;
  b.Opset("", 17);
  b.Opset("com.microsoft", 1);
  const onnx::ModelProto proto = b.Build();
  ASSERT_EQ(proto.opset_import_size(), 2);
  EXPECT_EQ(proto.opset_import(0).version(), 17);
  EXPECT_EQ(proto.opset_import(1).domain(), "com.microsoft");
}

}   // namespace
}   // namespace partway::graph
