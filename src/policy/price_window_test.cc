#include "policy/price_window.h"

#include <gtest/gtest.h>

#include <vector>

namespace partway::policy {
namespace {

Observation Slot(int64_t slot) {
  Observation seen;
  seen.slot = slot;
  seen.frames = 10;
  return seen;
}

// A slot a time, each kept if the window wants it, with one point of its number as latency.
void Play(int slots, PriceWindow* window, int64_t from = 0) {
  for (int64_t t = from; t < from + slots; ++t) {
    const MeanPoint point = {1, static_cast<double>(t), 0.5};
    if (window->Wants()) window->Add(Slot(t), {&point, 1});
  }
}

std::vector<int64_t> Kept(const PriceWindow& window) {
  std::vector<int64_t> slots;
  for (size_t age = 0; age < window.kept(); ++age) slots.push_back(window.seen(age).slot);
  return slots;
}

TEST(PriceWindow, SpansAllThatWasSeenAndKeepsTheNewest) {
  // Full at four: slots 0 to 3. With the fifth every second one goes, the newest (3) and 1 stay, and from then on every second slot is kept.
  PriceWindow even({4, 64, 2, 0}, 1);
  Play(5, &even);
  EXPECT_EQ(Kept(even), (std::vector<int64_t>{4, 3, 1}));
  // An odd number of places: of 0 to 2 stay 2 and 0.
  PriceWindow odd({3, 64, 2, 0}, 1);
  Play(4, &odd);
  EXPECT_EQ(Kept(odd), (std::vector<int64_t>{3, 2, 0}));
}

TEST(PriceWindow, ForgetsAllButTheNewestSlotsHoweverThinTheyAreKept) {
  PriceWindow window({4, 64, 2, 0}, 1);
  Play(40, &window);
  const std::vector<int64_t> before = Kept(window);
  ASSERT_GE(before.size(), 3u);
  const int64_t stride = before[0] - before[1];
  ASSERT_GT(stride, 4);
  window.Forget(5);   // less than a stride: the newest alone
  EXPECT_EQ(Kept(window), std::vector<int64_t>{before[0]});
}

TEST(PriceWindow, AnOfferedPointIsAChoiceOfItsSlot) {
  PriceWindow window({4, 64, 2, 0}, 1);
  Play(4, &window);
  // Points of latency 0 to 3, of mean 1.5; 1 is asked for, which only the penalty could give. Each slot gets a point of latency 0.5 too.
  for (size_t age = 0; age < window.kept(); ++age) window.Offer(age, {0.5, 0.5, 0.5});
  const Score prices = window.Solve({1, 0, 0}, 1, 0);
  // Slots 1 to 3 may save 0.5, 1.5 and 2.5 of latency for 0.5 k each. The last alone brings the mean from 1.5 to 0.875; so it is given in part, at
  // a price of 0.5 / 2.5.
  EXPECT_NEAR(-prices.latency, 0.2, 1e-3);
}

TEST(PriceWindow, ARestatedSlotHasItsNewPointsAlone) {
  PriceWindow window({4, 64, 2, 0}, 1);
  Play(4, &window);
  // Latencies 0 to 3 become 1 to 4, each slot with another point that gives half of k for half of the latency: mean 2.5, and 1.25 by the others.
  for (size_t age = 0; age < window.kept(); ++age) {
    const double latency = 1 + static_cast<double>(window.seen(age).slot);
    const MeanPoint points[] = {{1, latency, 0.5}, {0.5, latency / 2, 0.5}};
    window.Restate(age, points);
  }
  // For a mean of 2 the slowest slot gives 2 of its 4: at 0.5 k for 2 of latency.
  EXPECT_NEAR(-window.Solve({1, 0, 0}, 2, 0).latency, 0.25, 1e-3);
}

}   // namespace
}   // namespace partway::policy
