#include "base/quantity.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway {
namespace {

using ::testing::HasSubstr;

TEST(Quantity, PrefixesArePowersOfTenOrTwo) {
  EXPECT_EQ(ParseBitRate("20Mbps")->value(), 20e6);
  EXPECT_EQ(ParseBitRate("1Mibps")->value(), 1048576);   // 2^20
  EXPECT_EQ(ParseBytes("2.5MB")->value(), 2.5e6);
  EXPECT_EQ(ParseBytes("3KiB")->value(), 3072);   // 3 * 1024
  EXPECT_EQ(ParseComputeRate("5GFLOPS")->value(), 5e9);
  EXPECT_EQ(ParseFrequency("956MHz")->value(), 956e6);
  EXPECT_EQ(ParseDuration("80ms")->count(), 80'000'000);
  EXPECT_EQ(ParseDuration("1.5 s")->count(), 1'500'000'000);
}

TEST(Quantity, RefusesWhatHasNoUnitOrNoNumber) {
  for (const char* bad : {"20", "", "Mbps", "20mbps", "-3Mbps", "nanMbps", "infMbps", "20Mbps!", "1e400Mbps"}) {
    const auto rate = ParseBitRate(bad);
    ASSERT_FALSE(rate.ok()) << bad;
    EXPECT_THAT(std::string(rate.status().message()), HasSubstr("20Mbps")) << "the message gives an example";
  }
  EXPECT_FALSE(ParseDuration("1e300h").ok());
  EXPECT_FALSE(ParseBytes("1e300TB").ok());   // infinite in bytes
  EXPECT_FALSE(ParseBytes("2e7TB").ok());     // more than 64 bits count
}

TEST(Quantity, FormatsWithThreeDigits) {
  EXPECT_EQ(FormatBytes(1605632), "1.61 MB");
  EXPECT_EQ(FormatBytes(12), "12 B");
  EXPECT_EQ(FormatBytes(999.9), "1.00 kB");
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBitRate(20e6), "20.0 Mbps");
  EXPECT_EQ(FormatSeconds(0.0123), "12.3 ms");
  EXPECT_EQ(FormatSeconds(0), "0 us");
  EXPECT_EQ(FormatCount(4.12e9), "4.12 G");
  EXPECT_EQ(SizeText(224, 224), "224");
  EXPECT_EQ(SizeText(192, 256), "192x256");
}

}   // namespace
}   // namespace partway
