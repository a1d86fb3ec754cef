// The relay's faults by schedule, and traces, over real sockets.
#include <thread>

#include "net/link_relay_fixture.h"
#include "net/trace.h"

namespace partway::net {
namespace {

std::unique_ptr<LinkRelay> Faulty(const Server& server, const std::vector<LinkFault>& faults, const DirectionOptions& up = {}) {
  LinkOptions options = To(server.address(), up);
  options.faults = *FaultSchedule::Make(faults);
  return *LinkRelay::Start(options);
}

TEST(LinkRelay, ScheduledResetCutsWhoIsThereAndWelcomesTheNext) {
  Server server;
  auto relay = Faulty(server, {{LinkFault::Kind::kReset, Duration(0)}});
  EXPECT_EQ(ReceiveToEnd(Connect(relay->address())).error, ECONNRESET);
  const Fd client = Connect(relay->address());
  SendAll(client, "x");
  // The first connection may have reached the server before it was cut.
  std::string got = Receive(server.Accept(), 1);
  if (got.empty()) got = Receive(server.Accept(), 1);
  EXPECT_EQ(got, "x");
  EXPECT_EQ(relay->counters().resets, 1);
  EXPECT_EQ(relay->counters().cut, 1);
}

TEST(LinkRelay, ScheduledOutageTurnsEverybodyAwayAndEnds) {
  Server server;
  auto relay = Faulty(server, {{LinkFault::Kind::kOutage, Duration(0), milliseconds(200)}});
  std::thread host([&] {
    while (Receive(server.Accept(), 1).empty()) {   // who was cut at once may have come this far
    }
  });
  const SteadyClock clock;
  int64_t turned_away = 0;
  for (bool through = false; !through;) {
    const Fd client = Connect(relay->address());
    through = SendAll(client, "x") && ReceiveToEnd(client).error == 0;
    turned_away += through ? 0 : 1;
  }
  EXPECT_GE(clock.Now().since_origin, milliseconds(200));
  host.join();
  const LinkCounters counters = relay->counters();
  EXPECT_GE(turned_away, 1);
  EXPECT_EQ(counters.cut + counters.rejected, turned_away);
  EXPECT_EQ(counters.outages, 1);
}

TEST(LinkRelay, ScheduledStallHoldsEverythingAndBreaksNothing) {
  Server server;
  const SteadyClock clock;
  // With a rate and without: 1 Gbit/s and no limit.
  for (const BitsPerSecond rate : {BitsPerSecond(1e9), BitsPerSecond(0)}) {
    auto relay = Faulty(server, {{LinkFault::Kind::kStall, Duration(0), milliseconds(150)}}, {.rate = rate});
    const Instant start = clock.Now();
    const Fd client = Connect(relay->address()), peer = server.Accept();
    SendAll(client, "held");
    EXPECT_EQ(Receive(peer, 4), "held");
    EXPECT_GE(clock.Now() - start, milliseconds(150));
    EXPECT_EQ(relay->counters().stalls, 1);
    EXPECT_EQ(relay->counters().cut, 0);
    SendAll(client, "on");
    EXPECT_EQ(Receive(peer, 2), "on");
  }
}

TEST(LinkRelay, TraceOfNoRateHoldsWhatIsSentUntilItCarriesAgain) {
  Server server;
  const auto trace = RateOverTime({{Duration(0), 0}, {milliseconds(150), 1'000'000'000}, {std::chrono::hours(1), 1}});
  const SteadyClock clock;
  const Instant start = clock.Now();
  auto relay = Relay(server, {.profile = trace});
  const Fd client = Connect(relay->address()), peer = server.Accept();
  const std::string sent = Random(300'000, 8);
  std::thread sender([&] { SendAll(client, sent); });
  EXPECT_TRUE(Receive(peer, sent.size()) == sent);
  EXPECT_GE(clock.Now() - start, milliseconds(150));
  sender.join();
  // From the beginning again: what is sent now waits once more.
  const Instant again = clock.Now();
  relay->Rewind();
  SendAll(client, "x");
  EXPECT_EQ(Receive(peer, 1), "x");
  EXPECT_GE(clock.Now() - again, milliseconds(150));
}

TEST(LinkRelay, RewindRepeatsTheFaultsAndKeepsWhatIsUnderWay) {
  Server server;
  auto relay = Faulty(server, {{LinkFault::Kind::kStall, Duration(0), milliseconds(1)}}, {.delay = milliseconds(30)});
  relay->Rewind();   // nobody has connected: nothing to do
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "first");
  EXPECT_EQ(Receive(peer, 5), "first");
  for (const char* text : {"a", "b", "c"}) {
    SendAll(client, text);
    relay->Rewind();
    EXPECT_EQ(Receive(peer, 1), text);
  }
  EXPECT_EQ(relay->counters().stalls, 4);
  EXPECT_EQ(relay->counters().cut, 0);
}

}   // namespace
}   // namespace partway::net
