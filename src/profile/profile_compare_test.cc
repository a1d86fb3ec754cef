#include "profile/profile_compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace partway::profile {
namespace {

using testing::HasSubstr;

// Groups of 10, 20, 70 and 0.1 ms at 100 pixels, twice that at 200; each divided by `faster`.
Profile Of(const std::vector<double>& faster, const std::vector<std::pair<int, int>>& sizes_threads = {{100, 1}, {200, 1}}) {
  Profile p;
  p.model = "net";
  p.model_sha256 = std::string(64, 'a');
  p.grouping = "g";
  p.group_names = {"a", "b", "c", "d"};
  for (const auto& [edge, threads] : sizes_threads) {
    SizeProfile s{.height = edge, .width = edge, .threads = threads};
    const double base[] = {10e-3, 20e-3, 70e-3, 0.1e-3};
    for (int g = 0; g < 4; ++g) {
      const double t = base[g] * edge / 100 / faster[static_cast<size_t>(g)];
      s.groups.push_back({t, t, t, 5});
    }
    p.sizes.push_back(s);
  }
  return p;
}

TEST(ProfileCompare, RatiosSayHowManyTimesAsFast) {
  const auto c = Compare(Of({1, 1, 1, 1}), "a", Of({2, 2, 2, 2}), "b");
  ASSERT_TRUE(c.ok()) << c.status();
  EXPECT_DOUBLE_EQ(c->ratio, 2);
  ASSERT_EQ(c->sizes.size(), 2u);
  for (const ComparedGroup& g : c->groups) {
    EXPECT_DOUBLE_EQ(g.ratio, 2);
    EXPECT_FALSE(g.outlier);
  }
  EXPECT_DOUBLE_EQ(c->groups[1].share_a, 20 / 100.1);
}

// Group b gains three times, the rest twice. All: 100.1 / (10/2 + 20/3 + 70/2 + 0.1/2) = 100.1 / 46.7167 = 2.1427; b is 1.40 times that. Group d stands
// out more, at half the speed, but has a thousandth of the time.
TEST(ProfileCompare, GroupsThatStandOutAreOutliersUnlessTheyAreTiny) {
  const auto c = Compare(Of({1, 1, 1, 1}), "a", Of({2, 3, 2, 1}), "b");
  ASSERT_TRUE(c.ok()) << c.status();
  EXPECT_NEAR(c->ratio, 100.1 / (5 + 20.0 / 3 + 35 + 0.1), 1e-9);
  EXPECT_FALSE(c->groups[0].outlier);
  EXPECT_TRUE(c->groups[1].outlier);
  EXPECT_FALSE(c->groups[2].outlier);
  EXPECT_FALSE(c->groups[3].outlier);
  EXPECT_DOUBLE_EQ(c->groups[3].ratio, 1);
}

TEST(ProfileCompare, ThreadCountsMeetTheirLikeOrTheOnlyOther) {
  const auto like = Compare(Of({1, 1, 1, 1}, {{100, 1}, {100, 2}}), "a", Of({1, 1, 1, 1}, {{100, 2}}), "b");
  ASSERT_TRUE(like.ok()) << like.status();
  ASSERT_EQ(like->sizes.size(), 1u);
  EXPECT_EQ(like->sizes[0].threads_a, 2);
  const auto only = Compare(Of({1, 1, 1, 1}, {{100, 1}}), "a", Of({1, 1, 1, 1}, {{100, 8}}), "b");
  ASSERT_TRUE(only.ok()) << only.status();
  EXPECT_EQ(only->sizes[0].threads_b, 8);
}

TEST(ProfileCompare, AZeroTimeHasNoRatio) {
  Profile a = Of({1, 1, 1, 1});
  for (SizeProfile& s : a.sizes) s.groups[3] = {};
  const auto c = Compare(a, "a", Of({1, 1, 1, 1}), "b");
  ASSERT_TRUE(c.ok()) << c.status();
  EXPECT_EQ(c->groups[3].ratio, 0);
  EXPECT_FALSE(c->groups[3].outlier);
}

TEST(ProfileCompare, OtherModelsAndSizesAreRefused) {
  Profile other = Of({1, 1, 1, 1});
  other.model_sha256 = std::string(64, 'b');
  EXPECT_THAT(std::string(Compare(Of({1, 1, 1, 1}), "a.json", other, "b.json").status().message()),
              HasSubstr("does not go with a.json"));
  const auto none = Compare(Of({1, 1, 1, 1}, {{100, 1}}), "a.json", Of({1, 1, 1, 1}, {{200, 1}}), "b.json");
  EXPECT_EQ(none.status().message(), "no size in common: a.json has 100x100 with 1 thread; b.json has 200x200 with 1 thread");
}

}   // namespace
}   // namespace partway::profile
