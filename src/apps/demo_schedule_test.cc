#include "apps/demo_schedule.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

using ::testing::ElementsAre;

std::vector<Seconds> Times(std::initializer_list<double> seconds) {
  std::vector<Seconds> times;
  for (const double s : seconds) times.emplace_back(s);
  return times;
}

TEST(DemoSchedule, AllPhotosWhereTheyFit) {
  // 50 * (0.02 + 0.1) = 6 s
  EXPECT_THAT(PhotosPerCut(Times({0.02, 0.1}), 50, 10, Seconds(6)), ElementsAre(50, 50));
}

TEST(DemoSchedule, SlowCutsShareWhatQuickOnesLeave) {
  // 50 photos would take 1, 10 and 30 s. Of 21 s, the first takes its 1, leaving 10 s for each of the others: 50 and 10 / 0.6 = 16.7.
  EXPECT_THAT(PhotosPerCut(Times({0.02, 0.2, 0.6}), 50, 10, Seconds(21)), ElementsAre(50, 50, 16));
}

TEST(DemoSchedule, NeverFewerThanTheLeastNorMoreThanThereAre) {
  EXPECT_THAT(PhotosPerCut(Times({5, 0}), 50, 10, Seconds(1)), ElementsAre(10, 50));
  EXPECT_THAT(PhotosPerCut(Times({5}), 4, 10, Seconds(1)), ElementsAre(4));
}

}   // namespace
}   // namespace partway::apps
