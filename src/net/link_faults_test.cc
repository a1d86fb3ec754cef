#include "net/link_faults.h"

#include "base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/trace.h"

namespace partway::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using Kind = LinkFault::Kind;

Instant Ms(int64_t ms) { return {milliseconds(ms)}; }
LinkFault Stall(int64_t at_ms, int64_t ms) { return {Kind::kStall, milliseconds(at_ms), milliseconds(ms)}; }
LinkFault Outage(int64_t at_ms, int64_t ms) { return {Kind::kOutage, milliseconds(at_ms), milliseconds(ms)}; }
LinkFault ResetAt(int64_t at_ms) { return {Kind::kReset, milliseconds(at_ms)}; }

FaultSchedule Make(std::vector<LinkFault> faults, Duration repeat = Duration(0)) {
  absl::StatusOr<FaultSchedule> made = FaultSchedule::Make(std::move(faults), repeat);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

std::string WhyNot(std::vector<LinkFault> faults, Duration repeat = Duration(0)) {
  return std::string(FaultSchedule::Make(std::move(faults), repeat).status().message());
}

// "stall+ 5000" per event, as long as there are any, `most` at most.
std::vector<std::string> Events(const FaultSchedule& schedule, int64_t most = 20) {
  std::vector<std::string> texts;
  for (int64_t n = 0; n < most; ++n) {
    const auto event = schedule.event(n);
    if (!event) break;
    texts.push_back(std::string(FaultName(event->kind)) + (event->begins ? "+ " : "- ") +
                    std::to_string(event->at.since_origin / milliseconds(1)));
  }
  return texts;
}

TEST(FaultSchedule, EventsComeByTimeWhateverTheOrderTheyWereGivenIn) {
  EXPECT_THAT(Events(Make({ResetAt(9000), Outage(6000, 1000), Stall(2000, 500)})),
              testing::ElementsAre("stall+ 2000", "stall- 2500", "outage+ 6000", "outage- 7000", "reset+ 9000"));
  EXPECT_THAT(Events(FaultSchedule()), testing::IsEmpty());
}

TEST(FaultSchedule, OneMayBeginAsAnotherEnds) {
  EXPECT_THAT(Events(Make({ResetAt(300), Stall(100, 200), Outage(300, 100)})),
              testing::ElementsAre("stall+ 100", "stall- 300", "reset+ 300", "outage+ 300", "outage- 400"));
}

TEST(FaultSchedule, RepeatsForEver) {
  const FaultSchedule schedule = Make({Stall(100, 50), ResetAt(0)}, seconds(1));
  EXPECT_THAT(Events(schedule, 7), testing::ElementsAre("reset+ 0", "stall+ 100", "stall- 150", "reset+ 1000", "stall+ 1100",
                                                        "stall- 1150", "reset+ 2000"));
  EXPECT_EQ(schedule.stall(3)->begin, Ms(3100));
  EXPECT_EQ(schedule.stall(3)->end, Ms(3150));
  EXPECT_EQ(schedule.StallsOver(Ms(3149)), 3);
  EXPECT_EQ(schedule.StallsOver(Ms(3150)), 4);
  EXPECT_EQ(schedule.event(3'000'000'000)->at, Instant{seconds(1'000'000'000)});
}

TEST(FaultSchedule, RefusesWhatOverlaps) {
  EXPECT_THAT(WhyNot({Stall(1000, 500), Outage(1400, 100)}),
              HasSubstr("overlap, as stall at 1.00 s for 500 ms and outage at 1.40 s"));
  EXPECT_THAT(WhyNot({Stall(0, 5000), ResetAt(100)}), HasSubstr("overlap"));
  EXPECT_THAT(WhyNot({Stall(1000, 500), Stall(1000, 500)}), HasSubstr("overlap"));
  EXPECT_THAT(WhyNot({ResetAt(1), ResetAt(1)}), HasSubstr("overlap"));
}

