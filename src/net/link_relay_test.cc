// The relay over real sockets on the loopback interface. Nothing here measures speed: rates are high or delays only bound from
// below; accuracy is the benchmark's matter.
#include "net/link_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/socket.h"
#include "net/trace.h"

namespace partway::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// Blocking sockets with a time limit, so that a fault of the relay fails a test instead of stopping it.
void Block(const Fd& fd) {
  const int flags = 0;
  [[maybe_unused]] const int r = ::fcntl(fd.get(), F_SETFL, flags);
  const timeval limit{.tv_sec = 60};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

class Server {
 public:
  explicit Server(const char* host = "127.0.0.1") : listener_(*Listen({host, 0}, 1 << 20)) { Block(listener_); }
  Address address() const { return *LocalAddress(listener_); }
  Fd Accept() {
    Fd fd(::accept(listener_.get(), nullptr, nullptr));
    if (fd.valid()) Block(fd);
    return fd;
  }

 private:
  Fd listener_;
};

Fd Connect(const Address& to) {
  Fd fd = BeginConnect(Resolve(to, false)->front(), 1 << 20);
  pollfd wait{.fd = fd.get(), .events = POLLOUT};
  ::poll(&wait, 1, 60'000);
  Block(fd);
  return fd;
}

std::string Random(size_t bytes, uint64_t seed) {
  Rng rng(seed);
  std::string text(bytes, 0);
  for (char& c : text) c = static_cast<char>(rng.Next() >> 56);
  return text;
}

bool SendAll(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

struct Received {
  std::string bytes;
  int error = 0;   // 0: orderly end
};

Received ReceiveToEnd(const Fd& fd) {
  Received got;
  std::string buffer(64 << 10, 0);
  for (;;) {
    const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (n == 0) return got;
    if (n < 0) {
      got.error = errno;
      return got;
    }
    got.bytes.append(buffer, 0, static_cast<size_t>(n));
  }
}

std::string Receive(const Fd& fd, size_t bytes) {
  std::string buffer(bytes, 0);
  const ssize_t n = ::recv(fd.get(), buffer.data(), bytes, MSG_WAITALL);
  buffer.resize(n < 0 ? 0 : static_cast<size_t>(n));
  return buffer;
}

LinkOptions To(const Address& to) {
  LinkOptions options;
  options.to = to;
  return options;
}

LinkOptions To(const Address& to, const DirectionOptions& up, const DirectionOptions& down = {}) {
  LinkOptions options = To(to);
  options.up = up;
  options.down = down;
  return options;
}

LinkOptions To(const Address& to, int max_connections) {
  LinkOptions options = To(to);
  options.max_connections = max_connections;
  return options;
}

LinkOptions Between(const Address& listen, const Address& to) {
  LinkOptions options = To(to);
  options.listen = listen;
  return options;
}

std::unique_ptr<LinkRelay> Relay(const Server& server, const DirectionOptions& up = {}, const DirectionOptions& down = {}) {
  auto relay = LinkRelay::Start(To(server.address(), up, down));
  EXPECT_TRUE(relay.ok()) << relay.status();
  return *std::move(relay);
}

TEST(LinkRelay, CarriesBytesBothWaysAtOnceUnchanged) {
  Server server;
  const DirectionOptions fast{.rate = BitsPerSecond(800e6), .delay = milliseconds(2), .queue_bytes = 100'000};
  for (const DirectionOptions& way : {DirectionOptions{}, fast}) {
    auto relay = Relay(server, way, way);
    const Fd client = Connect(relay->address()), peer = server.Accept();
    const std::string up = Random(5'000'000, 1), down = Random(4'000'000, 2);
    std::thread send_up([&] { SendAll(client, up), ::shutdown(client.get(), SHUT_WR); });
    std::thread send_down([&] { SendAll(peer, down), ::shutdown(peer.get(), SHUT_WR); });
    Received got_down;
    std::thread receive_down([&] { got_down = ReceiveToEnd(client); });
    const Received got_up = ReceiveToEnd(peer);
    send_up.join(), send_down.join(), receive_down.join();
    EXPECT_TRUE(got_up.bytes == up && got_up.error == 0);
    EXPECT_TRUE(got_down.bytes == down && got_down.error == 0);
    EXPECT_EQ(relay->counters().up.bytes_out, 5'000'000);
    EXPECT_EQ(relay->counters().down.bytes_out, 4'000'000);
  }
}

TEST(LinkRelay, HalfCloseLeavesTheOtherWayOpen) {
  Server server;
  auto relay = Relay(server, {.delay = milliseconds(1)});
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "question");
  ::shutdown(client.get(), SHUT_WR);
  const Received question = ReceiveToEnd(peer);
  EXPECT_EQ(question.bytes, "question");
  EXPECT_EQ(question.error, 0);
  SendAll(peer, "answer");
  ::shutdown(peer.get(), SHUT_WR);
  EXPECT_EQ(ReceiveToEnd(client).bytes, "answer");
}

TEST(LinkRelay, ResetTravelsBothWays) {
  Server server;
  auto relay = Relay(server);
  for (const bool by_client : {true, false}) {
    Fd client = Connect(relay->address()), peer = server.Accept();
    SendAll(client, "x");
    EXPECT_EQ(Receive(peer, 1), "x");   // the connection stands from end to end
    Fd& resets = by_client ? client : peer;
    ResetOnClose(resets);
    resets.Close();
    EXPECT_EQ(ReceiveToEnd(by_client ? peer : client).error, ECONNRESET);
  }
}

TEST(LinkRelay, RefusedServerResetsTheClientAndCounts) {
  Address nobody;
  {
    Server gone;
    nobody = gone.address();
  }
  auto relay = *LinkRelay::Start(To(nobody));
  const Fd client = Connect(relay->address());
  EXPECT_EQ(ReceiveToEnd(client).error, ECONNRESET);
  EXPECT_EQ(relay->counters().refused, 1);
}

TEST(LinkRelay, FullQueueHoldsTheSenderBack) {
  Server server;
  // 8 kbit/s: nothing worth speaking of gets through while the test lasts, so what is accepted is what is stored on the way.
  auto relay = Relay(server, {.rate = BitsPerSecond(8000), .queue_bytes = 20'000});
  const Fd client = Connect(relay->address()), peer = server.Accept();
  const int small = 16 << 10;
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  const std::string piece(4096, 'x');
  size_t accepted = 0;
  for (pollfd wait{.fd = client.get(), .events = POLLOUT}; ::poll(&wait, 1, 300) == 1 && accepted < (10u << 20);) {
    const ssize_t n = ::send(client.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (n > 0) accepted += static_cast<size_t>(n);
  }
  EXPECT_LT(accepted, 1u << 20);   // queue 20 kB, the rest in kernel buffers of 64 KiB nominal
  EXPECT_LE(relay->counters().up.queue_peak_bytes, 20'000);
  EXPECT_GE(relay->counters().up.queue_peak_bytes, 20'000 - 2 * 1448);
}

TEST(LinkRelay, ReceiverThatDoesNotReadHoldsOnlyItsOwnConnection) {
  Server server;
  auto relay = Relay(server);
  const Fd stuck = Connect(relay->address()), stuck_peer = server.Accept();
  ::fcntl(stuck.get(), F_SETFL, O_NONBLOCK);
  const std::string piece(64 << 10, 'x');
  size_t accepted = 0;
  for (pollfd wait{.fd = stuck.get(), .events = POLLOUT}; ::poll(&wait, 1, 300) == 1 && accepted < (200u << 20);) {
    const ssize_t n = ::send(stuck.get(), piece.data(), piece.size(), 0);
    if (n > 0) accepted += static_cast<size_t>(n);
  }
  EXPECT_LT(accepted, 50u << 20);
  const Fd client = Connect(relay->address()), peer = server.Accept();
  const std::string up = Random(1'000'000, 3);
  std::thread sender([&] { SendAll(client, up); });
  EXPECT_TRUE(Receive(peer, up.size()) == up);
  sender.join();
  // And once it reads, it gets everything that was accepted.
  std::thread closer([&] { ::shutdown(stuck.get(), SHUT_WR); });
  EXPECT_EQ(ReceiveToEnd(stuck_peer).bytes.size(), accepted);
  closer.join();
}

TEST(LinkRelay, ManyConnectionsShareTheLinkEvenly) {
  Server server;
  auto relay = Relay(server, {.rate = BitsPerSecond(80e6), .queue_bytes = 50'000});
  constexpr int kConnections = 8;
  std::vector<Fd> clients, peers;
  for (int i = 0; i < kConnections; ++i) {
    clients.push_back(Connect(relay->address()));
    peers.push_back(server.Accept());
  }
  std::vector<std::thread> threads;
  std::vector<std::string> texts;
  for (int i = 0; i < kConnections; ++i) texts.push_back(Random(500'000, 10 + i));
  for (int i = 0; i < kConnections; ++i) {
    threads.emplace_back([&, i] { SendAll(clients[i], texts[i]), ::shutdown(clients[i].get(), SHUT_WR); });
  }
  std::vector<Received> got(kConnections);
  for (int i = 0; i < kConnections; ++i) threads.emplace_back([&, i] { got[i] = ReceiveToEnd(peers[i]); });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kConnections; ++i) EXPECT_TRUE(got[i].bytes == texts[i]) << i;
}

TEST(LinkRelay, SmallMessageOvertakesABulkUploadOfAnotherConnection) {
  Server server;
  // 4 Mbit/s: the upload takes 4 s. A message on another connection waits for the queue (20 kB, 40 ms), not for the upload.
  auto relay = Relay(server, {.rate = BitsPerSecond(4e6), .queue_bytes = 20'000});
  const Fd bulk = Connect(relay->address()), bulk_peer = server.Accept();
  std::thread uploader([&] { SendAll(bulk, std::string(2'000'000, 'b')); });
  Receive(bulk_peer, 1);
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "hello");
  EXPECT_EQ(Receive(peer, 5), "hello");
  EXPECT_LT(relay->counters().up.bytes_out, 1'900'000);   // the upload was not over
  relay->Stop();
  uploader.join();
}

TEST(LinkRelay, DelayAndHandshakeAreNeverShort) {
  Server server;
  auto relay = Relay(server, {.delay = milliseconds(20)}, {.delay = milliseconds(30)});
  const auto start = std::chrono::steady_clock::now();
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "x");
  EXPECT_EQ(Receive(peer, 1), "x");
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(70));   // a round trip of 50 to connect, then 20
  const auto asked = std::chrono::steady_clock::now();
  SendAll(client, "y");
  Receive(peer, 1);
  SendAll(peer, "z");
  EXPECT_EQ(Receive(client, 1), "z");
  EXPECT_GE(std::chrono::steady_clock::now() - asked, milliseconds(50));
}

TEST(LinkRelay, CutAllResetsAndWelcomesNewOnes) {
  Server server;
  auto relay = Relay(server);
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "x");
  Receive(peer, 1);
  relay->CutAll();
  EXPECT_EQ(ReceiveToEnd(client).error, ECONNRESET);
  EXPECT_EQ(ReceiveToEnd(peer).error, ECONNRESET);
  EXPECT_EQ(relay->counters().cut, 1);
  EXPECT_EQ(relay->counters().open, 0);
  const Fd again = Connect(relay->address()), again_peer = server.Accept();
  SendAll(again, "y");
  EXPECT_EQ(Receive(again_peer, 1), "y");
}

TEST(LinkRelay, WhileDownNobodyGetsThrough) {
  Server server;
  auto relay = Relay(server);
  relay->SetDown(true);
  EXPECT_EQ(ReceiveToEnd(Connect(relay->address())).error, ECONNRESET);
  relay->SetDown(false);
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "x");
  EXPECT_EQ(Receive(peer, 1), "x");
  EXPECT_EQ(relay->counters().rejected, 1);
}

TEST(LinkRelay, PausedLinkKeepsEverythingAndGoesOn) {
  Server server;
  auto relay = Relay(server);
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "a");
  EXPECT_EQ(Receive(peer, 1), "a");
  relay->SetPaused(true);
  SendAll(client, "b");
  char none;
  const timeval brief{.tv_usec = 50'000};
  ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof brief);
  EXPECT_EQ(::recv(peer.get(), &none, 1, 0), -1);
  Block(peer);
  relay->SetPaused(false);
  EXPECT_EQ(Receive(peer, 1), "b");
  relay->SetPaused(true);
  relay->SetPaused(false);
  SendAll(client, "c");
  EXPECT_EQ(Receive(peer, 1), "c");
}

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

TEST(LinkRelay, MoreConnectionsThanAllowedAreReset) {
  Server server;
  auto relay = *LinkRelay::Start(To(server.address(), 1));
  const Fd client = Connect(relay->address()), peer = server.Accept();
  EXPECT_EQ(ReceiveToEnd(Connect(relay->address())).error, ECONNRESET);
  SendAll(client, "x");
  EXPECT_EQ(Receive(peer, 1), "x");
}

TEST(LinkRelay, StopFreesThePortAndMayBeCalledTwice) {
  Server server;
  auto relay = Relay(server);
  const Address where = relay->address();
  const Fd client = Connect(where), peer = server.Accept();
  relay->Stop();
  relay->Stop();
  relay->CutAll();   // nothing left to do: returns
  EXPECT_EQ(ReceiveToEnd(client).error, ECONNRESET);
  EXPECT_TRUE(LinkRelay::Start(Between(where, server.address())).ok());
}

TEST(LinkRelay, PortInUseIsOneLine) {
  Server server;
  const auto relay = LinkRelay::Start(Between(server.address(), server.address()));
  ASSERT_FALSE(relay.ok());
  EXPECT_THAT(std::string(relay.status().message()), HasSubstr("cannot listen on 127.0.0.1:"));
  EXPECT_THAT(std::string(relay.status().message()), HasSubstr("Address already in use"));
}

TEST(LinkRelay, RefusesOptionsOutOfRange) {
  const Address to{"127.0.0.1", 9};
  EXPECT_FALSE(LinkRelay::Start(To({"127.0.0.1", 0})).ok());
  EXPECT_FALSE(LinkRelay::Start(To(to, DirectionOptions{.delay = milliseconds(-1)})).ok());
  EXPECT_FALSE(LinkRelay::Start(To(to, DirectionOptions{.delay = std::chrono::seconds(61)})).ok());
  EXPECT_FALSE(LinkRelay::Start(To(to, DirectionOptions{}, {.queue_bytes = 100})).ok());
  EXPECT_FALSE(LinkRelay::Start(To(to, DirectionOptions{}, {.rate = BitsPerSecond(-5)})).ok());
  EXPECT_FALSE(LinkRelay::Start(To(to, 0)).ok());
}

TEST(LinkRelay, WorksOverIpv6) {
  absl::StatusOr<Fd> possible = Listen({"::1", 0}, 4096);
  if (!possible.ok()) GTEST_SKIP() << "no IPv6 loopback here";
  Server server("::1");
  auto relay = *LinkRelay::Start(Between({"::1", 0}, server.address()));
  const Fd client = Connect(relay->address()), peer = server.Accept();
  SendAll(client, "six");
  EXPECT_EQ(Receive(peer, 3), "six");
}

}   // namespace
}   // namespace partway::net
