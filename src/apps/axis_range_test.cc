#include "apps/axis_range.h"

#include "apps/verb.h"
#include "base/quantity.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<double> Rate(std::string_view text) {
  ASSIGN_OR_RETURN(const BitsPerSecond rate, ParseBitRate(text));
  return rate.value();
}

TEST(AxisRange, StepsEquallyAndIncludesBothEnds) {
  const auto range = ParseRange("10Mbps:30Mbps:10Mbps", "--uplink", Rate);
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_THAT(range->values, ElementsAre(10e6, 20e6, 30e6));
  EXPECT_FALSE(range->logarithmic);
  EXPECT_EQ(range->first, "10Mbps");
  // 0.1 + 2 * 0.1 is not 0.3 in binary; the end counts all the same.
  EXPECT_EQ(ParseRange("100kbps:300kbps:100kbps", "--uplink", Rate)->values.size(), 3u);
  EXPECT_THAT(ParseRange("10Mbps:10Mbps:1Mbps", "--uplink", Rate)->values, ElementsAre(10e6));
}

TEST(AxisRange, StepsByAFactor) {
  const auto range = ParseRange("1Mbps:1Gbps:x10", "--uplink", Rate);
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_TRUE(range->logarithmic);
  EXPECT_THAT(range->values, ElementsAre(DoubleEq(1e6), DoubleEq(1e7), DoubleEq(1e8), DoubleEq(1e9)));
}

TEST(AxisRange, RefusesInOneLineThatNamesTheFlag) {
  for (const char* wrong :
       {"10Mbps", "10Mbps:20Mbps", "20Mbps:10Mbps:1Mbps", "10Mbps:20Mbps:0Mbps", "10:20:1", "1Mbps:2Mbps:x1", "1Mbps:2Mbps:x",
        "0Mbps:2Mbps:x2", "1Mbps:9Gbps:1kbps", "1Mbps:1Gbps:x1.0001", "::", "a:b:c", "1Mbps:2Mbps:xinf"}) {
    const auto range = ParseRange(wrong, "--uplink", Rate);
    ASSERT_FALSE(range.ok()) << wrong;
    EXPECT_TRUE(IsUsageError(range.status()));
    EXPECT_THAT(std::string(range.status().message()), HasSubstr("--uplink"));
  }
  EXPECT_FALSE(IsRange("127.0.0.1:8001"));
}

}   // namespace
}   // namespace partway::apps
