// The relay over real sockets on the loopback interface. Nothing here measures speed: rates are high or delays only bound from
// below; accuracy is the benchmark's matter.
#include <thread>

#include "net/link_relay_fixture.h"

namespace partway::net {
namespace {

using ::testing::HasSubstr;

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
