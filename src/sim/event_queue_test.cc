#include "sim/event_queue.h"

#include <array>
#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::sim {
namespace {

using testing::ElementsAre;

Instant At(int64_t ns) { return Instant{Duration(ns)}; }

TEST(EventQueue, TakesEventsByTimeAndAtOneInstantInTheOrderTheyWerePutIn) {
  EventQueue events;
  std::vector<int> seen;
  for (const auto& [time, name] : std::vector<std::pair<int, int>>{{30, 1}, {10, 2}, {20, 3}, {10, 4}, {30, 5}, {10, 6}}) {
    events.At(At(time), [&seen, name = name] { seen.push_back(name); });
  }
  while (events.Step()) continue;
  EXPECT_THAT(seen, ElementsAre(2, 4, 6, 3, 1, 5));
  EXPECT_EQ(events.now(), At(30));
}

TEST(EventQueue, WhatAnEventPutsInForNowOrThePastComesNextAfterWhatWasThere) {
  EventQueue events;
  std::vector<int> seen;
  events.At(At(10), [&] {
    seen.push_back(1);
    events.At(At(3), [&] {
      seen.push_back(3);
      EXPECT_EQ(events.now(), At(10));
    });
    events.After(Duration(5), [&] { seen.push_back(4); });
  });
  events.At(At(10), [&] { seen.push_back(2); });
  while (events.Step()) continue;
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(events.now(), At(15));
}

// Also those that are too large for a cell, and those still in the queue at its end.
TEST(EventQueue, EveryActionIsDestroyedOnce) {
  const auto token = std::make_shared<int>(0);
  {
    EventQueue events;
    const std::array<char, 200> large{};
    for (int i = 0; i < 200; ++i) {   // more than a block of cells
      events.At(At(i), [token] { ++*token; });
      events.At(At(i), [token, large] { *token += large[0] + 1; });
    }
    EXPECT_EQ(token.use_count(), 401);
    for (int i = 0; i < 300; ++i) events.Step();
    EXPECT_EQ(*token, 300);
    EXPECT_EQ(token.use_count(), 101);
  }
  EXPECT_EQ(token.use_count(), 1);
}

// An action may put in so many others that the cells' table grows while it runs, and must find its own captures where they were.
TEST(EventQueue, AnActionStaysInPlaceWhileItRuns) {
  EventQueue events;
  int ran = 0;
  const std::array<int, 16> values = {1, 2, 3, 4};
  events.At(At(0), [&events, &ran, values] {
    for (int i = 0; i < 1000; ++i) events.After(Duration(1), [&ran] { ++ran; });
    EXPECT_EQ(values[3], 4);
  });
  while (events.Step()) continue;
  EXPECT_EQ(ran, 1000);
}

}   // namespace
}   // namespace partway::sim
