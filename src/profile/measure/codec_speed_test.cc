#include "profile/measure/codec_speed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace partway::profile {
namespace {

TEST(FitCodecSpeed, FindsTheLine) {
  std::vector<CodecSample> samples;
  for (const double b : {1e3, 1e4, 1e6}) samples.push_back({b, 1e-5 + 2e-9 * b, 3e-9 * b});
  const CodecSpeed speed = FitCodecSpeed("int8", samples);
  EXPECT_EQ(speed.codec, "int8");
  EXPECT_NEAR(speed.encode_fixed_s, 1e-5, 1e-10);
  EXPECT_NEAR(speed.encode_s_per_byte, 2e-9, 1e-14);
  EXPECT_NEAR(speed.decode_fixed_s, 0, 1e-10);
  EXPECT_NEAR(speed.decode_s_per_byte, 3e-9, 1e-14);
}

// 1 us at 1000 bytes and 4 us at 2000: the line through both begins at -2 us. Through the origin, of relative errors: p = sum(c) / sum(c^2) with
// c = b / t = 1e9 and 0.5e9: 1.5e9 / 1.25e18 = 1.2e-9.
TEST(FitCodecSpeed, NoPartIsNegative) {
  const CodecSpeed steep = FitCodecSpeed("x", std::vector<CodecSample>{{1000, 1e-6, 4e-6}, {2000, 4e-6, 1e-6}});
  EXPECT_EQ(steep.encode_fixed_s, 0);
  EXPECT_NEAR(steep.encode_s_per_byte, 1.2e-9, 1e-18);
  // Falling: a constant of relative errors with a = 1/t = 0.25e6 and 1e6: 1.25e6 / 1.0625e12.
  EXPECT_EQ(steep.decode_s_per_byte, 0);
  EXPECT_NEAR(steep.decode_fixed_s, 1.25e6 / 1.0625e12, 1e-15);
}

TEST(FitCodecSpeed, OneSizeTellsNoFixedPart) {
  const CodecSpeed speed = FitCodecSpeed("x", std::vector<CodecSample>{{1000, 2e-6, 1e-6}, {1000, 2e-6, 1e-6}});
  EXPECT_EQ(speed.encode_fixed_s, 0);
  EXPECT_NEAR(speed.encode_s_per_byte, 2e-9, 1e-18);
  const CodecSpeed none = FitCodecSpeed("x", {});
  EXPECT_EQ(none.encode_s_per_byte, 0);
}

CodecInput Values(int64_t channels, int64_t edge, bool picture) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, {1, channels, edge, edge});
  int i = 0;
  for (float& v : t.mutable_floats()) v = static_cast<float>(i++ % 255) / 255;
  CodecInput input{{{"x", std::move(t)}}, std::nullopt};
  if (picture) input.picture = codec::PictureScale{{0, 0, 0}, {255, 255, 255}};
  return input;
}

TEST(TimeCodecs, TimesEachCodecThatFitsTheValues) {
  const SteadyClock wall;
  const std::vector<codec::CodecSpec> specs = {*codec::ParseCodec("int8"), *codec::ParseCodec("jpeg:75"),
                                               *codec::ParseCodec("raw")};
  const std::vector<CodecInput> both = {Values(3, 64, true), Values(16, 16, false)};
  const auto speeds = TimeCodecs(specs, both, {.repeat = 2}, {wall, wall});
  ASSERT_TRUE(speeds.ok()) << speeds.status();
  ASSERT_EQ(speeds->size(), 3u);
  EXPECT_EQ((*speeds)[1].codec, "jpeg:75");
  for (const CodecSpeed& s : *speeds) EXPECT_GT(s.encode_fixed_s + s.encode_s_per_byte, 0) << s.codec;
  const auto no_picture = TimeCodecs(specs, std::span(both).subspan(1), {.repeat = 2}, {wall, wall});
  ASSERT_TRUE(no_picture.ok()) << no_picture.status();
  EXPECT_EQ(no_picture->size(), 2u) << "no picture, no jpeg";
}

TEST(TimeCodecs, EndsWhenAsked) {
  const ManualClock clock;
  const std::vector<codec::CodecSpec> specs = {*codec::ParseCodec("int8")};
  const std::vector<CodecInput> inputs = {Values(3, 8, false)};
  int left = 3;
  EXPECT_TRUE(absl::IsCancelled(TimeCodecs(specs, inputs, {}, {clock, clock}, [&] { return --left > 0; }).status()));
}

}   // namespace
}   // namespace partway::profile
