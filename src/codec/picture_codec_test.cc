#include "codec/codec_test_values.h"
#include "codec/picture_planes.h"

namespace partway::codec {
namespace {

const PictureScale kScales[] = {
    {{127, 127, 127}, {128, 128, 128}}, {{123.675f, 116.28f, 103.53f}, {58.395f, 57.12f, 57.375f}}, {{0, 0, 0}, {1, 1, 1}}};

// A picture with soft shades and an edge, as an input tensor.
Tensor Input(int height, int width, const PictureScale& scale) {
  std::vector<uint8_t> planes(static_cast<size_t>(3 * height * width));
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x)
        planes[(c * height + y) * width + x] = static_cast<uint8_t>(40 + c * 30 + 2 * y + x + (x > y ? 60 : 0));
    }
  }
  Tensor t = *Tensor::Allocate(DType::kFloat32, {1, 3, height, width});
  FromPlanes(planes, scale, t.mutable_floats().data());
  return t;
}

TEST(PictureCodec, Raw8IsExactForEveryPixelValue) {
  for (const PictureScale& scale : kScales) {
    Tensor t = *Tensor::Allocate(DType::kFloat32, {1, 3, 16, 16});
    std::vector<uint8_t> planes(768);
    for (size_t i = 0; i < planes.size(); ++i) planes[i] = static_cast<uint8_t>(i);
    FromPlanes(planes, scale, t.mutable_floats().data());
    for (const char* name : {"raw8", "raw8-ec"})
      EXPECT_TRUE(Identical(DecodeOk(EncodeOk(name, {{"input", t}}, &scale))[0], {"input", t})) << name;
  }
}

TEST(PictureCodec, EntropyCodingIsExactAndSmaller) {
  for (auto [height, width] : {std::pair{48, 64}, {1, 200}, {200, 1}, {37, 41}}) {
    const NamedTensor input{"input", Input(height, width, kScales[0])};
    const std::string frame = EncodeOk("raw8-ec", {input}, &kScales[0]);
    EXPECT_TRUE(Identical(DecodeOk(frame)[0], input)) << height << "x" << width;
    EXPECT_LT(frame.size(), EncodeOk("raw8", {input}, &kScales[0]).size() * 2 / 3) << height << "x" << width;
  }
}

TEST(PictureCodec, JpegComesNearAndIsSmaller) {
  for (const PictureScale& scale : kScales) {
    const NamedTensor input{"input", Input(48, 64, scale)};
    const std::string frame = EncodeOk("jpeg:90", {input}, &scale);
    EXPECT_LT(frame.size(), EncodeOk("raw8", {input}, &scale).size() / 2);
    const auto back = DecodeOk(frame);
    ASSERT_EQ(back.size(), 1u);
    const auto in = input.tensor.floats(), out = back[0].tensor.floats();
    double sum = 0;
    for (size_t i = 0; i < in.size(); ++i) sum += std::abs(in[i] - out[i]) * scale.std[i / (48 * 64)];
    EXPECT_LT(sum / static_cast<double>(in.size()), 4.0);   // steps of 256, mean
  }
}

TEST(PictureCodec, WhatIsNoPictureTravelsRaw) {
  Tensor t = Input(8, 8, kScales[0]);
  t.mutable_floats()[5] = INFINITY;
  for (const char* name : {"raw8", "jpeg:50", "raw8-ec"})
    EXPECT_TRUE(Identical(DecodeOk(EncodeOk(name, {{"x", t}}, &kScales[0]))[0], {"x", t})) << name;
}

TEST(PictureCodec, ATinyJpegIsLargerThanItsPixelsAndSoTravelsRaw) {
  const NamedTensor dot{"x", Input(1, 1, kScales[0])};
  EXPECT_TRUE(Identical(DecodeOk(EncodeOk("jpeg:50", {dot}, &kScales[0]))[0], dot));
}

}   // namespace
}   // namespace partway::codec
