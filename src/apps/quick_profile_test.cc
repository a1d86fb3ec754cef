#include "apps/quick_profile.h"

#include <cstdlib>

#include "gmock/gmock.h"

namespace partway::apps {
namespace {

const std::vector<engine::ProbeSize> kSizes = {{64, 64}, {96, 96}, {128, 128}};

class QuickProfileTest : public testing::Test {
 protected:
  QuickProfileTest() {
    for (const char* variable : {"XDG_CACHE_HOME", "HOME"}) ::setenv(variable, "", /*overwrite=*/1);   // nothing is kept
    auto made = MakeDeviceSide({.model = "efficientnet_lite0"});
    EXPECT_TRUE(made.ok()) << made.status();
    side_ = *std::move(made);
  }
  DeviceSide side_;
  const Globals quiet_{.quiet = true};
  const std::vector<codec::CodecSpec> codecs_ = {*codec::ParseCodec("int8-ec")};
};

TEST_F(QuickProfileTest, WithoutTimeTheSmallestSizeIsMeasuredAndTheOthersAreEstimated) {
  const auto taken = KeptProfile(side_, kSizes, codecs_, quiet_, Duration(0));
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_TRUE(taken->measured);
  EXPECT_EQ(taken->path, "");
  EXPECT_THAT(taken->not_kept, testing::HasSubstr("neither XDG_CACHE_HOME nor HOME"));
  ASSERT_EQ(taken->profile.sizes.size(), 3u);
  const profile::SizeProfile& first = taken->profile.sizes[0];
  EXPECT_FALSE(first.estimated);
  EXPECT_GE(first.groups[0].n, 1);
  for (const size_t i : {size_t{1}, size_t{2}}) {
    const profile::SizeProfile& at = taken->profile.sizes[i];
    EXPECT_TRUE(at.estimated);
    for (size_t g = 0; g < at.groups.size(); ++g) {
      ASSERT_GT(first.group_macs[g], 0);   // so a group's time goes with its multiply-adds
      const double work = static_cast<double>(at.group_macs[g]) / static_cast<double>(first.group_macs[g]);
      EXPECT_NEAR(at.groups[g].median_s, first.groups[g].median_s * work, 1e-9 + 1e-9 * work) << g;
      EXPECT_EQ(at.groups[g].n, 0);
    }
  }
  EXPECT_EQ(taken->profile.codecs.size(), 1u);
  EXPECT_EQ(EstimatedText(taken->profile, kSizes, 1), "96, 128 px are estimated from the sizes there was time to measure");
  EXPECT_EQ(EstimatedText(taken->profile, {kSizes[0]}, 1), "");
}

}   // namespace
}   // namespace partway::apps
