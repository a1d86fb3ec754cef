#include "codec/map_coder.h"

#include <cmath>

#include "base/rng.h"
#include "codec/crc32c.h"
#include "codec/normal_table.h"
#include "codec/rans.h"
#include "gtest/gtest.h"

namespace partway::codec {
namespace {

std::span<const std::byte> AsBytes(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

TEST(Rans, SlicesComeBackInOrderAtTheirPrice) {
  Rng rng(1);
  std::vector<Slice> slices;
  double bits = 0;
  for (int i = 0; i < 10001; ++i) {
    const auto start = static_cast<uint16_t>(rng.UniformInt(0, 60000));
    const auto size = static_cast<uint16_t>(rng.Chance(0.1) ? 1 : rng.UniformInt(1, 65535 - start));
    slices.push_back({start, size});
    bits += 16 - std::log2(size);
  }
  RansWriter writer;
  std::string bytes;
  writer.Write(slices, &bytes);
  EXPECT_NEAR(static_cast<double>(bytes.size()), bits / 8, kRansStates * kRansStateBytes + bits / 8 * 1e-3);
  RansReader words;
  RansCursor reader;
  ASSERT_TRUE(words.Start(AsBytes(bytes), &reader));
  for (size_t i = 0; i < slices.size(); ++i) {
    ASSERT_GE(reader.Slot(i), slices[i].start);
    ASSERT_LT(reader.Slot(i), uint32_t{slices[i].start} + slices[i].size);
    EXPECT_FALSE(reader.Complete());
    reader.Take(i, slices[i]);
  }
  EXPECT_TRUE(reader.Complete());
}

TEST(NormalTable, IsTheDistributionItIsSaidToBeAndNeverChanges) {
  // Student's t with 31 degrees of freedom: P(T < 1) = 0.8375, P(T < 2) = 0.9728; T = z / 256.
  EXPECT_NEAR(kNormal.below[kZHalf + 256] / 65535.0, 0.8375, 2e-4);
  EXPECT_NEAR(kNormal.below[kZHalf + 512] / 65535.0, 0.9728, 2e-4);
  EXPECT_EQ(kNormal.below[kZHalf], 32768);
  for (int z = 0; z < 2 * kZHalf; ++z) EXPECT_LE(kNormal.below[z], kNormal.below[z + 1]);
  // Frames that were written with one table are not readable with another.
  EXPECT_EQ(Crc32c(std::as_bytes(std::span(kNormal.below))), 0xc4a52ca4u);
  EXPECT_EQ(Crc32c(std::as_bytes(std::span(kNormal.scale))), 0xdbabcba3u);
  EXPECT_EQ(Crc32c(std::as_bytes(std::span(kNormal.inverse))), 0x33018dabu);
}

// Maps of smooth waves with noise, quantised.
std::vector<uint8_t> Waves(const ChannelLayout& layout, int bits, uint64_t seed) {
  Rng rng(seed);
  std::vector<uint8_t> symbols;
  const double top = (1 << bits) - 1;
  for (size_t map = 0; map < layout.batch * layout.channels; ++map) {
    const double height = top / 4 * rng.Uniform(), mean = top * rng.Uniform(0.3, 0.7), a = rng.Uniform(0.1, 1),
                 b = rng.Uniform(0.1, 1);
    for (size_t i = 0; i < layout.inner; ++i) {
      const size_t row = i / layout.width;
      const double x = static_cast<double>(i - row * layout.width), y = static_cast<double>(row);
      const double v = mean + height * std::sin(a * x) * std::cos(b * y) + top / 40 * rng.Uniform(-1, 1);
      symbols.push_back(static_cast<uint8_t>(std::lrint(std::clamp(v, 0.0, top))));
    }
  }
  return symbols;
}

TEST(MapCoder, BringsBackEveryLayoutAndWidth) {
  const ChannelLayout layouts[] = {{1, 1, 1, 1},  {1, 1, 1000, 1000}, {1, 500, 1, 1},     {1, 40, 784, 28},  {2, 9, 35, 7},
                                   {3, 17, 4, 2}, {1, 16, 5, 5},      {1, 2, 9000, 9000}, {1, 1, 70000, 70}, {1, 33, 3, 3}};
  MapCoder coder;
  for (const ChannelLayout& layout : layouts) {
    for (int bits = 2; bits <= 8; ++bits) {
      const std::vector<uint8_t> symbols = Waves(layout, bits, 2);
      std::string bytes = "before";
      coder.Encode(symbols, layout, bits, &bytes);
      EXPECT_EQ(bytes.substr(0, 6), "before");
      std::vector<uint8_t> back(symbols.size());
      ASSERT_TRUE(MapCoder().Decode(AsBytes(bytes).subspan(6), layout, bits, back))
          << layout.channels << "x" << layout.inner << " " << bits;
      EXPECT_EQ(back, symbols);
      EXPECT_FALSE(coder.Decode(AsBytes(bytes + "12").subspan(6), layout, bits, back));   // bytes too many
      EXPECT_FALSE(coder.Decode(AsBytes(bytes.substr(0, bytes.size() - 2)).subspan(6), layout, bits, back));
    }
  }
}

TEST(MapCoder, GivesTheSameOnEveryProcessor) {
  const ChannelLayout layout{1, 37, 12 * 11, 11};
  for (int bits : {2, 5, 8}) {
    const std::vector<uint8_t> symbols = Waves(layout, bits, 5);
    std::string plain, vectors;
    MapCoder(false).Encode(symbols, layout, bits, &plain);
    MapCoder(true).Encode(symbols, layout, bits, &vectors);
    EXPECT_EQ(plain, vectors);
    std::vector<uint8_t> back(symbols.size());
    EXPECT_TRUE(MapCoder(false).Decode(AsBytes(vectors), layout, bits, back));
    EXPECT_EQ(back, symbols);
  }
}

TEST(MapCoder, ReadsWhatWasWrittenOnce) {
  // 20 maps of 3x4, 4 bits; symbol = 7 + (map + 2 x + 3 y) % 5 - 2 (map & 1), written by the first version of this format.
  const std::string_view hex =
      "084e0fff7828609212470f286e2b2abbdcf0150f7516982b46dffac3c2e196c9aeea67d6c7f41a076df16ced1d0fed17080f8f12768f57eb22891ce226"
      "f5bdeb1ef332f4ca050409fd6db1f9dd0def644392e7ec780e97f3a87ba9f2acf04c0cf687a25202d0cea32c7f5373cf647f5b";
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  const ChannelLayout layout{1, 20, 12, 4};
  std::vector<uint8_t> expected, back(240);
  for (int map = 0; map < 20; ++map) {
    for (int i = 0; i < 12; ++i)
      expected.push_back(static_cast<uint8_t>(7 + (map + 2 * (i % 4) + 3 * (i / 4)) % 5 - 2 * (map & 1)));
  }
  ASSERT_TRUE(MapCoder().Decode(AsBytes(bytes), layout, 4, back));
  EXPECT_EQ(back, expected);
}

TEST(MapCoder, AnyBytesAreSafe) {
  // Extreme priors and arbitrary streams: symbols stay in their range, and reading ends.
  Rng rng(6);
  const ChannelLayout layout{1, 70, 40, 8};
  MapCoder coder;
  for (int round = 0; round < 60; ++round) {
    const int bits = 2 + round % 7;
    std::string bytes(static_cast<size_t>(rng.UniformInt(24, 4000)) / 2 * 2, '\0');
    for (char& c : bytes) c = static_cast<char>(rng.Next());
    bytes[0] = static_cast<char>(rng.Next() % (1u << bits));
    if (round % 2 == 0) bytes[1] = '\xff', bytes[2] = bytes[3] = '\0';
    std::vector<uint8_t> symbols(70 * 40);
    EXPECT_FALSE(coder.Decode(AsBytes(bytes), layout, bits, symbols));
    for (uint8_t s : symbols) ASSERT_LT(s, 1 << bits);
  }
}

TEST(MapCoder, LearnsWhatMapsHaveInCommon) {
  const ChannelLayout layout{1, 64, 196, 14};
  const std::vector<uint8_t> symbols = Waves(layout, 8, 3);
  std::string bytes;
  MapCoder().Encode(symbols, layout, 8, &bytes);
  // Noise of +-6.4 levels takes log2(12.8) = 3.7 bits of a symbol; the waves on it are smooth. A histogram of each map, itself for nothing: 5.5.
  EXPECT_LT(static_cast<double>(bytes.size()) * 8 / static_cast<double>(symbols.size()), 5.2);
}

TEST(MapCoder, NoiseCostsLittleMoreThanItsBitsAndConstantsNextToNothing) {
  const ChannelLayout layout{1, 32, 400, 20};
  Rng rng(4);
  std::vector<uint8_t> noise(32 * 400), constant(32 * 400, 7);
  for (uint8_t& s : noise) s = static_cast<uint8_t>(rng.Next());
  std::string bytes;
  MapCoder().Encode(noise, layout, 8, &bytes);
  EXPECT_LT(static_cast<double>(bytes.size()), 1.08 * 32 * 400);
  bytes.clear();
  MapCoder().Encode(constant, layout, 8, &bytes);
  EXPECT_LT(bytes.size(), 32u * 400 / 50);
}

}   // namespace
}   // namespace partway::codec
