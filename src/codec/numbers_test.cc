// The small parts: half precision, packed bits, the checksum, the quantiser.
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "base/rng.h"
#include "codec/bit_pack.h"
#include "codec/crc32c.h"
#include "codec/half.h"
#include "codec/least_error.h"
#include "codec/quantise.h"
#include "gtest/gtest.h"

namespace partway::codec {
namespace {

TEST(Half, EveryHalfComesBackFromItsFloat) {
  for (uint32_t h = 0; h < 65536; ++h) {
    const float value = FromHalf(static_cast<uint16_t>(h));
    if (std::isnan(value)) {
      EXPECT_EQ(ToHalf(value), (h & 0x8000) | 0x7e00);
    } else {
      ASSERT_EQ(ToHalf(value), h);
    }
  }
  EXPECT_EQ(FromHalf(0x3c00), 1.0f);
  EXPECT_EQ(FromHalf(0x0001), 0x1p-24f);
  EXPECT_EQ(FromHalf(0x03ff), 1023 * 0x1p-24f);
  EXPECT_EQ(FromHalf(0xfbff), -65504.0f);
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
  for (uint16_t h = 0; h < 0x7bff; ++h) {   // between each half and the next one
    const float low = FromHalf(h), high = FromHalf(static_cast<uint16_t>(h + 1)), middle = (low + high) / 2;   // exact in float32
    const uint16_t even = (h & 1) == 0 ? h : static_cast<uint16_t>(h + 1);
    ASSERT_EQ(ToHalf(middle), even) << h;
    ASSERT_EQ(ToHalf(std::nextafter(middle, 0.0f)), h);
    ASSERT_EQ(ToHalf(std::nextafter(middle, 1e6f)), h + 1);
    ASSERT_EQ(ToHalf(-middle), 0x8000 | even);
  }
  EXPECT_EQ(ToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(ToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(ToHalf(std::numeric_limits<float>::denorm_min()), 0);
}

TEST(BitPack, ComesBackAtEveryWidthAndLength) {
  Rng rng(1);
  for (int bits = 1; bits <= 8; ++bits) {
    for (size_t n = 0; n < 40; ++n) {
      std::vector<uint8_t> symbols(n), back(n);
      for (uint8_t& s : symbols) s = static_cast<uint8_t>(rng.Next() & ((1u << bits) - 1));
      std::vector<std::byte> packed(PackedBytes(n, bits));
      EXPECT_EQ(packed.size(), (n * bits + 7) / 8);
      PackBits(symbols, bits, packed);
      UnpackBits(packed, bits, back);
      EXPECT_EQ(back, symbols);
    }
  }
}

TEST(BitPack, PutsTheFirstSymbolLowest) {
  const uint8_t symbols[] = {1, 2, 3, 0, 2};
  std::byte packed[2];
  PackBits(symbols, 2, packed);
  EXPECT_EQ(packed[0], std::byte{0b00'11'10'01});
  EXPECT_EQ(packed[1], std::byte{0b10});
}

uint32_t Crc(std::string_view text) { return Crc32c(std::as_bytes(std::span(text.data(), text.size()))); }

TEST(Crc32c, GivesThePublishedValues) {   // RFC 3720, appendix B.4, and the usual check value
  EXPECT_EQ(Crc("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc(""), 0u);
}

// Worst error over the step, for values over low..high.
double WorstError(float low, float high, int bits, bool short_scale) {
  std::vector<float> values;
  for (int i = 0; i <= 1000; ++i) values.push_back(static_cast<float>(low + (static_cast<double>(high) - low) * i / 1000));
  const Quantiser q = FitRange(RangeOf(values), bits, short_scale);
  std::vector<uint8_t> symbols(values.size());
  std::vector<float> back(values.size());
  Quantise(values, q, bits, symbols.data());
  Dequantise(symbols, q, back.data());
  double worst = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_LT(symbols[i], 1 << bits);
    worst = std::max(worst, std::abs(static_cast<double>(back[i]) - values[i]) / std::abs(static_cast<double>(q.scale)));
  }
  return worst;
}

TEST(Quantiser, IsNeverFartherOffThanOneStep) {
  // Half a step from rounding; up to half a step more at the ends, where an integer zero point shifts the grid.
  for (int bits = 2; bits <= 8; ++bits) {
    for (bool short_scale : {false, true}) {
      for (auto [low, high] :
           {std::pair{-1.f, 1.f}, {0.f, 6.f}, {-3.7f, 0.1f}, {5.f, 6.f}, {-1e30f, 1e30f}, {-1e-30f, 2e-30f}, {1e4f, 1.001e4f}})
        EXPECT_LE(WorstError(low, high, bits, short_scale), 1.01) << bits << " bits, " << low << " to " << high;
    }
  }
}

TEST(Quantiser, KeepsZeroAndConstants) {
  for (float c : {3.5f, -2.75f, 0.0f, FLT_MAX / 8, 1e-40f, 0.1f}) {
    const std::vector<float> values(9, c);
    const Quantiser q = FitRange(RangeOf(values), 4, false);
    std::vector<uint8_t> symbols(9);
    std::vector<float> back(9);
    Quantise(values, q, 4, symbols.data());
    Dequantise(symbols, q, back.data());
    EXPECT_EQ(back, values);
  }
  const std::vector<float> values = {-0.37f, 0, 5.9f};
  const Quantiser q = FitRange(RangeOf(values), 8, true);
  EXPECT_EQ(std::bit_cast<uint32_t>(q.scale) & 0xffff, 0u);
  uint8_t symbols[3];
  float back[3];
  Quantise(values, q, 8, symbols);
  Dequantise(symbols, q, back);
  EXPECT_EQ(back[1], 0.0f);
}

TEST(FitLeastError, IsNoWorseThanTheWholeRangeAndMuchBetterWithOutliers) {
  for (size_t count : {40, 200, 5000}) {
    Rng rng(count);
    std::vector<float> values(count);
    for (float& v : values) {
      double sum = -6;
      for (int i = 0; i < 12; ++i) sum += rng.Uniform();   // nearly normal, variance 1
      v = static_cast<float>(sum);
    }
    values[7] = 12, values[20] = -9;
    const ValueRange range = RangeOf(values);
    ValueBins bins;
    bins.Begin(range, count);
    bins.Add(values);
    EXPECT_NEAR(bins.mean(), std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(count), 0.05);
    const auto error = [&](const Quantiser& q, int bits) {
      std::vector<uint8_t> symbols(count);
      std::vector<float> back(count);
      Quantise(values, q, bits, symbols.data());
      Dequantise(symbols, q, back.data());
      double sum = 0;
      for (size_t i = 0; i < count; ++i) sum += (back[i] - values[i]) * (back[i] - values[i]);
      return sum;
    };
    for (int bits : {2, 3, 4, 5}) {
      const double whole = error(FitRange(range, bits, false), bits), fitted = error(FitLeastError(bins, bits, false), bits);
      EXPECT_LE(fitted, whole * 1.05) << count << " values, " << bits << " bits";   // what bins blur is small
    }
    // Steps of 21/15 over the whole range make an error of 1.4^2 / 12 = 0.16 a value; over +-3 it is a twelfth of that.
    if (count == 5000) {
      EXPECT_LT(error(FitLeastError(bins, 4, false), 4), 0.5 * error(FitRange(range, 4, false), 4));
    }
  }
}

TEST(RangeOf, SeesEveryElementAndEveryNan) {
  for (size_t at = 0; at < 19; ++at) {
    std::vector<float> values(19, 1.0f);
    values[at] = -4;
    EXPECT_EQ(RangeOf(values).low, -4);
    EXPECT_TRUE(RangeOf(values).finite);
    for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity()}) {
      values[at] = bad;
      EXPECT_FALSE(RangeOf(values).finite) << at;
    }
  }
}

}   // namespace
}   // namespace partway::codec
