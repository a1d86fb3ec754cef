// How true the relay is: application bytes over time against the rate asked for, each way and both ways at once, and the delay
// of single messages. Goal: rate within 3 % from 1 to 200 Mbps, delay within 1 ms plus the scheduler's share.
//
//   link_bench [--quick]      short transfers; without it about half a minute
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "net/link_relay.h"
#include "net/socket.h"

namespace partway::net {
namespace {

void Block(const Fd& fd) {
  ::fcntl(fd.get(), F_SETFL, 0);
  SetNoDelay(fd);
}

struct Pair {
  Fd client, server;
};

Pair ConnectThrough(const LinkRelay& relay, const Fd& listener) {
  Pair pair{BeginConnect(Resolve(relay.address(), false)->front(), 4 << 20), Fd()};
  pollfd wait{};
  wait.fd = listener.get();
  wait.events = POLLIN;
  ::poll(&wait, 1, 10'000);
  pair.server = Fd(::accept(listener.get(), nullptr, nullptr));
  Block(pair.client);
  Block(pair.server);
  return pair;
}

// Bytes per second as the receiver sees them, from the first byte's arrival to the last one's.
double MeasureRate(const Fd& from, const Fd& to, int64_t total) {
  std::thread sender([&] {
    const std::vector<char> piece(64 << 10);
    for (int64_t left = total; left > 0;) {
      const ssize_t n = ::send(from.get(), piece.data(),
                               static_cast<size_t>(std::min<int64_t>(left, static_cast<int64_t>(piece.size()))), MSG_NOSIGNAL);
      if (n <= 0) return;
      left -= n;
    }
  });
  std::vector<char> buffer(64 << 10);
  const SteadyClock clock;
  Instant first{};
  int64_t got = 0, at_first = 0;
  while (got < total) {
    const ssize_t n = ::recv(to.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) break;
    if (got == 0) {
      first = clock.Now();
      at_first = n;
    }
    got += n;
  }
  const double seconds = ToSeconds(clock.Now() - first);
  sender.join();
  return got == total ? static_cast<double>(got - at_first) / seconds : 0;
}

void Rates(double mbps, double seconds, const Fd& listener, const Address& server) {
  LinkOptions options;
  options.to = server;
  options.up.rate = options.down.rate = BitsPerSecond(mbps * 1e6);
  options.up.delay = options.down.delay = std::chrono::milliseconds(5);
  auto relay = LinkRelay::Start(options);
  if (!relay.ok()) return;
  const Pair pair = ConnectThrough(**relay, listener);
  const auto total = static_cast<int64_t>(mbps * 1e6 / 8 * seconds);
  const double asked = mbps * 1e6 / 8;
  const double up = MeasureRate(pair.client, pair.server, total) / asked;
  const double down = MeasureRate(pair.server, pair.client, total) / asked;
  double both_up = 0, both_down = 0;
  std::thread other([&] { both_down = MeasureRate(pair.server, pair.client, total) / asked; });
  both_up = MeasureRate(pair.client, pair.server, total) / asked;
  other.join();
  double worst = 0;
  for (double ratio : {up, down, both_up, both_down}) worst = std::max(worst, std::abs(ratio - 1));
  std::printf("%8.1f %10.4f %10.4f %10.4f %10.4f   %5.2f %%\n", mbps, up, down, both_up, both_down, worst * 100);
}

// One byte there and back: what is above the two delays.
void Delays(int milliseconds, int rounds, const Fd& listener, const Address& server) {
  LinkOptions options;
  options.to = server;
  options.up.delay = options.down.delay = std::chrono::milliseconds(milliseconds);
  auto relay = LinkRelay::Start(options);
  if (!relay.ok()) return;
  const Pair pair = ConnectThrough(**relay, listener);
  const SteadyClock clock;
  std::vector<double> excess;
  char byte = 0;
  for (int i = 0; i < rounds; ++i) {
    const Instant start = clock.Now();
    if (::send(pair.client.get(), &byte, 1, MSG_NOSIGNAL) != 1 || ::recv(pair.server.get(), &byte, 1, 0) != 1) return;
    const double one_way = ToSeconds(clock.Now() - start);
    if (i > 0) excess.push_back(one_way * 1e3 - milliseconds);   // the first one pays the handshake
  }
  std::sort(excess.begin(), excess.end());
  std::printf("%8d %10.3f %10.3f %10.3f\n", milliseconds, excess.front(), excess[excess.size() / 2],
              excess[excess.size() * 9 / 10]);
}

}   // namespace
}   // namespace partway::net

int main(int argc, char** argv) {
  using namespace partway::net;
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
  const auto listener = Listen({}, 4 << 20);
  if (!listener.ok()) return 1;
  const Address server = *LocalAddress(*listener);
  std::printf("rate: measured / asked\n%8s %10s %10s %10s %10s   worst\n", "Mbps", "up", "down", "both: up", "both: down");
  for (double mbps : {0.3, 1.0, 5.0, 20.0, 80.0, 200.0}) {
    if (quick && mbps < 1) continue;
    // At low rates long enough that the first reading and the last segment do not matter.
    Rates(mbps, quick ? (mbps < 5 ? 1.0 : 0.3) : (mbps < 5 ? 3.0 : 1.5), *listener, server);
  }
  std::printf("\none way, ms above the delay\n%8s %10s %10s %10s\n", "delay ms", "least", "median", "p90");
  for (int delay : {0, 10, 50}) Delays(delay, quick ? 10 : 40, *listener, server);
  return 0;
}
