#include "engine/shape_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "engine/ort_engine.h"
#include "graph/model_builder.h"
#include "graph/recorded_shapes.h"

namespace partway::engine {
namespace {

using graph::ModelBuilder;
namespace attr = graph::attr;
using ::testing::HasSubstr;

std::shared_ptr<const graph::OpGraph> GraphOf(ModelBuilder& b) {
  auto model = graph::ModelFromProto(b.Build(), "net");
  EXPECT_TRUE(model.ok()) << model.status();
  auto graph = graph::BuildOpGraph(*model);
  EXPECT_TRUE(graph.ok()) << graph.status();
  return *graph;
}

Shape ShapeAt(ModelBuilder& b, ProbeSize size) {
  const auto types = InputTypesFor(*GraphOf(b), size);
  EXPECT_TRUE(types.ok()) << types.status();
  return types.ok() ? types->begin()->second.shape : Shape{};
}

struct InputCase {
  const char* what;
  std::vector<graph::Dim> declared;
  ProbeSize size;
  Shape expected;
};

TEST(InputTypesFor, PutsTheSizeWhereThePictureGoes) {
  const std::vector<InputCase> cases = {
      {"NCHW free", {"N", 3, "H", "W"}, {192, 160}, {1, 3, 192, 160}},
      {"all free", {"N", "C", "H", "W"}, {64, 64}, {1, 3, 64, 64}},
      {"NHWC free", {"N", "H", "W", 3}, {192, 160}, {1, 192, 160, 3}},
      {"no size asked", {"N", 3, "H", "W"}, {}, {1, 3, 224, 224}},
      {"fixed, no size asked", {1, 3, 299, 299}, {}, {1, 3, 299, 299}},
      {"fixed and asked alike", {1, 3, 96, 96}, {96, 96}, {1, 3, 96, 96}},
      {"fixed batch stays", {2, 3, "H", "W"}, {32, 32}, {2, 3, 32, 32}},
      {"one edge fixed", {1, 3, 128, "W"}, {}, {1, 3, 128, 128}},
      {"a feature map", {1, 64, "H", "W"}, {28, 28}, {1, 64, 28, 28}},
      {"grey NHWC", {1, "H", "W", 1}, {28, 28}, {1, 28, 28, 1}},
      {"CHW", {3, "H", "W"}, {28, 30}, {3, 28, 30}},
      {"no picture", {"N", "T"}, {28, 28}, {1, 1}},
  };
  for (const InputCase& c : cases) {
    ModelBuilder b("net");
    b.Input("x", DType::kFloat32, c.declared);
    b.Output(b.Node("Relu", {"x"}));
    EXPECT_EQ(ShapeAt(b, c.size), c.expected) << c.what;
  }
}

TEST(InputTypesFor, APartIsTakenAsItWasCut) {
  ModelBuilder b("tail");
  b.Metadata(graph::kInputShapesKey, "{\"x\":[1,64,14,20],\"y\":[1,7],\"z\":[1,9]}");
  b.Input("x", DType::kFloat32, {"N", 64, "H", "W"});
  b.Input("y", DType::kFloat32, {"N", 5});
  b.Input("z", DType::kFloat32, {"N", "T"});
  for (const char* name : {"x", "y", "z"}) b.Output(b.Node("Relu", {name}));
  const auto graph = GraphOf(b);
  const auto types = *InputTypesFor(*graph, {});
  EXPECT_EQ(types.at("x").shape, (Shape{1, 64, 14, 20}));
  EXPECT_EQ(types.at("y").shape, (Shape{1, 5})) << "what is fixed in the file stands";
  EXPECT_EQ(types.at("z").shape, (Shape{1, 9}));
  EXPECT_EQ(InputTypesFor(*graph, {28, 28})->at("x").shape, (Shape{1, 64, 28, 28})) << "asked for";
}

TEST(InputTypesFor, NamesAFixedInputThatContradicts) {
  ModelBuilder b("net");
  b.Input("data", DType::kFloat32, {1, 3, 224, 224});
  b.Output(b.Node("Relu", {"data"}));
  const auto types = InputTypesFor(*GraphOf(b), {192, 192});
  EXPECT_EQ(types.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(types.status().message()), HasSubstr("input 'data' is fixed at 224x224, asked for 192x192"));
}

TEST(InputTypesFor, AFixedSideInputDoesNotContradictThePicture) {
  ModelBuilder b("net");
  b.Input("picture", DType::kFloat32, {1, 3, "H", "W"});
  b.Input("template", DType::kFloat32, {1, 3, 16, 16});
  b.Output(b.Node("Relu", {"picture"}));
  b.Output(b.Node("Relu", {"template"}));
  const auto types = InputTypesFor(*GraphOf(b), {64, 64});
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_EQ(types->at("picture").shape, (Shape{1, 3, 64, 64}));
  EXPECT_EQ(types->at("template").shape, (Shape{1, 3, 16, 16}));
}

// conv 3x3 stride 2 pad 1 over HxW, flattened by a Reshape whose target is computed from the shape.
ModelBuilder ShapeComputing() {
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  b.FloatInitializer("w", {8, 3, 3, 3});
  b.Node("Conv", {"x", "w"}, {attr::Ints("strides", {2, 2}), attr::Ints("pads", {1, 1, 1, 1})}, "y");
  b.Node("Shape", {"y"}, {}, "dims");
  b.Int64("zero", 0);
  b.Node("Gather", {"dims", "zero"}, {}, "batch");
  b.Int64s("axes", {0});
  b.Node("Unsqueeze", {"batch", "axes"}, {}, "batch1");
  b.Int64s("rest", {-1});
  b.Node("Concat", {"batch1", "rest"}, {attr::Int("axis", 0)}, "target");
  b.Node("Reshape", {"y", "target"}, {}, "flat");
  b.Output("flat");
  return b;
}

TEST(ProbeTypes, KnowsEveryValueAtTheSize) {
  ModelBuilder b = ShapeComputing();
  const auto graph = GraphOf(b);
  const auto types = ProbeTypes(*graph, {32, 48});
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_EQ(types->at("x").shape, (Shape{1, 3, 32, 48}));
  EXPECT_EQ(types->at("w").shape, (Shape{8, 3, 3, 3}));
  EXPECT_EQ(types->at("y").shape, (Shape{1, 8, 16, 24}));
  EXPECT_EQ(types->at("y").dtype, DType::kFloat32);
  EXPECT_EQ(types->at("dims").shape, (Shape{4}));
  EXPECT_EQ(types->at("dims").dtype, DType::kInt64);
  EXPECT_EQ(types->at("batch").shape, (Shape{}));
  EXPECT_EQ(types->at("flat").shape, (Shape{1, 8 * 16 * 24}));
}

TEST(ProbeTypes, RunsForShapesThatOnlyARunTells) {
  ModelBuilder b("net");   // of zeros, x == 0 everywhere: NonZero gives all 4 positions of a 2x2 input
  b.Input("x", DType::kFloat32, {2, 2});
  b.Floats("zero", {}, {0});
  b.Node("Equal", {"x", "zero"}, {}, "is_zero");
  b.Node("NonZero", {"is_zero"}, {}, "where");
  b.Output("where", DType::kInt64);
  const auto types = ProbeTypes(*GraphOf(b), {});
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_EQ(types->at("is_zero").dtype, DType::kBool);
  EXPECT_EQ(types->at("where").shape, (Shape{2, 4}));
  EXPECT_EQ(types->at("where").dtype, DType::kInt64);
}

TEST(ProbeTypes, TakesFilesThatListInitialisersAsInputs) {
  ModelBuilder b("net", 9, 3);   // IR 3
  b.Input("x", DType::kFloat32, {1, 3, "H", "W"});
  b.FloatInitializer("w", {100, 3, 1, 1});
  b.Floats("bias", {100}, std::vector<float>(100, 0.5f));
  b.Input("w", DType::kFloat32, {100, 3, 1, 1});
  b.Input("bias", DType::kFloat32, {100});
  b.Node("Conv", {"x", "w", "bias"}, {}, "y");
  b.Node("Shape", {"y"}, {}, "s");
  b.Node("ConstantOfShape", {"s"}, {}, "z");
  b.Output("z");
  const auto types = ProbeTypes(*GraphOf(b), {8, 8});
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_EQ(types->size(), 6u);   // x, w, bias, y, s, z
  EXPECT_EQ(types->at("z").shape, (Shape{1, 100, 8, 8}));
}

TEST(ProbeTypes, MarksWhatIsNoTensor) {
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {4});
  b.Node("SequenceConstruct", {"x", "x"}, {}, "pair");
  b.Int64("i", 1);
  b.Node("SequenceAt", {"pair", "i"}, {}, "second");
  b.Output("second");
  const auto types = ProbeTypes(*GraphOf(b), {});
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_EQ(types->at("pair").dtype, DType::kOpaque);
  EXPECT_EQ(types->at("second").dtype, DType::kFloat32);
}

TEST(ProbeTypes, LeavesBodiesOut) {
  ModelBuilder then_body("then"), else_body("else");
  then_body.Output(then_body.Node("Relu", {"x"}, {}, "inner"), DType::kFloat32, {4});
  else_body.Output(else_body.Node("Neg", {"x"}, {}, "other"), DType::kFloat32, {4});
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {4});
  b.Input("c", DType::kBool, {});
  b.Node("If", {"c"}, {attr::Body("then_branch", then_body.BuildBody()), attr::Body("else_branch", else_body.BuildBody())}, "y");
  b.Output("y");
  const auto types = ProbeTypes(*GraphOf(b), {});
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_EQ(types->at("y").shape, Shape{4});
  EXPECT_EQ(types->at("c").shape, Shape{});
  EXPECT_EQ(types->count("inner"), 0u);
}

