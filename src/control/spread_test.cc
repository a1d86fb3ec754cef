#include "control/spread.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace partway::control {
namespace {

TEST(Spreader, OneShareIsAnEvenGrid) {
  Spreader spreader;
  const std::vector<SpreadShare> shares = {{4, 0.01, 0.1}};
  const auto planned = spreader.Spread(shares, 2);
  ASSERT_EQ(planned.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_DOUBLE_EQ(planned[static_cast<size_t>(i)].at_s, 0.5 * i);
  EXPECT_TRUE(spreader.Spread({}, 1).empty());
}

// Two kinds of uploads, 2 of 0.2 s and 2 of 0.1 s, and 3 frames that stay. Uploads fill 0.6 s of link and are stretched over the slot's 1 s, so
// that each begins when the link has carried its share: the order is by (j + (i + 0.5) / 3) / frames.
TEST(Spreader, UploadsFollowOneAnotherAndHeadsBeginSoMuchEarlier) {
  Spreader spreader;
  const std::vector<SpreadShare> shares = {{2, 0.05, 0.2}, {2, 0.02, 0.1}, {3, 0.03, 0}};
  const auto planned = spreader.Spread(shares, 1);
  ASSERT_EQ(planned.size(), 7u);
  std::vector<double> uploads[2], stays;
  for (size_t i = 0; i < planned.size(); ++i) {
    if (i > 0) EXPECT_LE(planned[i - 1].at_s, planned[i].at_s);
    (planned[i].share == 2 ? stays : uploads[planned[i].share]).push_back(planned[i].at_s);
  }
  EXPECT_EQ(stays, (std::vector<double>{0, 1.0 / 3, 2.0 / 3}));
  // On the link: 0 to 0.2, 0.2 to 0.3, 0.3 to 0.5, 0.5 to 0.6 of 0.6 s; times 1 / 0.6; heads of 0.02 s begin 0.03 later than those of 0.05.
  EXPECT_NEAR(uploads[0][0], 0, 1e-12);
  EXPECT_NEAR(uploads[1][0], 0.2 / 0.6 + 0.03, 1e-12);
  EXPECT_NEAR(uploads[0][1], 0.3 / 0.6, 1e-12);
  EXPECT_NEAR(uploads[1][1], 0.5 / 0.6 + 0.03, 1e-12);
}

TEST(Spreader, EverythingBeginsWithinTheSlot) {
  Spreader spreader;
  const std::vector<SpreadShare> shares = {{50, 3.0, 0.5}, {50, 0.01, 0.5}};
  for (const PlannedFrame& frame : spreader.Spread(shares, 1)) {
    EXPECT_GE(frame.at_s, 0);
    EXPECT_LT(frame.at_s, 1);
  }
}

}   // namespace
}   // namespace partway::control
