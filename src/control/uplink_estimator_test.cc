#include "control/uplink_estimator.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.h"
#include "gtest/gtest.h"

namespace partway::control {
namespace {

constexpr double kOffsetS = 1234.5;   // of the server's clock, which began when it liked

// A first-in-first-out link in seconds on the device's clock, and a server behind it with its own clock.
class Link {
 public:
  Link(double bps, double delay_s) : bps_(bps), delay_s_(delay_s) {}
  void SetRate(double bps) { bps_ = bps; }

  // Hands over `bytes` at `at_s`; the server takes `server_s` over it. The answer is given to the estimator when Pass goes over it.
  void Send(double at_s, int64_t bytes, double server_s, UplinkEstimator* to) {
    Pass(at_s, to);
    to->Handed(++id_, Instant{FromSeconds(at_s)}, bytes, FromSeconds(server_s));
    free_s_ = std::max(free_s_, at_s) + 8.0 * static_cast<double>(bytes) / bps_;
    const double received_s = free_s_ + delay_s_;
    answers_.push_back({received_s + server_s + delay_s_, received_s, server_s, id_});
  }
  void Pass(double until_s, UplinkEstimator* to) {
    std::sort(answers_.begin(), answers_.end(), [](const Answer& a, const Answer& b) { return a.at_s < b.at_s; });
    size_t n = 0;
    for (; n < answers_.size() && answers_[n].at_s <= until_s; ++n) {
      const Answer& a = answers_[n];
      to->Answered(a.id, Instant{FromSeconds(a.at_s)}, FromSeconds(a.received_s + kOffsetS), FromSeconds(a.server_s));
    }
    answers_.erase(answers_.begin(), answers_.begin() + static_cast<std::ptrdiff_t>(n));
  }

