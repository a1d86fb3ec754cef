#include "net/trace.h"

#include <fstream>

#include "base/rng.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::net {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

Instant Ms(int64_t ms) { return Instant{milliseconds(ms)}; }

TEST(TraceTest, RatesHoldUntilTheNextAndRepeat) {
  // 8 Mbit/s for 1 s, 0 for 1 s, 2 Mbit/s for as long as the one before: a period of 3 s and 10 Mbit.
  const auto steps = ParseRateCsv("# a comment\ntime_s,rate_bps\n0,8e6\n1,0\r\n\n2,2e6\n", "x.csv");
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_EQ(steps->size(), 3u);
  const auto rate = RateOverTime(*steps);
  EXPECT_EQ(rate->Carried(Ms(0), Ms(500)), 4'000'000);
  EXPECT_EQ(rate->Carried(Ms(500), Ms(2500)), 5'000'000);
  EXPECT_EQ(rate->Carried(Ms(0), Ms(30'000)), 100'000'000);
  EXPECT_EQ(rate->Finish(Ms(0), 4'000'000), Ms(500));
  EXPECT_EQ(rate->Finish(Ms(0), 8'000'000), Ms(1000));      // not after the second without a rate
  EXPECT_EQ(rate->Finish(Ms(1200), 2'000), Ms(2001));       // the rate is back at 2 s
  EXPECT_EQ(rate->Finish(Ms(500), 14'000'000), Ms(4000));   // 4 + 2 + 8 Mbit
  EXPECT_EQ(rate->Finish(Ms(700), 0), Ms(700));
  EXPECT_DOUBLE_EQ(rate->Typical().value(), 10e6 / 3);
}

TEST(TraceTest, ASingleRateHoldsAlways) {
  const auto steps = ParseRateCsv("0,5000\n", "x.csv");
  ASSERT_TRUE(steps.ok());
  EXPECT_EQ(RateOverTime(*steps)->Finish(Ms(123), 50'000), Ms(10'123));
}

TEST(TraceTest, AnOpportunityServesWhatWaitsBeforeIt) {
  // Two packets at 5 ms, one at 10 ms, again and again.
  const auto rate = PacketTrace({5, 5, 10});
  constexpr int64_t kPacket = 12'000;
  EXPECT_EQ(rate->Finish(Ms(0), 1), Ms(5));
  EXPECT_EQ(rate->Finish(Ms(0), 2 * kPacket), Ms(5));
  EXPECT_EQ(rate->Finish(Ms(0), 2 * kPacket + 1), Ms(10));
  EXPECT_EQ(rate->Finish(Ms(5), kPacket), Ms(10));   // the one at 5 ms is over
  EXPECT_EQ(rate->Finish(Ms(10), kPacket), Ms(15));
  EXPECT_EQ(rate->Finish(Ms(0), 7 * kPacket), Ms(25));
  EXPECT_EQ(rate->Carried(Ms(0), Ms(4)), 0);
  EXPECT_EQ(rate->Carried(Ms(0), Ms(30)), 9 * kPacket);
  EXPECT_DOUBLE_EQ(rate->Typical().value(), 3.6e6);
}

TEST(TraceTest, AnOpportunityAtZeroIsThatOfTheNextRound) {
  const auto rate = PacketTrace({0, 10});
  EXPECT_EQ(rate->Finish(Ms(0), 1), Ms(10));
  EXPECT_EQ(rate->Finish(Ms(0), 24'000), Ms(10));   // the second round's first line falls on the first round's last
  EXPECT_EQ(rate->Carried(Ms(0), Ms(10)), 24'000);
}

TEST(TraceTest, FinishAndCarriedBelongTogetherOnRandomTraces) {
  Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<RateStep> steps;
    std::vector<int64_t> packets;
    int64_t at = 0, ms = 0;
    for (int i = 0; i < 10; ++i) {
      steps.push_back({Duration(at), rng.Chance(0.3) && i > 0 ? 0 : rng.UniformInt(1, 100'000'000)});
      at += rng.UniformInt(1, 2'000'000'000);
      packets.push_back(ms += rng.UniformInt(i == 9 ? 1 : 0, 20));
    }
    for (const auto& rate : {RateOverTime(steps), PacketTrace(packets)}) {
      for (int i = 0; i < 50; ++i) {
        const Instant start{Duration(rng.UniformInt(0, 40'000'000'000))};
        const int64_t bits = rng.UniformInt(1, 50'000'000);
        const Instant end = rate->Finish(start, bits);
        EXPECT_GT(end, start);
        EXPECT_GE(rate->Carried(start, end), bits);
        EXPECT_LT(rate->Carried(start, Instant{end.since_origin - Duration(1)}), bits);
      }
    }
  }
}

TEST(TraceTest, MahimahiIsWrittenAsItIsRead) {
  const std::string text = "0\n3\n3\n17\n";
  const auto read = ParseMahimahi(text, "x.mahimahi");
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(*read, ElementsAre(0, 3, 3, 17));
  EXPECT_EQ(MahimahiText(*read), text);
}

TEST(TraceTest, PacketsLeaveInTheMillisecondByWhichTheyCouldHave) {
  // 12 Mbit/s is a packet a millisecond; 18 Mbit/s one and a half; at 1 Mbit/s the first leaves at 12 ms.
  EXPECT_THAT(*PacketsOf(**ConstantRate(BitsPerSecond(12e6)), milliseconds(4)), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(*PacketsOf(**ConstantRate(BitsPerSecond(18e6)), milliseconds(4)), ElementsAre(1, 2, 2, 3, 4, 4));
  EXPECT_THAT(*PacketsOf(**ConstantRate(BitsPerSecond(1e6)), milliseconds(30)), ElementsAre(12, 24));
  EXPECT_THAT(std::string(PacketsOf(**ConstantRate(BitsPerSecond(1e6)), milliseconds(11)).status().message()),
              HasSubstr("not one packet"));
  EXPECT_THAT(std::string(PacketsOf(**ConstantRate(BitsPerSecond(0)), milliseconds(11)).status().message()),
              HasSubstr("more than the"));
  // What was written carries what the rate carried, to within a packet.
  const auto packets = PacketsOf(**ConstantRate(BitsPerSecond(18e6)), milliseconds(1000));
  EXPECT_EQ(PacketTrace(*packets)->Carried(Ms(0), Ms(700)), 12'600'000);
}

TEST(TraceTest, BadFilesAreRefusedByLine) {
  const struct {
    const char* text;
    const char* message;
  } rates[] = {{"", "t: the trace is empty"},
               {"# nothing\n\n", "t: the trace is empty"},
               {"0,5\n1\n", "t:2: '1'; expected seconds,bits per second"},
               {"0,5\n1,five\n", "t:2: '1,five'; expected seconds"},
               {"0,5\n2,5\n2,6\n", "t:3: the time 2 does not lie after"},
               {"1,5\n", "t:1: the first time is 1; expected 0"},
               {"0,-5\n", "t:1: the rate is -5"},
               {"0,5\n1,nan\n", "t:2: the rate is nan"},
               {"nan,nan\n0,5\n", "t:1: the time is nan"},
               {"0,5\n-1,5\n", "t:2: the time is -1"},
               {"0,1e12\n", "t:1: the rate is 1e+12; expected bits per second from 0 to 1e+11"},
               {"0,0\n1,0.4\n", "t: every rate is 0"},
               {"0,1\x1b[2J\n", "t:1: '0,1?[2J'; expected"}};
  for (const auto& bad : rates) {
    EXPECT_THAT(std::string(ParseRateCsv(bad.text, "t").status().message()), HasSubstr(bad.message)) << bad.text;
  }
  const struct {
    const char* text;
    const char* message;
  } packets[] = {{"\n", "t: the trace is empty"},           {"0\n0\n", "t: the trace ends at 0 ms"},
                 {"5\n4\n", "t:2: the time 4 lies before"}, {"-1\n", "t:1: '-1'; expected"},
                 {"1.5\n", "t:1: '1.5'; expected"},         {"99999999999999999999\n", "t:1: '99999"},
                 {"9000000000\n", "t:1: '9000000000'"}};
  for (const auto& bad : packets) {
    EXPECT_THAT(std::string(ParseMahimahi(bad.text, "t").status().message()), HasSubstr(bad.message)) << bad.text;
  }
  const struct {
    const char* text;
    const char* message;
  } numbers[] = {{"", "t: the trace is empty; expected a number of bits a line"},
                 {"5\nnan\n", "t:2: nan bits; expected 0 to 100"},
                 {"nan\n", "t:1: nan bits"},
                 {"5\n101\n", "t:2: 101 bits"},
                 {"5\n5 6\n", "t:2: '5 6'; expected a number of bits"}};
  for (const auto& bad : numbers) {
    EXPECT_THAT(std::string(ParseNumbers(bad.text, "t", "bits", 0, 100).status().message()), HasSubstr(bad.message)) << bad.text;
  }
  TraceLimits few;
  few.lines = 2;
  EXPECT_THAT(std::string(ParseMahimahi("1\n2\n3\n", "t", few).status().message()),
              HasSubstr("t:3: the trace is longer than the 2"));
}

TEST(TraceTest, FilesAreToldApartByTheirFirstLine) {
  const std::string folder = testing::TempDir(), csv = folder + "/trace_test.csv", packets = folder + "/trace_test.mahimahi";
  std::ofstream(csv) << "time_s,rate_bps\n0,12000\n";
  std::ofstream(packets) << "# one a second\n1000\n";
  const auto from_csv = ReadTrace(csv), from_packets = ReadTrace(packets);
  ASSERT_TRUE(from_csv.ok() && from_packets.ok());
  EXPECT_EQ((*from_csv)->Carried(Ms(0), Ms(500)), 6'000);
  EXPECT_EQ((*from_packets)->Carried(Ms(0), Ms(500)), 0);
  EXPECT_EQ((*from_packets)->Carried(Ms(0), Ms(1000)), 12'000);
  EXPECT_EQ(ReadTrace(folder + "/no_such_file").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(*ParseNumbers("bits\n5\n7\n", "t", "bits", 0, 100), ElementsAre(5, 7));
}

}   // namespace
}   // namespace partway::net