TEST(ProbeTypes, SaysInOneLineWhichSizeIsTooSmall) {
  ModelBuilder b("net");   // a 5x5 window does not fit into 4x4
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  b.Node("MaxPool", {"x"}, {attr::Ints("kernel_shape", {5, 5})}, "y");
  b.Output("y");
  const auto graph = GraphOf(b);
  EXPECT_TRUE(ProbeTypes(*graph, {5, 5}).ok());
  const absl::Status status = ProbeTypes(*graph, {4, 4}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("net cannot take 4x4: "));
  EXPECT_EQ(std::string(status.message()).find('\n'), std::string::npos);
}

TEST(ProbeTypes, KnowsAModelWithoutOperators) {
  ModelBuilder b("net");
  b.Input("x", DType::kFloat32, {"N", 3, "H", "W"});
  b.Floats("w", {2}, {1, 2});
  b.Output("x");
  b.Output("w");
  const auto types = ProbeTypes(*GraphOf(b), {8, 6});
  ASSERT_TRUE(types.ok()) << types.status();
  EXPECT_EQ(types->at("x").shape, (Shape{1, 3, 8, 6}));
  EXPECT_EQ(types->at("w").shape, Shape{2});
}

TEST(ProbeTypes, DoesNotSettleTheNumberOfThreads) {
  ModelBuilder b = ShapeComputing();
  ASSERT_TRUE(ProbeTypes(*GraphOf(b), {32, 32}).ok());
  const auto engine = MakeOrtEngine({.threads = 3});
  ASSERT_TRUE(engine.ok());
  EXPECT_EQ((*engine)->info().threads, 3);
}

}   // namespace
}   // namespace partway::engine
