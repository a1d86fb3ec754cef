#include "codec/codec.h"

#include <cfloat>
#include <limits>

#include "codec/codec_test_values.h"
#include "codec/encoded_size.h"
#include "codec/frame_format.h"
#include "codec/half.h"
#include "gmock/gmock.h"

namespace partway::codec {
namespace {

constexpr const char* kTensorCodecs[] = {"raw",     "fp16",    "int8",       "int7",       "int6",      "int5",
                                         "int4",    "int3",    "int2",       "int8-ch",    "int4-ch",   "int2-ch",
                                         "raw-ec",  "fp16-ec", "int8-ec",    "int6-ec",    "int5-ec",   "int4-ec",
                                         "int3-ec", "int2-ec", "int8-ch-ec", "int4-ch-ec", "int2-ch-ec"};

const std::vector<Shape>& Shapes() {
  static const std::vector<Shape> shapes = {{},
                                            {0},
                                            {1},
                                            {7},
                                            {1, 5},
                                            {3, 4},
                                            {2, 0, 5},
                                            {1, 3, 7, 7},
                                            {1, 24, 9, 5},
                                            {4, 6, 5, 5},
                                            {1, 1, 1, 1},
                                            {1, 320, 7, 7},
                                            {2, 3, 2, 2, 2, 1, 1, 3},
                                            {1, 17, 33}};
  return shapes;
}

bool Lossless(std::string_view codec) { return codec.substr(0, 3) == "raw"; }

// How far off a value may come back: half precision's 2^-11, or one step of the range by 2^B - 1 levels, a little more where scales are
// stored short (2^-7).
double Allowed(const CodecSpec& spec, std::span<const float> values, float value) {
  if (spec.kind == CodecSpec::Kind::kFp16) return std::abs(value) * 0x1p-11 + 0x1p-25;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return (static_cast<double>(*high) - *low) / ((1 << spec.bits) - 1) * (spec.per_channel ? 1.01 : 1.001) + 1e-30;
}

TEST(Codec, BringsBackEveryShapeThroughEveryCodec) {
  for (const char* name : kTensorCodecs) {
    const CodecSpec spec = *ParseCodec(name);
    for (const Shape& shape : Shapes()) {
      const NamedTensor value{"x", Waves(shape, 1)};
      const std::string frame = EncodeOk(name, {value});
      const auto back = DecodeOk(frame);
      ASSERT_EQ(back.size(), 1u) << name << " " << ShapeString(shape);
      if (Lossless(name)) {
        EXPECT_TRUE(Identical(back[0], value)) << name << " " << ShapeString(shape);
        continue;
      }
      ASSERT_EQ(back[0].tensor.shape(), shape);
      const auto in = value.tensor.floats(), out = back[0].tensor.floats();
      // Entropy-coded frames of few bits may clip outliers for the sake of the rest: their error is tested as a mean (quantiser's test).
      if (spec.kind == CodecSpec::Kind::kInt && spec.bits < 6) continue;
      for (size_t i = 0; i < in.size(); ++i)
        ASSERT_NEAR(in[i], out[i], Allowed(spec, in, in[i])) << name << " " << ShapeString(shape);
    }
  }
}

TEST(Codec, GivesTheSameFrameAgain) {
  // What was encoded before must not show in the next frame, nor may the decoder's memory.
  const std::vector<NamedTensor> a = {{"a", Waves({1, 40, 14, 14}, 3)}}, b = {{"b", Waves({2, 9, 5}, 4)}, {"c", Waves({11}, 5)}};
  for (const char* name : kTensorCodecs) {
    Encoder encoder(*ParseCodec(name));
    Decoder decoder;
    std::string frame;
    for (int round = 0; round < 2; ++round) {
      for (const auto& values : {a, b}) {
        ASSERT_TRUE(encoder.Encode(values, nullptr, &frame).ok());
        EXPECT_EQ(frame, EncodeOk(name, values)) << name;
        const auto back = decoder.Decode(Bytes(frame)), fresh = Decoder().Decode(Bytes(frame));
        ASSERT_TRUE(back.ok()) << name << back.status();
        for (size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(Identical((*back)[i], (*fresh)[i])) << name;
      }
    }
  }
}

TEST(Codec, CarriesEveryElementTypeAndSeveralValues) {
  std::vector<NamedTensor> values;
  Rng rng(5);
  for (int type = static_cast<int>(DType::kBool); type <= static_cast<int>(DType::kFloat64); ++type) {
    Tensor t = *Tensor::Allocate(static_cast<DType>(type), {2, 3, 5});
    for (size_t i = 0; i < t.byte_size(); ++i) t.mutable_data()[i] = static_cast<std::byte>(rng.Next());
    if (t.dtype() == DType::kFloat32) t = Waves({2, 3, 5}, 6);
    values.push_back({"value " + std::to_string(type), t});
  }
  for (const char* name : kTensorCodecs) {
    const auto back = DecodeOk(EncodeOk(name, values));
    ASSERT_EQ(back.size(), values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i].tensor.dtype() != DType::kFloat32 || Lossless(name)) {
        EXPECT_TRUE(Identical(back[i], values[i])) << name << " " << values[i].name;
      }
      EXPECT_EQ(back[i].name, values[i].name);
    }
  }
  EXPECT_TRUE(DecodeOk(EncodeOk("int8", {})).empty());
}

TEST(Codec, KeepsWhatIsNotFinite) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                    -std::numeric_limits<float>::infinity()}) {
    Tensor t = Waves({1, 4, 6, 6}, 7);
    t.mutable_floats()[77] = bad;
    for (const char* name : kTensorCodecs) EXPECT_TRUE(Identical(DecodeOk(EncodeOk(name, {{"x", t}}))[0], {"x", t})) << name;
  }
  // Finite, yet beyond what half precision or a quantiser brings back finite.
  const NamedTensor large{"x", Floats({4}, {65536, 1, 2, 3})}, huge{"x", Floats({4}, {-FLT_MAX, 1, FLT_MAX, 3})};
  EXPECT_TRUE(Identical(DecodeOk(EncodeOk("fp16", {large}))[0], large));
  EXPECT_TRUE(Identical(DecodeOk(EncodeOk("int8", {huge}))[0], huge));
}

