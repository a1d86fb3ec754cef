#include "codec/map_coder.h"

#include <cmath>

#include "base/rng.h"
#include "codec/crc32c.h"
#include "codec/normal_table.h"
#include "codec/rans.h"
#include "gmock/gmock.h"

namespace partway::codec {
namespace {

std::span<const std::byte> AsBytes(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

TEST(Rans, SlicesComeBackInOrderAtTheirPrice) {
  Rng rng(1);
  std::vector<Slice> slices;
  double bits = 0;
  for (int i = 0; i < 10001; ++i) {
    const auto start = static_cast<uint16_t>(rng.UniformInt(0, 60000));
    const auto size = rng.Chance(0.1) ? 1 : rng.UniformInt(1, 65536 - start);
    slices.push_back({start, static_cast<uint16_t>(size - 1)});
    bits += 16 - std::log2(static_cast<double>(size));
  }
  std::string bytes, portable;
  RansWriter(true).Write(slices, kRansStates, &bytes);
  RansWriter(false).Write(slices, kRansStates, &portable);
  EXPECT_EQ(bytes, portable);
  EXPECT_NEAR(static_cast<double>(bytes.size()), bits / 8, kRansStates * kRansStateBytes + bits / 8 * 2e-3);
  RansReader words;
  RansCursor reader;
  ASSERT_TRUE(words.Start(AsBytes(bytes), kRansStates, &reader));
  for (size_t i = 0; i < slices.size(); ++i) {
    ASSERT_GE(reader.Slot(i), slices[i].start);
    ASSERT_LE(reader.Slot(i), uint32_t{slices[i].start} + slices[i].more);
    EXPECT_FALSE(reader.Complete());
    reader.Take(i, slices[i]);
  }
  EXPECT_TRUE(reader.Complete());
}

TEST(Rans, SkippedSymbolsCostNothing) {
  // Three states say something, the others nothing: 3 x 4 bytes of states, and 1 bit a symbol.
  std::vector<Slice> slices(8 * 1000);
  for (size_t i = 0; i < slices.size(); ++i) {
    if (i % 8 < 3) slices[i] = {static_cast<uint16_t>(i % 2 * 32768), 32767};
  }
  std::string bytes;
  RansWriter().Write(slices, 3, &bytes);
  EXPECT_NEAR(static_cast<double>(bytes.size()), 3 * 4 + 3 * 1000 / 8.0, 3 * 2);
  RansReader words;
  RansCursor reader;
  ASSERT_TRUE(words.Start(AsBytes(bytes), 3, &reader));
  for (size_t i = 0; i < slices.size(); ++i) {
    if (i % 8 < 3) {
      ASSERT_EQ(reader.Slot(i) >> 15, i % 2);
    }
    reader.Take(i, slices[i]);
  }
  EXPECT_TRUE(reader.Complete());
}

TEST(Rans, StatesBelowTheirLeastAreRefused) {
  RansReader words;
  RansCursor reader;
  EXPECT_TRUE(words.Start(AsBytes(std::string("\0\0\1\0", 4)), 1, &reader));
  EXPECT_TRUE(reader.Complete());
  EXPECT_FALSE(words.Start(AsBytes(std::string("\xff\xff\0\0", 4)), 1, &reader));
  EXPECT_FALSE(words.Start(AsBytes(std::string("\0\0\1\0", 4)), 2, &reader));
  EXPECT_FALSE(words.Start(AsBytes(std::string("\0\0\1\0\0", 5)), 1, &reader));
}

TEST(NormalTable, IsTheDistributionItIsSaidToBeAndNeverChanges) {
  // Student's t with 31 degrees of freedom: P(T < 1) = 0.8375, P(T < 2) = 0.9728; T = z / 256.
  EXPECT_NEAR(kNormal.below[kZHalf + 256] / 65535.0, 0.8375, 2e-4);
  EXPECT_NEAR(kNormal.below[kZHalf + 512] / 65535.0, 0.9728, 2e-4);
  EXPECT_EQ(kNormal.below[kZHalf], 32768);
  for (int z = 0; z < 2 * kZHalf; ++z) EXPECT_LE(kNormal.below[z], kNormal.below[z + 1]);
  // Frames that were written with one table are not readable with another.
  EXPECT_EQ(Crc32c(std::as_bytes(std::span(kNormal.below))), 0xc4a52ca4u);
  // (17 + 2 k) / 16 * 1.25 / 256 * 2^16, and 2^7 times its inverse in 2^16.
  EXPECT_THAT(kNormal.reach, testing::ElementsAre(340, 380, 420, 460, 500, 540, 580, 620));
  EXPECT_THAT(kNormal.slope, testing::ElementsAre(24672, 22075, 19973, 18236, 16777, 15534, 14463, 13530));
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
  // Several widths of the last block; rows that vectors of eight do not divide.
  for (const ChannelLayout& layout :
       {ChannelLayout{1, 37, 12 * 11, 11}, ChannelLayout{1, 70, 49, 7}, ChannelLayout{1, 3, 900, 30},
        ChannelLayout{1, 30, 256, 16}, ChannelLayout{1, 200, 60, 1}}) {
    for (int bits = 2; bits <= 8; ++bits) {
      const std::vector<uint8_t> symbols = Waves(layout, bits, 5);
      std::string plain, vectors;
      MapCoder(false).Encode(symbols, layout, bits, &plain);
      MapCoder(true).Encode(symbols, layout, bits, &vectors);
      EXPECT_EQ(plain, vectors);
      std::vector<uint8_t> back(symbols.size());
      EXPECT_TRUE(MapCoder(false).Decode(AsBytes(vectors), layout, bits, back));
      EXPECT_EQ(back, symbols);
      std::fill(back.begin(), back.end(), uint8_t{0});
      EXPECT_TRUE(MapCoder(true).Decode(AsBytes(vectors), layout, bits, back));
      EXPECT_EQ(back, symbols);
    }
  }
}

TEST(MapCoder, ReadsWhatWasWrittenOnce) {
  // 20 maps of 3x4, 4 bits; symbol = 7 + (map + 2 x + 3 y) % 5 - 2 (map & 1), written by the first version of this format.
  const std::string_view hex =
      "084e0fff2455e81a0516e022b1b5040afd60dbb600fd2bbe03045098996a06008a44c0956bec10c270b646f7df1883886edf96e12ed1105e150a43a0"
      "40fafd04a960711273ef4bf49006b9f59e063a138b9c96ea25eeb713ba9885ec4aeffdf17008270f538ff76c424ec3cc59c1a3833877ce88c574";
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
    std::string bytes(static_cast<size_t>(rng.UniformInt(36, 4000)) / 2 * 2, '\0');
    for (char& c : bytes) c = static_cast<char>(rng.Next());
    for (size_t k = 0; k < kRansStates; ++k) bytes[4 + 4 * k + 2] = '\1';   // states are in their range
    bytes[0] = static_cast<char>(rng.Next() % (1u << bits));
    if (round % 2 == 0) bytes[1] = '\xff', bytes[2] = bytes[3] = '\0';
    std::vector<uint8_t> symbols(70 * 40), portable(70 * 40);
    EXPECT_FALSE(coder.Decode(AsBytes(bytes), layout, bits, symbols));
    for (uint8_t s : symbols) ASSERT_LT(s, 1 << bits);
    EXPECT_FALSE(MapCoder(false).Decode(AsBytes(bytes), layout, bits, portable));
    ASSERT_EQ(symbols, portable);   // all processors read the same out of it
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