 private:
  struct Answer {
    double at_s, received_s, server_s;
    uint64_t id;
  };
  double bps_, delay_s_, free_s_ = 0;
  uint64_t id_ = 0;
  std::vector<Answer> answers_;
};

double Rate(const UplinkEstimator& estimator, double at_s) {
  return estimator.estimate(Instant{FromSeconds(at_s)})->bits_per_second;
}

TEST(UplinkEstimator, KnowsNothingAtFirst) {
  UplinkEstimator estimator;
  EXPECT_FALSE(estimator.estimate({}));
  EXPECT_FALSE(estimator.round_trip());
  EXPECT_GE(estimator.ProbeBytes({}), 1024u);
}

// Frames of 10 kB at 30 a second, each behind a server that takes between 1 and 80 ms over it: the rate is the link's, whatever the rate.
TEST(UplinkEstimator, MeasuresTheLinkAndNotTheServer) {
  for (const double bps : {0.3e6, 1e6, 5e6, 20e6, 80e6}) {
    for (const double delay_s : {0.0, 0.04}) {
      UplinkEstimator estimator;
      Link link(bps, delay_s);
      Rng rng(7);
      link.Send(0, 40, 0, &estimator);   // a heartbeat
      // As many as the link carries nine tenths of the time, at most 30 a second.
      const double gap_s = std::max(1.0 / 30, 8 * 10'000 / bps / 0.9);
      for (int i = 0; i < 60; ++i) link.Send(0.2 + i * gap_s, 10'000, 0.001 + 0.079 * rng.Uniform(), &estimator);
      const double end_s = 0.2 + 60 * gap_s + 1;
      link.Pass(end_s, &estimator);
      EXPECT_NEAR(Rate(estimator, end_s) / bps, 1, 0.01) << bps << " " << delay_s;
      // The heartbeat's 40 bytes took 8 * 40 / bps of the round trip.
      EXPECT_NEAR(ToSeconds(*estimator.round_trip()), 2 * delay_s + 320 / bps, 1e-6);
    }
  }
}

// Uploads back to back wait for each other: 20 messages of 10 kB handed over at once. Each takes 8 * 10,000 / 2e6 = 40 ms of link, and only
// that counts, not the up to 800 ms that it waited.
TEST(UplinkEstimator, WaitingBehindOwnMessagesIsNotTheLink) {
  UplinkEstimator estimator;
  Link link(2e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  for (int i = 0; i < 20; ++i) link.Send(0.5, 10'000, 0.005, &estimator);
  link.Pass(3, &estimator);
  EXPECT_NEAR(Rate(estimator, 3) / 2e6, 1, 0.01);
}

// Two workers behind the link, 100 and 5 ms by turns: every second answer overtakes the one before. Back to back, 40 ms of link each, so the answers' order of pairs
// is 2, 1, 4, 3; put down for itself alone a message that overtakes would have 80 ms, half the rate.
TEST(UplinkEstimator, AnswersMayOvertakeOneAnother) {
  UplinkEstimator estimator;
  Link link(2e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  for (int i = 0; i < 20; ++i) link.Send(0.2, 10'000, i % 2 == 0 ? 0.1 : 0.005, &estimator);
  link.Pass(3, &estimator);
  const UplinkEstimate estimate = *estimator.estimate(Instant{FromSeconds(3)});
  EXPECT_NEAR(estimate.bits_per_second, 2e6, 0.01 * 2e6);
  EXPECT_LT(estimate.error, 0.02);   // no message seems to have taken longer than another
}

// The same where the link was idle before each pair: the first of it is handed over 10 ms before the second and takes 40 ms, so the second's own time would begin too late.
TEST(UplinkEstimator, AnOvertakenMessageBringsItsTimeAlong) {
  UplinkEstimator estimator;
  Link link(2e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  for (int i = 0; i < 10; ++i) {
    link.Send(0.2 + 0.3 * i, 10'000, 0.15, &estimator);
    link.Send(0.21 + 0.3 * i, 10'000, 0.005, &estimator);
  }
  link.Pass(4, &estimator);
  EXPECT_NEAR(Rate(estimator, 4), 2e6, 0.01 * 2e6);
}

// Small messages say next to nothing of a fast link, and what they say must not pull the estimate: 100 bytes at 50 Mbps are 16 us, clocks and
// threads are 300.
TEST(UplinkEstimator, IsNotFooledBySmallMessages) {
  UplinkEstimator estimator;
  Rng rng(3);
  uint64_t id = 0;
  const auto send = [&](double at_s, int64_t bytes) {
    const double received_s = at_s + 0.005 + 8.0 * static_cast<double>(bytes) / 50e6 + 300e-6 * rng.Uniform();
    estimator.Handed(++id, Instant{FromSeconds(at_s)}, bytes, Duration(0));
    estimator.Answered(id, Instant{FromSeconds(received_s + 0.005)}, FromSeconds(received_s + kOffsetS), Duration(0));
  };
  for (int i = 0; i < 40; ++i) send(0.05 * i, i % 8 == 0 ? 60'000 : 100);
  // 60 kB take 9.6 ms; half of 300 us more on average is 1.6 %.
  EXPECT_NEAR(Rate(estimator, 2) / 50e6, 1, 0.04);
}

// "Follows a step in two slots": 30 frames of 10 kB a second. At 0.3 Mbps one of them takes 267 ms, so the first that was sent over the slow link
// tells; upwards a handful does.
TEST(UplinkEstimator, FollowsAStepWithinTwoSlots) {
  for (const auto& [before, after] : {std::pair{20e6, 0.3e6}, {20e6, 5e6}, {0.3e6, 20e6}, {5e6, 50e6}}) {
    UplinkEstimator estimator;
    Link link(before, 0.01);
    link.Send(0, 40, 0, &estimator);
    const auto gap = [](double bps) { return std::max(1.0 / 30, 8 * 10'000 / bps / 0.9); };
    double at_s = 0.1;
    for (; at_s < 5; at_s += gap(before)) link.Send(at_s, 10'000, 0.02, &estimator);
    EXPECT_NEAR(Rate(estimator, at_s) / before, 1, 0.05);
    link.SetRate(after);
    const double step_s = at_s;
    link.Send(at_s, 40, 0, &estimator);   // each slot has its heartbeat, which clocks are compared by
    for (; at_s < step_s + 2; at_s += gap(after)) link.Send(at_s, 10'000, 0.02, &estimator);
    link.Pass(step_s + 2, &estimator);
    EXPECT_NEAR(Rate(estimator, step_s + 2) / after, 1, 0.05) << before << " to " << after;
  }
}

// Nothing comes back any more: of 2 s twice the server's 20 ms and the way's 20 may be no fault of the link's; in the 1.92 s that are left it has
// not carried 10 kB.
TEST(UplinkEstimator, WhatIsOverdueBoundsTheRate) {
  UplinkEstimator estimator;
  Link link(20e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  for (int i = 0; i < 30; ++i) link.Send(0.1 + i * 0.033, 10'000, 0.02, &estimator);
  link.Pass(2, &estimator);
  estimator.Handed(1000, Instant{FromSeconds(2)}, 10'000, FromSeconds(0.02));
  EXPECT_FALSE(estimator.estimate(Instant{FromSeconds(2.25)})->bounded) << "4 ms were expected, and 0.2 s more have not passed";
  const auto later = estimator.estimate(Instant{FromSeconds(4)});
  EXPECT_TRUE(later->bounded);
  EXPECT_NEAR(later->bits_per_second, 80'000 / 1.92, 200);
  estimator.Forget(1000);
  EXPECT_FALSE(estimator.estimate(Instant{FromSeconds(4)})->bounded);
}

// At 20 Mbps, then 1: ten messages of 12.5 kB take 1 s of it. Nobody waits for them any more, and a heartbeat of 40 bytes behind them is overdue 0.8 s later. It bounds the rate by
// all 125,040 bytes, 1.25 Mbps and a little, not by its own 40, 400 bit/s.
TEST(UplinkEstimator, WhatIsOverdueWaitedForWhatIsForgottenToo) {
  UplinkEstimator estimator;
  Link link(20e6, 0.005);
  link.Send(0, 40, 0, &estimator);
  for (int i = 0; i < 10; ++i) link.Send(0.1 + 0.05 * i, 12'500, 0, &estimator);
  link.Pass(1, &estimator);
  EXPECT_NEAR(Rate(estimator, 1), 20e6, 0.2e6);
  link.SetRate(1e6);
  for (int i = 0; i < 10; ++i) link.Send(1, 12'500, 0, &estimator);
  for (uint64_t id = 12; id < 22; ++id) estimator.Forget(id);
  link.Send(1.1, 40, 0, &estimator);
  const UplinkEstimate overdue = *estimator.estimate(Instant{FromSeconds(1.8)});
  EXPECT_TRUE(overdue.bounded);
  EXPECT_NEAR(overdue.bits_per_second, 8 * 125'040 / (0.8 - 2 * 0.01), 0.02e6);
}

TEST(UplinkEstimator, UncertaintyIsTheMessagesScatter) {
  for (const double scatter : {0.0, 0.1, 0.3}) {
    UplinkEstimator estimator;
    Rng rng(11);
    Link link(10e6, 0.01);
    link.Send(0, 40, 0, &estimator);
    for (int i = 0; i < 24; ++i) {
      link.SetRate(10e6 * (1 + scatter * (2 * rng.Uniform() - 1)));
      link.Send(0.1 + i * 0.05, 20'000, 0.01, &estimator);
    }
    link.Pass(3, &estimator);
    // Uniform in +-scatter: a deviation of scatter / sqrt(3) each; of the mean of the 7 or so that make up 0.1 s of link, a third of it.
    const double error = estimator.estimate(Instant{FromSeconds(3)})->error;
    EXPECT_NEAR(error, scatter / std::sqrt(3.0) / std::sqrt(7.0), 0.02 + scatter / 8);
  }
}

// A server that began anew has another clock, on which everything lies far back; a message that was forgotten leaves the next one unmeasured.
TEST(UplinkEstimator, GoesOnAfterALoss) {
  UplinkEstimator estimator;
  Link link(10e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  for (int i = 0; i < 10; ++i) link.Send(0.1 + i * 0.05, 20'000, 0.01, &estimator);
  link.Pass(1, &estimator);
  estimator.Restart();
  EXPECT_NEAR(Rate(estimator, 1) / 10e6, 1, 0.01) << "kept until something better is known";
  uint64_t id = 5000;
  const auto send = [&](double at_s, int64_t bytes) {
    const double received_s = at_s + 0.01 + 8.0 * static_cast<double>(bytes) / 1e6;
    estimator.Handed(++id, Instant{FromSeconds(at_s)}, bytes, Duration(0));
    estimator.Answered(id, Instant{FromSeconds(received_s + 0.01)}, FromSeconds(received_s - 0.9), Duration(0));
  };
  send(2, 40);
  for (int i = 0; i < 4; ++i) send(2.1 + 0.3 * i, 20'000);
  EXPECT_NEAR(Rate(estimator, 4) / 1e6, 1, 0.01);
}

// 10 kB take 40 ms of 2 Mbps. Three handed over at 1.0 s keep it busy until 1.12, whether answers have come or not: at 1.05 for 70 ms, at 1.1 for 20 with the answer to
// the first one there (at 1.04 plus 10 ms each way), at 1.2 no more.
TEST(UplinkEstimator, KnowsHowLongTheLinkIsBusyWithWhatWasHandedOver) {
  UplinkEstimator estimator;
  EXPECT_FALSE(estimator.Busy(Instant{FromSeconds(0)}));
  Link link(2e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  for (int i = 0; i < 6; ++i) link.Send(0.1 + 0.1 * i, 10'000, 0, &estimator);
  for (int i = 0; i < 3; ++i) link.Send(1.0, 10'000, 0, &estimator);
  EXPECT_NEAR(ToSeconds(*estimator.Busy(Instant{FromSeconds(1.05)})), 0.07, 1e-3);
  link.Pass(1.1, &estimator);
  EXPECT_NEAR(ToSeconds(*estimator.Busy(Instant{FromSeconds(1.1)})), 0.02, 1e-3);
  link.Pass(1.2, &estimator);
  EXPECT_EQ(*estimator.Busy(Instant{FromSeconds(1.2)}), Duration(0));
  // What is forgotten is on the link all the same.
  link.Send(1.3, 10'000, 0, &estimator);
  estimator.Forget(11);
  EXPECT_NEAR(ToSeconds(*estimator.Busy(Instant{FromSeconds(1.31)})), 0.03, 1e-3);
}

TEST(UplinkEstimator, AProbeIsAboutTenMillisecondsOfTheLink) {
  UplinkEstimator estimator;
  Link link(20e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  link.Send(0.1, 20'000, 0, &estimator);
  link.Pass(1, &estimator);
  EXPECT_NEAR(static_cast<double>(estimator.ProbeBytes(Instant{FromSeconds(1)})), 20e6 / 8 * 0.01, 500);
}

// What was forgotten may have been on the link, so the message after it says nothing.
TEST(UplinkEstimator, TheMessageAfterAForgottenOneIsNoMeasurement) {
  UplinkEstimator estimator;
  Link link(10e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  link.Send(0.1, 20'000, 0, &estimator);
  link.Pass(1, &estimator);
  ASSERT_NEAR(Rate(estimator, 1) / 10e6, 1, 0.01);
  estimator.Handed(1001, Instant{FromSeconds(2)}, 100'000, Duration(0));   // 80 ms of link that nobody answers for
  estimator.Handed(1002, Instant{FromSeconds(2)}, 20'000, Duration(0));
  estimator.Forget(1001);
  estimator.Answered(1002, Instant{FromSeconds(2.116)}, FromSeconds(2.106 + kOffsetS), Duration(0));
  EXPECT_NEAR(Rate(estimator, 3) / 10e6, 1, 0.01) << "16 ms of its own would seem to be 96";
}

// A server that began anew without the session noticing, and one whose clock leads further than the message was under way.
TEST(UplinkEstimator, ClocksThatJumpAreNotBelieved) {
  UplinkEstimator estimator;
  Link link(10e6, 0.01);
  link.Send(0, 40, 0, &estimator);
  link.Send(0.1, 20'000, 0, &estimator);
  link.Pass(1, &estimator);
  uint64_t id = 2000;
  const auto send = [&](double at_s, int64_t bytes, double clock_s) {
    const double received_s = at_s + 0.01 + 8.0 * static_cast<double>(bytes) / 2e6;
    estimator.Handed(++id, Instant{FromSeconds(at_s)}, bytes, Duration(0));
    estimator.Answered(id, Instant{FromSeconds(received_s + 0.01)}, FromSeconds(received_s + clock_s), Duration(0));
  };
  send(2, 20'000, 1e6);
  EXPECT_NEAR(Rate(estimator, 2.5) / 10e6, 1, 0.01) << "eleven days ahead";
  send(3, 40, -2.5);   // it began half a second ago
  for (int i = 0; i < 4; ++i) send(3.1 + 0.2 * i, 20'000, -2.5);
  EXPECT_NEAR(Rate(estimator, 4) / 2e6, 1, 0.01);
}

}   // namespace
}   // namespace partway::control
