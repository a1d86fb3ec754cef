#include "apps/link_flags.h"

#include "apps/verb.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using Kind = net::LinkFault::Kind;

std::string Refusal(const absl::Status& status) {
  EXPECT_TRUE(IsUsageError(status)) << status;
  return std::string(status.message());
}

TEST(ParseLink, ARateWithDelayAndQueueGoesBothWays) {
  const auto link = ParseLink("20Mbps,10ms,100kB");
  ASSERT_TRUE(link.ok()) << link.status();
  for (const net::DirectionOptions& way : {link->up, link->down}) {
    EXPECT_EQ(way.rate.value(), 20e6);
    EXPECT_EQ(way.delay, milliseconds(10));
    EXPECT_EQ(way.queue_bytes, 100'000);
    EXPECT_EQ(way.profile, nullptr);
  }
  EXPECT_EQ(LinkText(*link), "20.0 Mbps, 10.0 ms each way (relay on this machine)");
  EXPECT_EQ(LinkText(std::nullopt), "none");
}

TEST(ParseLink, ATraceThatShipsIsNamedAsWhatItIs) {
  const auto link = ParseLink("lte-walk,10ms");
  ASSERT_TRUE(link.ok()) << link.status();
  ASSERT_NE(link->up.profile, nullptr);
  EXPECT_EQ(link->down.profile, link->up.profile);
  EXPECT_EQ(link->up.rate.value(), link->up.profile->Typical().value());
  EXPECT_THAT(LinkText(*link),
              testing::MatchesRegex("trace generated-lte-walk \\([0-9.]+ Mbps on average\\), 10.0 ms each way .*"));
}

TEST(ParseLink, RefusesWhatItIsNot) {
  EXPECT_THAT(Refusal(ParseLink("20").status()),
              HasSubstr("'20' is not a rate, no file and none of the traces that ship (lte-walk"));
  EXPECT_THAT(Refusal(ParseLink("").status()), HasSubstr("'' is not a rate"));
  EXPECT_THAT(Refusal(ParseLink("0Mbps").status()), HasSubstr("carries nothing"));
  EXPECT_THAT(Refusal(ParseLink("1Mbps,10").status()), HasSubstr("'10' is not a delay"));
  EXPECT_THAT(Refusal(ParseLink("1Mbps,10ms,5").status()), HasSubstr("'5' is not a queue size"));
  EXPECT_THAT(Refusal(ParseLink("1Mbps,10ms,5kB,1").status()), HasSubstr("too many parts"));
}

TEST(LinkText, SaysWhatDiffersAndWhatGoesWrong) {
  auto link = *ParseLink("20Mbps,10ms");
  link.down.rate = BitsPerSecond(0);
  link.faults = *net::FaultSchedule::Make({{Kind::kStall, seconds(5), seconds(2)}});
  EXPECT_EQ(LinkText(link),
            "20.0 Mbps, 10.0 ms up; no rate limit, 10.0 ms down; stall at 5.00 s for 2.00 s (relay on this machine)");
}

FaultFlags Flags(std::vector<std::string> stalls, std::vector<std::string> resets, std::vector<std::string> outages,
                 std::optional<Duration> repeat = std::nullopt) {
  return {std::move(stalls), std::move(resets), std::move(outages), repeat};
}

TEST(ParseFaults, ReadsAllKinds) {
  const auto faults = ParseFaults(Flags({"5s,2s", "20s,500ms"}, {"12s"}, {"1min,3s"}, seconds(90)));
  ASSERT_TRUE(faults.ok()) << faults.status();
  ASSERT_EQ(faults->faults().size(), 4u);
  EXPECT_EQ(faults->faults()[1].kind, Kind::kReset);
  EXPECT_EQ(faults->faults()[1].at, seconds(12));
  EXPECT_EQ(faults->faults()[2].length, milliseconds(500));
  EXPECT_EQ(faults->faults()[3].at, seconds(60));
  EXPECT_EQ(faults->repeat(), seconds(90));
  EXPECT_TRUE(ParseFaults({})->empty());
}

TEST(ParseFaults, RefusesWhatIsNoFault) {
  EXPECT_THAT(Refusal(ParseFaults(Flags({"5s"}, {}, {})).status()), HasSubstr("--stall '5s': expected AT,LENGTH, for example"));
  EXPECT_THAT(Refusal(ParseFaults(Flags({"5,2"}, {}, {})).status()), HasSubstr("--stall '5,2'"));
  EXPECT_THAT(Refusal(ParseFaults(Flags({"-5s,2s"}, {}, {})).status()), HasSubstr("--stall '-5s,2s'"));
  EXPECT_THAT(Refusal(ParseFaults(Flags({}, {"1s,2s"}, {})).status()), HasSubstr("--reset '1s,2s': expected AT, for example"));
  EXPECT_THAT(Refusal(ParseFaults(Flags({}, {}, {"1s,2s,3s"})).status()), HasSubstr("--outage '1s,2s,3s'"));
  EXPECT_THAT(Refusal(ParseFaults(Flags({"1s,2s"}, {"2s"}, {})).status()), HasSubstr("overlap"));
  EXPECT_THAT(Refusal(ParseFaults(Flags({}, {"2s"}, {}, Duration(0))).status()), HasSubstr("--repeat-faults"));
}

}   // namespace
}   // namespace partway::apps