TEST(Codec, BringsBackConstantsAndDenormals) {
  for (const char* name : kTensorCodecs) {
    for (float c : {0.0f, 2.0f, -0.5f}) {
      const NamedTensor constant{"x", Floats({1, 8, 4, 4}, std::vector<float>(128, c))};
      EXPECT_TRUE(Identical(DecodeOk(EncodeOk(name, {constant}))[0], constant)) << name << " " << c;
    }
    const auto tiny = DecodeOk(EncodeOk(name, {{"x", Floats({1, 2, 16}, std::vector<float>(32, 1e-42f))}}));
    for (float v : tiny[0].tensor.floats()) EXPECT_NEAR(v, 1e-42f, FLT_MIN) << name;
  }
}

TEST(Codec, PlainSizesAreTheOnesForetold) {
  for (const char* name :
       {"raw", "fp16", "int8", "int7", "int6", "int5", "int4", "int3", "int2", "int8-ch", "int5-ch", "int2-ch"}) {
    const CodecSpec spec = *ParseCodec(name);
    for (const Shape& shape : Shapes()) {
      Tensor ints = *Tensor::Allocate(DType::kInt64, {3});
      std::fill_n(ints.mutable_data(), ints.byte_size(), std::byte{1});
      const std::vector<NamedTensor> values = {{"some/name:0", Waves(shape, 1)}, {"i", ints}};
      const std::vector<TensorSpec> specs = {{"some/name:0", DType::kFloat32, shape}, {"i", DType::kInt64, {3}}};
      const auto bytes = PlainFrameBytes(spec, specs);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      EXPECT_EQ(EncodeOk(name, values).size(), *bytes) << name << " " << ShapeString(shape);
    }
  }
  // int4 of 1x3x7x7: 8 prefix, 1 count, 1 + 1 name, 1 type, 1 rank, 4 dimensions, 1 form, 1 length, 7 + ceil(147 / 2) payload.
  EXPECT_EQ(*PlainFrameBytes(*ParseCodec("int4"), std::vector<TensorSpec>{{"x", DType::kFloat32, {1, 3, 7, 7}}}),
            8u + 1 + 2 + 1 + 1 + 4 + 1 + 1 + 7 + 74);
  EXPECT_FALSE(PlainFrameBytes(*ParseCodec("jpeg:75"), std::vector<TensorSpec>{{"x", DType::kFloat32, {1, 3, 7, 7}}}).ok());
  EXPECT_FALSE(PlainFrameBytes(*ParseCodec("int8"), std::vector<TensorSpec>{{"x", DType::kFloat32, {-1, 3}}}).ok());
  // raw8 is for pictures, as Encoder has it.
  EXPECT_TRUE(PlainFrameBytes(*ParseCodec("raw8"), std::vector<TensorSpec>{{"x", DType::kFloat32, {1, 3, 7, 7}}}).ok());
  for (const Shape& shape : {Shape{1, 1, 7, 7}, Shape{2, 3, 7, 7}, Shape{3, 7, 7}}) {
    EXPECT_FALSE(PlainFrameBytes(*ParseCodec("raw8"), std::vector<TensorSpec>{{"x", DType::kFloat32, shape}}).ok());
  }
}