TEST(FaultSchedule, RefusesTimesOutOfRange) {
  EXPECT_THAT(WhyNot({Stall(-1, 500)}), HasSubstr("a stall must begin 0 s to 30 days after the first connection"));
  EXPECT_THAT(WhyNot({ResetAt(-1)}), HasSubstr("a reset must begin"));
  EXPECT_THAT(WhyNot({Stall(1, 0)}), HasSubstr("must last 1 ms to 30 days"));
  EXPECT_THAT(WhyNot({Outage(1, -5)}), HasSubstr("must last"));
  EXPECT_THAT(WhyNot({Outage(1, int64_t{31} * 86'400'000)}), HasSubstr("must last"));
  EXPECT_THAT(WhyNot({{Kind::kReset, seconds(1), seconds(1)}}), HasSubstr("no length"));
  EXPECT_THAT(WhyNot(std::vector<LinkFault>(10'001, ResetAt(1))), HasSubstr("10000 faults"));
}

TEST(FaultSchedule, RefusesRepeatsThatDoNotFit) {
  EXPECT_THAT(WhyNot({}, seconds(1)), HasSubstr("no faults to repeat"));
  EXPECT_THAT(WhyNot({Stall(600, 500)}, seconds(1)), HasSubstr("must be over by then"));
  EXPECT_THAT(WhyNot({ResetAt(1000)}, seconds(1)), HasSubstr("must be over by then"));
  EXPECT_THAT(WhyNot({Stall(0, 400), Outage(400, 600)}, seconds(1)), HasSubstr("no time for the link"));
  EXPECT_THAT(WhyNot({ResetAt(0)}, seconds(-1)), HasSubstr("every 1 ms to 30 days"));
  EXPECT_EQ(WhyNot({Stall(500, 500)}, seconds(1)), "");
}

TEST(FaultText, NamesTheFirstFour) {
  EXPECT_EQ(FaultText(FaultSchedule()), "");
  EXPECT_EQ(FaultText(Make({Stall(5000, 2000), ResetAt(10000)}, seconds(60))),
            "stall at 5.00 s for 2.00 s, reset at 10.00 s, every 60 s");
  EXPECT_THAT(FaultText(Make({ResetAt(1), ResetAt(2), ResetAt(3), ResetAt(4), ResetAt(5), ResetAt(6)})),
              HasSubstr(" and 2 more"));
}

TEST(Interrupted, NothingPassesInAStallAndTheLinkGoesOnAfterIt) {
  // 1000 bit a ms; nothing from 10 to 30 ms.
  const auto rate = Interrupted(*ConstantRate(BitsPerSecond(1e6)), Make({Stall(10, 20)}));
  EXPECT_EQ(rate->Finish(Ms(0), 10'000), Ms(10));   // the last bit leaves as the stall begins
  EXPECT_EQ(rate->Finish(Ms(0), 10'001), Instant{std::chrono::microseconds(30'001)});
  EXPECT_EQ(rate->Finish(Ms(5), 6'000), Ms(31));
  EXPECT_EQ(rate->Finish(Ms(10), 1'000), Ms(31));
  EXPECT_EQ(rate->Finish(Ms(20), 1'000), Ms(31));
  EXPECT_EQ(rate->Finish(Ms(30), 1'000), Ms(31));
  EXPECT_EQ(rate->Finish(Ms(20), 0), Ms(20));
  EXPECT_EQ(rate->Carried(Ms(0), Ms(40)), 20'000);
  EXPECT_EQ(rate->Carried(Ms(0), Ms(20)), 10'000);
  EXPECT_EQ(rate->Carried(Ms(12), Ms(29)), 0);
  EXPECT_EQ(rate->Carried(Ms(25), Ms(35)), 5'000);
  EXPECT_EQ(rate->Typical().value(), 1e6);
}

TEST(Interrupted, ALinkWithoutLimitStandsStillToo) {
  const auto rate = Interrupted(*ConstantRate(BitsPerSecond(0)), Make({Stall(10, 10), Stall(20, 5)}));
  EXPECT_EQ(rate->Finish(Ms(9), 1'000'000'000), Ms(9));
  EXPECT_EQ(rate->Finish(Ms(10), 1), Ms(25));
  EXPECT_EQ(rate->Carried(Ms(10), Ms(25)), 0);
  EXPECT_EQ(rate->Carried(Ms(0), Ms(25)), INT64_MAX);
}

TEST(Interrupted, TheTraceGoesOnMeanwhile) {
  // 1 Mbit/s for a second, then 2; stalled over the first's last half.
  const auto rate = Interrupted(RateOverTime({{seconds(0), 1'000'000}, {seconds(1), 2'000'000}}), Make({Stall(500, 500)}));
  EXPECT_EQ(rate->Finish(Ms(0), 500'000), Ms(500));
  EXPECT_EQ(rate->Finish(Ms(0), 502'000), Ms(1001));
}

TEST(Interrupted, ATraceThatOnlyCarriesDuringStallsNeverFinishes) {
  const auto rate = Interrupted(RateOverTime({{seconds(0), 1'000'000}, {seconds(1), 0}}), Make({Stall(0, 1000)}, seconds(2)));
  EXPECT_EQ(rate->Finish(Ms(0), 1), kNever);
  EXPECT_EQ(rate->Carried(Ms(0), Ms(1'000'000)), 0);
}

TEST(Interrupted, FinishAndCarriedAgreeWhereverTheyBegin) {
  const auto trace = RateOverTime({{seconds(0), 3'300'000}, {milliseconds(700), 0}, {milliseconds(900), 1'100'000}});
  const auto packets = PacketTrace({1, 1, 5, 17, 18, 40});
  const FaultSchedule schedule = Make({Stall(3, 4), Stall(7, 2), ResetAt(50), Stall(80, 11)}, milliseconds(130));
  Rng rng(7);
  for (const auto& inner : {trace, packets}) {
    const auto rate = Interrupted(inner, schedule);
    for (int i = 0; i < 2000; ++i) {
      const Instant start{Duration(rng.UniformInt(0, 3'000'000'000))};
      const int64_t bits = rng.UniformInt(1, 200'000);
      const Instant end = rate->Finish(start, bits);
      ASSERT_GE(rate->Carried(start, end), bits) << "from " << start.seconds();
      ASSERT_LT(rate->Carried(start, end - Duration(1)), bits) << "from " << start.seconds();
    }
  }
}

TEST(Interrupted, ALongQueueSettlesToTheSameTimes) {
  // Busy for 40 s over 400 stalls: a link that is settled every 2 s and one that never is differ by a bit each time at most.
  const auto rate = Interrupted(*ConstantRate(BitsPerSecond(7e6)), Make({Stall(10, 30)}, milliseconds(100)));
  LinkModel settled(rate, milliseconds(1), 100'000), plain(rate, milliseconds(1), 100'000);
  Instant now{};
  int times = 0;
  while (now < Instant{seconds(40)}) {
    const auto a = settled.Send(now, 1460), b = plain.Send(now, 1460);
    ASSERT_LE(std::abs(rate->Carried(Instant{}, a.left) - rate->Carried(Instant{}, b.left)), times) << "at " << now.seconds();
    if (now - settled.busy_since() > seconds(2)) {
      const int64_t before = settled.Queued(now);
      settled.Settle(now);
      ++times;
      ASSERT_EQ(settled.Queued(now), before);
    }
    now = plain.RoomAt(now, 1460);
  }
  EXPECT_GE(times, 15);
}

TEST(Interrupted, WithoutStallsItIsTheProfileItself) {
  const auto rate = *ConstantRate(BitsPerSecond(1e6));
  EXPECT_EQ(Interrupted(rate, Make({ResetAt(5), Outage(10, 10)})), rate);
}

}   // namespace
}   // namespace partway::net
