#include "apps/frame_order.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FrameOrder, HandsOnInOrderOfCapture) {
  FrameOrder<std::string> order(4);
  EXPECT_THAT(order.Add(1, "b"), IsEmpty());
  EXPECT_THAT(order.Add(2, "c"), IsEmpty());
  EXPECT_THAT(order.Add(0, "a"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(order.Add(3, "d"), ElementsAre("d"));
}

TEST(FrameOrder, GivesUpTheMissingOnesWhenTooManyWait) {
  FrameOrder<int> order(2);
  EXPECT_THAT(order.Add(2, 2), IsEmpty());   // 0 and 1 are missing
  EXPECT_THAT(order.Add(5, 5), IsEmpty());
  EXPECT_THAT(order.Add(3, 3), ElementsAre(2, 3)) << "a third would wait; 4 is missing still";
  bool taken = true;
  EXPECT_THAT(order.Add(1, 1, &taken), IsEmpty()) << "its turn is over";
  EXPECT_FALSE(taken);
  EXPECT_THAT(order.Add(4, 4), ElementsAre(4, 5));
}

TEST(FrameOrder, APlaceThatIsHeldForNothingHoldsNobodyUp) {
  FrameOrder<int> order(8);
  EXPECT_THAT(order.Add(1, std::nullopt), IsEmpty());
  EXPECT_THAT(order.Add(2, 2), IsEmpty());
  EXPECT_THAT(order.Add(0, 0), ElementsAre(0, 2));
  EXPECT_THAT(order.Add(4, 4), IsEmpty());
  EXPECT_THAT(order.GiveUp(), ElementsAre(4)) << "3 is not waited for";
}

TEST(FrameOrder, FlushHandsOnWhatWaits) {
  FrameOrder<int> order(8);
  EXPECT_THAT(order.Add(3, 3), IsEmpty());
  EXPECT_THAT(order.Add(1, 1), IsEmpty());
  EXPECT_THAT(order.Flush(), ElementsAre(1, 3));
  EXPECT_THAT(order.Flush(), IsEmpty());
}

}   // namespace
}   // namespace partway::apps
