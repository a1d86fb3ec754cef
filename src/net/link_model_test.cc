#include "net/link_model.h"

#include <cmath>

#include "base/rng.h"
#include "gtest/gtest.h"
#include "net/trace.h"

namespace partway::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

Instant Ms(int64_t ms) { return {milliseconds(ms)}; }
Instant Ns(int64_t ns) { return {nanoseconds(ns)}; }

LinkModel Make(double bits_per_second, Duration delay, int64_t queue) {
  return LinkModel(*ConstantRate(BitsPerSecond(bits_per_second)), delay, queue);
}

TEST(ConstantRate, RefusesWhatIsNoRate) {
  for (double rate : {-1.0, 999.0, 1.1e11, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_FALSE(ConstantRate(BitsPerSecond(rate)).ok()) << rate;
  }
}

TEST(ConstantRate, CarriesWholeBitsAndNeverEarly) {
  const auto rate = *ConstantRate(BitsPerSecond(3000));   // a bit each 333333.3 ns
  EXPECT_EQ(rate->Finish(Ns(0), 1), Ns(333334));
  EXPECT_EQ(rate->Finish(Ns(0), 3), Ms(1));
  EXPECT_EQ(rate->Carried(Ns(0), Ns(333333)), 0);
  EXPECT_EQ(rate->Carried(Ns(0), Ns(333334)), 1);
  for (int64_t bits : {1, 2, 3, 7, 1000, 123456789}) {
    const Instant end = rate->Finish(Ns(5), bits);
    EXPECT_GE(rate->Carried(Ns(5), end), bits);
    EXPECT_LT(rate->Carried(Ns(5), end - nanoseconds(1)), bits);
  }
}

TEST(LinkModel, OneMessageTakesItsSizeOverTheRateAndTheDelay) {
  LinkModel link = Make(8e6, milliseconds(10), 1 << 20);   // 8 Mbit/s: 1000 bytes a millisecond
  const auto passage = link.Send(Ms(100), 5000);
  EXPECT_EQ(passage.admitted, Ms(100));
  EXPECT_EQ(passage.left, Ms(105));
  EXPECT_EQ(passage.delivered, Ms(115));
}

TEST(LinkModel, MessagesWaitForThoseBefore) {
  LinkModel link = Make(8e6, milliseconds(10), 1 << 20);
  link.Send(Ms(0), 5000);
  EXPECT_EQ(link.Send(Ms(2), 1000).delivered, Ms(16));    // waits until 5, takes 1, travels 10
  EXPECT_EQ(link.Send(Ms(50), 1000).delivered, Ms(61));   // the link had been idle since 6
}

TEST(LinkModel, QueueDrainsAtTheRate) {
  LinkModel link = Make(8e6, Duration(0), 10000);
  link.Send(Ms(0), 6000);
  EXPECT_EQ(link.Queued(Ms(0)), 6000);
  EXPECT_EQ(link.Queued(Ms(2)), 4000);
  EXPECT_EQ(link.Queued(Ns(2'000'500)), 4000);   // half a byte more has gone: still 4000 that are not whole
  EXPECT_EQ(link.Queued(Ms(6)), 0);
  EXPECT_EQ(link.RoomAt(Ms(0), 4000), Ms(0));
  EXPECT_EQ(link.RoomAt(Ms(0), 5000), Ms(1));
  EXPECT_EQ(link.RoomAt(Ms(3), 5000), Ms(3));
  EXPECT_EQ(link.RoomAt(Ms(0), 99999), Ms(6));   // more than the queue: when it is empty
}

TEST(LinkModel, SenderOfMoreThanTheQueueIsHeldUntilTheLastByteIsIn) {
  LinkModel link = Make(8e6, milliseconds(3), 4000);
  const auto passage = link.Send(Ms(0), 10000);   // 6000 must have left before the last byte fits
  EXPECT_EQ(passage.admitted, Ms(6));
  EXPECT_EQ(passage.left, Ms(10));
  EXPECT_EQ(passage.delivered, Ms(13));
}

TEST(LinkModel, WithoutRateOnlyTheDelayCounts) {
  LinkModel link = Make(0, milliseconds(7), 1000);
  const auto passage = link.Send(Ms(1), 1'000'000'000);
  EXPECT_EQ(passage.admitted, Ms(1));
  EXPECT_EQ(passage.delivered, Ms(8));
  EXPECT_EQ(link.Queued(Ms(1)), 0);
  EXPECT_EQ(link.RoomAt(Ms(1), 1000), Ms(1));
}

TEST(LinkModel, RoundingDoesNotAddUp) {
  // 1460 bytes at 7 Mbit/s take 1668571.43 ns; ten million of them, back to back, 16685714285714.29 ns, not ten million roundings.
  LinkModel link = Make(7e6, Duration(0), int64_t{1} << 40);
  LinkModel::Passage last{};
  for (int i = 0; i < 10'000'000; ++i) last = link.Send(Ms(0), 1460);
  EXPECT_EQ(last.left, Ns(16685714285715));
}

TEST(LinkModel, SplittingAMessageChangesNothing) {
  Rng rng(5);
  for (int round = 0; round < 200; ++round) {
    LinkModel whole = Make(3.3e6, milliseconds(1), 5000), parts = Make(3.3e6, milliseconds(1), 5000);
    Instant now{};
    for (int message = 0; message < 20; ++message) {
      const int64_t bytes = rng.UniformInt(1, 20000);
      const auto expected = whole.Send(now, bytes);
      const int64_t first = rng.UniformInt(0, bytes);
      parts.Send(now, first);
      const auto got = parts.Send(now, bytes - first);
      ASSERT_EQ(got.delivered, expected.delivered) << "round " << round << " message " << message;
      ASSERT_EQ(got.admitted, expected.admitted);
      now = now + nanoseconds(rng.UniformInt(0, 30'000'000));
    }
  }
}

TEST(LinkModel, TenSecondsOfNoRateHoldWhatIsQueuedAndThenGoOn) {
  using std::chrono::seconds;
  // 1000 bytes a ms, none from 5 s to 15 s.
  const auto trace = RateOverTime({{seconds(0), 8'000'000}, {seconds(5), 0}, {seconds(15), 8'000'000}});
  LinkModel link(trace, milliseconds(3), 4000);
  EXPECT_EQ(link.Send(Ms(4999), 4000).delivered, Ms(15'006));   // 1 ms of it before, 3 after
  EXPECT_EQ(link.Queued(Ms(5000)), 3000);
  EXPECT_EQ(link.Queued(Ms(14'999)), 3000);
  EXPECT_EQ(link.RoomAt(Ms(7000), 1000), Ms(7000));
  EXPECT_EQ(link.RoomAt(Ms(7000), 1001), Instant{std::chrono::microseconds(15'000'001)});
  EXPECT_EQ(link.Send(Ms(9000), 1000).delivered, Ms(15'007));
  EXPECT_EQ(link.Send(Ms(20'000), 1000).delivered, Ms(20'004));
}

// 8 kbit in each even millisecond, nothing in odd ones.
class OnOff final : public RateProfile {
 public:
  Instant Finish(Instant start, int64_t bits) const override {
    Instant t = start;
    while (bits > 0) {
      const int64_t ms = t.since_origin.count() / 1'000'000;
      const Instant end = Ms(ms + 1);
      const int64_t can = ms % 2 == 0 ? (end - t).count() / 125 : 0;
      if (can >= bits) return t + nanoseconds(bits * 125);
      bits -= can;
      t = end;
    }
    return t;
  }
  int64_t Carried(Instant start, Instant end) const override {
    int64_t bits = 0;
    for (Instant t = start; t < end;) {
      const int64_t ms = t.since_origin.count() / 1'000'000;
      const Instant stop = std::min(end, Ms(ms + 1));
      if (ms % 2 == 0) bits += (stop - t).count() / 125;
      t = stop;
    }
    return bits;
  }
  BitsPerSecond Typical() const override { return BitsPerSecond(4e6); }
};

TEST(LinkModel, FollowsARateThatChanges) {
  LinkModel link(std::make_shared<OnOff>(), milliseconds(1), 2000);
  EXPECT_EQ(link.Send(Ms(0), 1000).left, Ms(1));   // the whole first millisecond
  const auto second = link.Send(Ms(0), 1500);      // waits through the second, one in the third, half of the fifth
  EXPECT_EQ(second.left, Ns(4'500'000));
  EXPECT_EQ(second.admitted, Ns(500'000));   // 2500 offered, queue 2000: when 500 have gone
  EXPECT_EQ(link.Queued(Ms(2)), 1500);
  EXPECT_EQ(link.Queued(Ms(3)), 500);
}

}   // namespace
}   // namespace partway::net
