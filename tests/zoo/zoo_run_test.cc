// Runs every model of the zoo on the photos that ship with the product.
#include <algorithm>
#include <cmath>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "engine/ort_engine.h"
#include "engine/shape_probe.h"
#include "gmock/gmock.h"
#include "graph/grouping.h"
#include "gtest/gtest.h"
#include "media/preprocess.h"
#include "media/source.h"
#include "nlohmann/json.hpp"
#include "zoo/net.h"
#include "zoo/zoo.h"

namespace partway {
namespace {

constexpr int kPictures = 12;

std::vector<media::Picture> Photos() {
  std::vector<media::Picture> photos;
  auto source = media::OpenSource(PARTWAY_SOURCE_DIR "/assets/photos");
  EXPECT_TRUE(source.ok()) << source.status();
  while (source.ok() && photos.size() < kPictures) {
    auto picture = (*source)->Next();
    EXPECT_TRUE(picture.ok()) << picture.status();
    if (!picture.ok() || !picture->has_value()) break;
    photos.push_back(**std::move(picture));
  }
  return photos;
}

std::unique_ptr<engine::Segment> BuildSegment(const onnx::ModelProto& proto) {
  auto engine = engine::MakeOrtEngine({});
  EXPECT_TRUE(engine.ok()) << engine.status();
  std::string bytes;
  EXPECT_TRUE(proto.SerializeToString(&bytes));
  auto segment = (*engine)->BuildFromBytes(bytes);
  EXPECT_TRUE(segment.ok()) << segment.status();
  return segment.ok() ? *std::move(segment) : nullptr;
}

// The paper's groups as extra outputs of the model, the logits last.
std::vector<std::string> ExposeGroups(onnx::ModelProto& proto) {
  std::vector<std::string> names;
  for (const auto& group : nlohmann::json::parse(proto.metadata_props(0).value())) names.push_back(group["last"][0]);
  const onnx::ValueInfoProto logits = proto.graph().output(0);
  proto.mutable_graph()->clear_output();
  for (const std::string& name : names) {
    onnx::ValueInfoProto* output = proto.mutable_graph()->add_output();
    output->set_name(name);
    output->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  }
  EXPECT_EQ(names.back(), logits.name());
  return names;
}

double Rms(std::span<const float> values) {
  double square = 0;
  for (const float v : values) square += static_cast<double>(v) * v;
  return std::sqrt(square / static_cast<double>(values.size()));
}

class ZooRunTest : public testing::TestWithParam<std::string> {};

std::vector<std::string> BuiltNames() {
  std::vector<std::string> names;
  for (const zoo::Entry& entry : zoo::Entries()) {
    if (!entry.shipped) names.push_back(entry.name);
  }
  return names;
}
INSTANTIATE_TEST_SUITE_P(All, ZooRunTest, testing::ValuesIn(BuiltNames()), [](const auto& info) { return info.param; });

// At 128 pixels, to be quick. The bound is wide on purpose: what it must catch is a scale that grows or dies with depth.
TEST_P(ZooRunTest, ActivationsKeepTheirScaleAndPicturesGetDifferentAnswers) {
  onnx::ModelProto proto = *zoo::BuildModel(GetParam());
  const std::vector<std::string> names = ExposeGroups(proto);
  const auto segment = BuildSegment(proto);
  ASSERT_NE(segment, nullptr);
  std::set<long> answers;
  for (const media::Picture& photo : Photos()) {
    const auto input = media::ToInput(photo, 128, 128, media::DefaultModelConfig());
    ASSERT_TRUE(input.ok()) << input.status();
    std::vector<Tensor> outputs(names.size());
    ASSERT_TRUE(segment->Run({&*input, 1}, outputs).ok());
    for (size_t i = 0; i < names.size(); ++i) {
      const double rms = Rms(outputs[i].floats());
      EXPECT_GT(rms, 0.1) << names[i] << " of " << photo.name;
      EXPECT_LT(rms, 10) << names[i] << " of " << photo.name;
    }
    const std::span<const float> logits = outputs.back().floats();
    ASSERT_EQ(logits.size(), 1000u);
    answers.insert(std::max_element(logits.begin(), logits.end()) - logits.begin());
  }
  EXPECT_GE(answers.size(), 3u) << "of " << kPictures << " pictures";
}

TEST_P(ZooRunTest, BatchAndSizesAreFree) {
  const auto segment = BuildSegment(*zoo::BuildModel(GetParam()));
  ASSERT_NE(segment, nullptr);
  Tensor input = *Tensor::Allocate(DType::kFloat32, {2, 3, 96, 160});
  std::ranges::fill(input.mutable_floats(), 0.5f);
  std::vector<Tensor> outputs(1);
  const absl::Status status = segment->Run({&input, 1}, outputs);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(outputs[0].shape(), (Shape{2, 1000}));
  const std::span<const float> logits = outputs[0].floats();
  for (size_t i = 0; i < 1000; ++i) ASSERT_NEAR(logits[i], logits[1000 + i], 1e-3f + 1e-3f * std::abs(logits[i]));
}

// The zoo counts while it describes; the grouping counts from the nodes and the shapes the engine reports.
TEST(ZooCountTest, MacsAndParametersAreThoseOfTheGroupedModel) {
  for (const zoo::Entry& entry : zoo::Entries()) {
    absl::StatusOr<std::shared_ptr<const graph::Model>> model =
        entry.shipped ? graph::LoadModel(Concat(PARTWAY_SOURCE_DIR "/assets/", entry.name, "/", entry.name, ".onnx"))
                      : graph::ModelFromProto(*zoo::BuildModel(entry.name), entry.name);
    ASSERT_TRUE(model.ok()) << model.status();
    const auto graph = graph::BuildOpGraph(*model);
    ASSERT_TRUE(graph.ok()) << graph.status();
    const auto types = engine::ProbeTypes(**graph, {.height = entry.input_size, .width = entry.input_size});
    ASSERT_TRUE(types.ok()) << types.status();
    const auto grouping = graph::MakeGrouping(*graph, *types, entry.groups.empty() ? "auto" : "paper");
    ASSERT_TRUE(grouping.ok()) << grouping.status();
    int64_t macs = 0, params = 0;
    for (const graph::Group& group : (*grouping)->groups) {
      macs += group.macs;
      params += group.params;
    }
    EXPECT_EQ(macs, entry.macs) << entry.name;
    EXPECT_EQ(params, entry.params) << entry.name;
    if (!entry.groups.empty()) {
      ASSERT_EQ((*grouping)->groups.size(), entry.groups.size()) << entry.name;
      for (size_t i = 0; i < entry.groups.size(); ++i) EXPECT_EQ((*grouping)->groups[i].name, entry.groups[i]);
    }
  }
}

// torch.nn.AdaptiveAvgPool2d(2) of a 3x5 picture 0..14. Rows: floor(0*3/2)=0 up to ceil(3/2)=2, floor(3/2)=1 up to 3. Columns: 0 up
// to ceil(5/2)=3, floor(5/2)=2 up to 5. First cell: mean of {0,1,2,5,6,7} = 3.5; each cell right adds 2, each down adds 5.
TEST(AdaptivePoolTest, CellsOverlapAsInTorch) {
  zoo::Net net({.name = "pool"});
  zoo::Value x = net.Input();
  onnx::ModelProto proto = net.Finish(net.AdaptiveAveragePool("pooled", x, 2));
  proto.mutable_graph()->mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
  const auto segment = BuildSegment(proto);
  ASSERT_NE(segment, nullptr);
  Tensor input = *Tensor::Allocate(DType::kFloat32, {1, 3, 3, 5});
  for (size_t i = 0; i < 45; ++i) input.mutable_floats()[i] = static_cast<float>(i % 15);
  std::vector<Tensor> outputs(1);
  const absl::Status status = segment->Run({&input, 1}, outputs);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(outputs[0].shape(), (Shape{1, 3, 2, 2}));
  const std::vector<float> expected = {3.5, 5.5, 8.5, 10.5};
  for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(outputs[0].floats()[i], expected[i % 4], 1e-5) << i;
}

}   // namespace
}   // namespace partway