TEST(Codec, AFrameIsNeverLargerThanTheRawOne) {
  Rng rng(8);
  for (const Shape& shape : Shapes()) {
    Tensor noise = *Tensor::Allocate(DType::kFloat32, shape);   // arbitrary bits: nothing in them to model
    for (size_t i = 0; i < noise.byte_size(); ++i) noise.mutable_data()[i] = static_cast<std::byte>(rng.Next());
    for (const Tensor& t : {noise, Waves(shape, 2)}) {
      const size_t raw = EncodeOk("raw", {{"x", t}}).size();
      for (const char* name : kTensorCodecs)
        EXPECT_LE(EncodeOk(name, {{"x", t}}).size(), raw) << name << " " << ShapeString(shape);
    }
  }
}

TEST(Codec, SaysWhatItCannotEncode) {
  const auto refuses = [](const char* name, const std::vector<NamedTensor>& values, const PictureScale* picture,
                          const char* why) {
    std::string frame;
    const absl::Status status = Encoder(*ParseCodec(name)).Encode(values, picture, &frame);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << why;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(why));
  };
  const PictureScale scale{{1, 2, 3}, {1, 1, 1}}, zero{{1, 2, 3}, {1, 0, 1}};
  const Tensor t = Waves({1, 3, 4, 4}, 1);
  refuses("raw", std::vector<NamedTensor>(65, {"x", t}), nullptr, "65 values in one frame; at most 64");
  refuses("raw", {{std::string(257, 'n'), t}}, nullptr, "257 bytes; at most 256");
  refuses("raw", {{"x", Waves({1, 1, 1, 1, 1, 1, 1, 1, 1}, 1)}}, nullptr, "9 dimensions; at most 8");
  refuses("raw", {{"x", Tensor()}}, nullptr, "no tensor");
  refuses("jpeg:75", {{"x", t}}, nullptr, "needs the picture's mean and std");
  refuses("raw8", {{"x", t}}, &zero, "std not zero");
  refuses("raw8", {{"x", t}, {"y", t}}, &scale, "one picture");
  refuses("jpeg:75", {{"x", Waves({1, 4, 4, 4}, 1)}}, &scale, "one picture");
  refuses("raw8", {{"x", *Tensor::Allocate(DType::kInt32, {1, 3, 4, 4})}}, &scale, "one picture");
}

}   // namespace
}   // namespace partway::codec
