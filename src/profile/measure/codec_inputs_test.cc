#include "profile/measure/codec_inputs.h"

#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "codec/codec.h"
#include "engine/ort_engine.h"
#include "engine/shape_probe.h"
#include "graph/grouping.h"
#include "graph/model.h"
#include "graph/op_graph.h"

namespace partway::profile {
namespace {

// Entropy coding takes as long as there is something to code. What the made-up picture becomes at the cuts of EfficientNet-Lite0 at 224 costs as many bytes
// as what photos become there, within a quarter: means over 200 photos, docs/formats.md, "Encoded frame", column int8-ec; raw8-ec and jpeg:75 at cut 0 stand
// for the picture itself.
TEST(CodecInputs, CostWhatPhotosCostAtEveryCut) {
  const auto model = graph::LoadModel(Concat(PARTWAY_SOURCE_DIR, "/assets/efficientnet_lite0/efficientnet_lite0.onnx"));
  ASSERT_TRUE(model.ok()) << model.status();
  const auto graph = *graph::BuildOpGraph(*model);
  const engine::ProbeSize size{224, 224};
  const graph::ValueTypes types = *engine::ProbeTypes(*graph, size);
  const auto grouping = *graph::MakeGrouping(graph, types, "auto");
  const auto engine = *engine::MakeOrtEngine({.threads = 1});
  const auto chain = *engine::GroupChain::Build(*engine, grouping, types);
  const media::ModelConfig config{.mean = {127, 127, 127}, .std = {128, 128, 128}};
  const auto inputs = CodecInputs(*chain, {*ModelAtSize(graph, grouping->positions, size)}, config);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->size(), static_cast<size_t>(grouping->size()));

  const std::map<Shape, double> photos = {
      {{1, 40, 28, 28}, 24231}, {{1, 80, 14, 14}, 12272}, {{1, 192, 7, 7}, 7134}, {{1, 320, 7, 7}, 10449}};
  codec::Encoder encoder(*codec::ParseCodec("int8-ec"));
  std::map<Shape, int> met;
  for (const CodecInput& input : *inputs) {
    if (input.values.size() != 1) continue;
    const auto expected = photos.find(input.values[0].tensor.shape());
    if (expected == photos.end()) continue;
    std::string frame;
    ASSERT_TRUE(encoder.Encode(input.values, nullptr, &frame).ok());
    ++met[expected->first];
    EXPECT_NEAR(static_cast<double>(frame.size()), expected->second, expected->second / 4) << ShapeString(expected->first);
  }
  EXPECT_EQ(met.size(), photos.size()) << "each of the four kinds of map crosses a cut";
  ASSERT_TRUE(inputs->front().picture.has_value());
  std::string jpeg;
  ASSERT_TRUE(
      codec::Encoder(*codec::ParseCodec("jpeg:75")).Encode(inputs->front().values, &*inputs->front().picture, &jpeg).ok());
  EXPECT_NEAR(static_cast<double>(jpeg.size()), 10466, 0.15 * 10466);
}

}   // namespace
}   // namespace partway::profile
