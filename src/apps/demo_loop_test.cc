#include "apps/demo_loop.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

// 15 s: good until 4, bad until 8, gone until 11, good until the end; twice as fast that is 2, 4, 5.5 and 7.5 s on the link.
TEST(ChangingLink, GoesThroughItsPhasesAtItsPace) {
  for (const double pace : {1.0, 2.0}) {
    const ChangingLink made = *MakeChangingLink(15, pace);
    ASSERT_EQ(made.phases.size(), 4u);
    EXPECT_NEAR(made.phases[1].from_s, 4, 1e-9);
    EXPECT_NEAR(made.phases[2].from_s, 8, 1e-9);
    EXPECT_NEAR(made.phases[2].to_s, 11, 1e-9);
    EXPECT_NEAR(made.phases[3].to_s, 15, 1e-9);
    const auto at = [&](double s) { return Instant{FromSeconds(s / pace)}; };
    const auto carried = [&](double from_s, double to_s) {
      return static_cast<double>(made.link.up.profile->Carried(at(from_s), at(to_s))) * pace;
    };
    EXPECT_NEAR(carried(0, 4), 4 * 20e6, 100);
    EXPECT_NEAR(carried(4, 8), 4 * 1e6, 100);
    EXPECT_NEAR(carried(11, 15), 4 * 20e6, 100);
    EXPECT_NEAR(carried(1000, 1001), 20e6, 100) << "it does not begin again";
    ASSERT_EQ(made.link.faults.faults().size(), 1u);
    const net::LinkFault& outage = made.link.faults.faults().front();
    EXPECT_EQ(outage.kind, net::LinkFault::Kind::kOutage);
    EXPECT_NEAR(ToSeconds(outage.at) * pace, 8, 1e-6);
    EXPECT_NEAR(ToSeconds(outage.length) * pace, 3, 1e-6);
  }
}

}   // namespace
}   // namespace partway::apps
