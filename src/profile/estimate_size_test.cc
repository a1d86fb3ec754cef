#include "profile/estimate_size.h"

#include "gmock/gmock.h"
#include "profile/profile_json.h"

namespace partway::profile {
namespace {

// Two groups at `edge` pixels: one of 10 multiply-adds a pixel, one of none that reads 4 bytes a pixel and writes 40. `times`: of both; empty: not measured.
SizeProfile At(int edge, const std::vector<double>& times, int threads = 1) {
  const int64_t pixels = int64_t{edge} * edge;
  SizeProfile at{.height = edge, .width = edge, .threads = threads};
  for (const double t : times) at.groups.push_back({.median_s = t, .p10_s = 0.5 * t, .p90_s = 2 * t, .n = 10});
  at.group_macs = {10 * pixels, 0};
  at.cut_bytes = {12 * pixels, 4 * pixels, 0};
  at.output_bytes_of_tail = {40, 40, 0};
  return at;
}

Profile Of(std::vector<SizeProfile> sizes) {
  Profile profile{
      .cpu = "c", .system = "s", .cores = 1, .engine = "e", .engine_version = "1", .provider = "cpu", .date = "d", .model = "m"};
  profile.model_sha256 = std::string(64, 'a');
  profile.grouping = std::string(16, 'b');
  profile.positions = {0, 1, 2};
  profile.group_names = {"a", "b"};
  profile.group_param_bytes = {0, 0};
  profile.sizes = std::move(sizes);
  return profile;
}

TEST(EstimateMissingSizes, GoesInProportionToWorkBeyondWhatWasMeasured) {
  Profile profile = Of({At(10, {}), At(100, {0.1, 0.02}), At(200, {})});
  EXPECT_EQ(EstimateMissingSizes(&profile), 2);
  const SizeProfile &small = profile.sizes[0], &measured = profile.sizes[1], &large = profile.sizes[2];
  EXPECT_FALSE(measured.estimated);
  // Four times the pixels: four times the multiply-adds. The second group goes by its bytes: (4 * 200^2 + 40) / (4 * 100^2 + 40).
  EXPECT_TRUE(large.estimated);
  EXPECT_DOUBLE_EQ(large.groups[0].median_s, 0.4);
  EXPECT_DOUBLE_EQ(large.groups[0].p10_s, 0.2);
  EXPECT_DOUBLE_EQ(large.groups[0].p90_s, 0.8);
  EXPECT_EQ(large.groups[0].n, 0);
  EXPECT_NEAR(large.groups[1].median_s, 0.02 * 160040 / 40040, 1e-12);
  // A hundredth of the pixels.
  EXPECT_NEAR(small.groups[0].median_s, 0.001, 1e-12);
}

TEST(EstimateMissingSizes, LiesOnTheLineBetweenTwoThatWereMeasured) {
  // 10^2, 20^2 and 40^2 pixels: 0.1 s + 1 ms a pixel beyond the 100, so that 300 more cost 0.3 s.
  Profile profile = Of({At(10, {0.1, 0.1}), At(20, {}), At(40, {1.6, 0.1})});
  EXPECT_EQ(EstimateMissingSizes(&profile), 1);
  EXPECT_NEAR(profile.sizes[1].groups[0].median_s, 0.4, 1e-12);
  EXPECT_NEAR(profile.sizes[1].groups[1].median_s, 0.1, 1e-12);
}

TEST(EstimateMissingSizes, LeavesWhatNothingTellsOf) {
  Profile profile = Of({At(10, {}, 2), At(20, {0.1, 0.1}, 1)});
  EXPECT_EQ(EstimateMissingSizes(&profile), 0) << "another number of threads";
  EXPECT_FALSE(profile.sizes[0].estimated);
}

TEST(EstimateMissingSizes, IsMarkedInTheFile) {
  Profile profile = Of({At(100, {0.1, 0.02}), At(200, {})});
  EXPECT_FALSE(ProfileFromJson(ProfileToJson(Of({At(100, {0.1, 0.02})}))).value().sizes[0].estimated);
  EstimateMissingSizes(&profile);
  const auto read = ProfileFromJson(ProfileToJson(profile));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->sizes[0].estimated);
  EXPECT_TRUE(read->sizes[1].estimated);
  EXPECT_DOUBLE_EQ(read->sizes[1].groups[0].median_s, 0.4);
  std::string forged = ProfileToJson(profile);   // measured never, and not said to be estimated
  forged.replace(forged.find("\"estimated\": true"), 17, "\"estimated\":false");
  EXPECT_FALSE(ProfileFromJson(forged).ok());
}

}   // namespace
}   // namespace partway::profile
