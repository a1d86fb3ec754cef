// How true the relay is. For rates from 0.3 to 200 Mbps and delays of 0, 5 and 50 ms: the rate of bulk both ways at once, the delay of single messages on
// the idle link, and theirs behind bulk of another connection, which is what a full queue takes. For traces and stalls: bits of every half second against
// what the trace says. Goals: rate within 2 %, delay within 1 ms. Medians over repeats: when the machine has no time for us is not the relay's doing.
//
//   link_bench [--quick] [--json]     without --quick about four minutes
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "apps/load_model.h"
#include "base/clock.h"
#include "base/text.h"
#include "net/link_relay.h"
#include "net/socket.h"
#include "net/trace.h"
#include "nlohmann/json.hpp"

namespace partway::net {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kPingBytes = 100, kLeastSegment = 1448;
const SteadyClock kClock;

double Median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Pair {
  Fd client, server;
};

class Bench {
 public:
  Bench() : listener_(*Listen({}, 4 << 20)) {}

  Pair Connect(const LinkRelay& relay) const {
    Pair pair{BeginConnect(Resolve(relay.address(), false)->front(), 4 << 20), Fd()};
    pollfd wait{};
    wait.fd = listener_.get();
    wait.events = POLLIN;
    ::poll(&wait, 1, 60'000);
    pair.server = Fd(::accept(listener_.get(), nullptr, nullptr));
    for (const Fd* fd : {&pair.client, &pair.server}) {
      ::fcntl(fd->get(), F_SETFL, 0);
      SetNoDelay(*fd);
    }
    // Once there and back, so that the handshakes are over.
    Ping(pair.client, pair.server);
    Ping(pair.server, pair.client);
    return pair;
  }
  LinkOptions Options() const {
    LinkOptions options;
    options.to = *LocalAddress(listener_);
    return options;
  }

  // Seconds that a small message takes.
  static double Ping(const Fd& from, const Fd& to) {
    char message[kPingBytes] = {};
    const Instant start = kClock.Now();
    if (::send(from.get(), message, sizeof message, MSG_NOSIGNAL) != sizeof message) return std::nan("");
    if (::recv(to.get(), message, sizeof message, MSG_WAITALL) != sizeof message) return std::nan("");
    return ToSeconds(kClock.Now() - start);
  }

 private:
  Fd listener_;
};

// Sends as much as the link takes and notes what arrives when, until Stop. The relay must have been stopped before that.
class Bulk {
 public:
  Bulk(const Fd& from, const Fd& to)
      : sender_([&from] {
          const std::vector<char> piece(64 << 10);
          while (::send(from.get(), piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {}
        }),
        receiver_([this, &to] {
          std::vector<char> buffer(64 << 10);
          for (ssize_t n; (n = ::recv(to.get(), buffer.data(), buffer.size(), 0)) > 0;) {
            got_ += n;
            log_.emplace_back(kClock.Now(), got_);
          }
        }) {}
  void Stop() {
    sender_.join();
    receiver_.join();
  }
  // Bit/s between the first and the last arrival before `end`.
  double Rate(Instant end) const {
    const auto last = std::lower_bound(log_.begin(), log_.end(), std::pair(end, int64_t{0}));
    if (last - log_.begin() < 2) return 0;
    const auto& [at, bytes] = *(last - 1);
    return static_cast<double>(bytes - log_.front().second) * 8 / ToSeconds(at - log_.front().first);
  }
  // Bits that arrived before `end`.
  double Bits(Instant end) const {
    const auto after = std::lower_bound(log_.begin(), log_.end(), std::pair(end, int64_t{0}));
    return after == log_.begin() ? 0 : static_cast<double>((after - 1)->second) * 8;
  }

 private:
  int64_t got_ = 0;
  std::vector<std::pair<Instant, int64_t>> log_;   // when, bytes in all
  std::thread sender_, receiver_;
};

struct Point {
  double mbps;
  int delay_ms;
  std::vector<double> up, down;       // measured rate / asked
  std::vector<double> idle, behind;   // ms above what is due; behind bulk: outside the range of what is
};

void MeasureOnce(const Bench& bench, double seconds, Point* point) {
  const double bps = point->mbps * 1e6, delay = point->delay_ms * 1e-3;
  LinkOptions options = bench.Options();
  options.up.rate = options.down.rate = BitsPerSecond(bps);
  options.up.delay = options.down.delay = milliseconds(point->delay_ms);
  const auto segment = std::max<int64_t>(kLeastSegment, static_cast<int64_t>(bps * 0.5e-3 / 8));
  const auto queue = std::max<int64_t>(8 * segment, static_cast<int64_t>(bps * 0.040 / 8));
  options.up.queue_bytes = options.down.queue_bytes = queue;
  auto relay = LinkRelay::Start(options);
  if (!relay.ok()) return;
  const Pair pings = bench.Connect(**relay), bulk = bench.Connect(**relay);
  const double due = delay + kPingBytes * 8 / bps;
  for (int i = 0; i < 8; ++i) {
    point->idle.push_back((Bench::Ping(pings.client, pings.server) - due) * 1e3);
    point->idle.push_back((Bench::Ping(pings.server, pings.client) - due) * 1e3);
  }
  Bulk up(bulk.client, bulk.server), down(bulk.server, bulk.client);
  const Instant begin = kClock.Now();
  const Instant end = begin + FromSeconds(seconds);
  const double full = delay + static_cast<double>(queue) * 8 / bps;
  // It waits for its turn, while none to one segment of bulk is read, and then behind a queue that is full but for what is left of a segment.
  const double least = full - static_cast<double>(segment) * 8 / bps,
               most = full + static_cast<double>(segment + kPingBytes) * 8 / bps;
  std::this_thread::sleep_for(FromSeconds(2 * full));
  int64_t pings_through = 0;
  const Instant pinging = kClock.Now();
  for (; kClock.Now() < end; ++pings_through) {
    const double took = Bench::Ping(pings.client, pings.server);
    point->behind.push_back((took - std::clamp(took, least, most)) * 1e3);
  }
  const Instant over = kClock.Now();
  (*relay)->Stop();
  up.Stop();
  down.Stop();
  const double share = static_cast<double>(pings_through * kPingBytes) * 8 / ToSeconds(over - pinging);   // of the messages
  point->up.push_back((up.Rate(over) + share) / bps);
  point->down.push_back(down.Rate(over) / bps);
}

struct TracePoint {
  std::string name;
  double total = 0;    // carried / due
  double median = 0;   // of the errors of half seconds, relative to the trace's mean
  double worst = 0;
};

TracePoint MeasureTrace(const Bench& bench, const std::string& name, std::shared_ptr<const RateProfile> profile,
                        const FaultSchedule& faults, double seconds) {
  constexpr Duration kDelay = milliseconds(5), kBucket = milliseconds(500);
  TracePoint point{name};
  LinkOptions options = bench.Options();
  options.up.profile = profile;
  options.up.delay = kDelay;
  options.faults = faults;
  auto relay = LinkRelay::Start(options);
  if (!relay.ok()) return point;
  const Pair pair = bench.Connect(**relay);
  (*relay)->Rewind();
  const Instant begin = kClock.Now();
  Bulk up(pair.client, pair.server);
  std::this_thread::sleep_for(FromSeconds(seconds) + kDelay + milliseconds(20));
  (*relay)->Stop();
  up.Stop();
  const auto due = Interrupted(profile, faults);
  std::vector<double> errors;
  const double mean = profile->Typical().value() * ToSeconds(kBucket);
  for (Duration at{0}; at + kBucket <= FromSeconds(seconds); at += kBucket) {
    const double got = up.Bits(begin + kDelay + at + kBucket) - up.Bits(begin + kDelay + at);
    errors.push_back(std::abs(got - static_cast<double>(due->Carried(Instant{at}, Instant{at + kBucket}))) / mean);
  }
  const Duration whole = kBucket * static_cast<int64_t>(errors.size());
  point.total = up.Bits(begin + kDelay + whole) / static_cast<double>(due->Carried(Instant{}, Instant{whole}));
  point.median = Median(errors);
  point.worst = *std::max_element(errors.begin(), errors.end());
  return point;
}

}   // namespace
}   // namespace partway::net

int main(int argc, char** argv) {
  using namespace partway;
  using namespace partway::net;
  bool quick = false, json = false;
  for (int i = 1; i < argc; ++i) {
    quick = quick || std::strcmp(argv[i], "--quick") == 0;
    json = json || std::strcmp(argv[i], "--json") == 0;
  }
  std::FILE* table = json ? stderr : stdout;
  double load[3] = {};
  ::getloadavg(load, 3);
  std::fprintf(table, "load of the machine at the start: %.2f over a minute, %u cores\n\n", load[0],
               std::thread::hardware_concurrency());
  const Bench bench;
  const int repeats = quick ? 1 : 3;
  nlohmann::json document = {{"load", load[0]}, {"links", nlohmann::json::array()}, {"traces", nlohmann::json::array()}};

  std::fprintf(table, "medians of %d repeats; rates as measured / asked, both ways at once; delays in ms beyond what is due\n",
               repeats);
  std::fprintf(table, "%8s %8s %9s %9s %12s %12s\n", "Mbps", "delay", "up", "down", "idle ms", "behind ms");
  double worst_rate = 0, worst_idle = 0, worst_behind = 0;
  for (const double mbps : {0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 200.0}) {
    for (const int delay : {0, 5, 50}) {
      if (quick && delay == 5) continue;
      Point point{mbps, delay, {}, {}, {}, {}};
      for (int i = 0; i < repeats; ++i) MeasureOnce(bench, quick ? 1.0 : 2.0, &point);
      const double up = Median(point.up), down = Median(point.down), idle = Median(point.idle), behind = Median(point.behind);
      std::fprintf(table, "%8.1f %5d ms %9.4f %9.4f %12.3f %12.3f\n", mbps, delay, up, down, idle, behind);
      std::fflush(table);
      worst_rate = std::max({worst_rate, std::abs(up - 1), std::abs(down - 1)});
      worst_idle = std::max(worst_idle, std::abs(idle));
      worst_behind = std::max(worst_behind, std::abs(behind));
      document["links"].push_back({{"rate_bps", mbps * 1e6},
                                   {"delay_s", delay * 1e-3},
                                   {"up", up},
                                   {"down", down},
                                   {"idle_s", idle * 1e-3},
                                   {"behind_s", behind * 1e-3}});
    }
  }
  std::fprintf(table, "worst: rate %.2f %%, delay %.3f ms idle, %.3f ms behind a full queue\n\n", worst_rate * 100, worst_idle,
               worst_behind);
  document["worst"] = {{"rate", worst_rate}, {"idle_s", worst_idle * 1e-3}, {"behind_s", worst_behind * 1e-3}};

  std::fprintf(table, "bits of each half second, as a share of the trace's mean\n");
  std::fprintf(table, "%-28s %14s %14s %14s\n", "trace", "total / due", "median error", "worst error");
  const double seconds = quick ? 4 : 20;
  const auto run = [&](const std::string& name, const std::shared_ptr<const RateProfile>& profile, const FaultSchedule& faults) {
    const TracePoint point = MeasureTrace(bench, name, profile, faults, seconds);
    std::fprintf(table, "%-28s %14.4f %12.2f %% %12.2f %%\n", name.c_str(), point.total, point.median * 100, point.worst * 100);
    std::fflush(table);
    document["traces"].push_back(
        {{"trace", name}, {"total", point.total}, {"median_error", point.median}, {"worst_error", point.worst}});
  };
  for (const char* file :
       {"generated-lte-walk.csv", "generated-lte-walk.mahimahi", "generated-busy-wifi.csv", "generated-5g-drive.csv"}) {
    const auto trace = ReadTrace(Concat(apps::ShareDir(), "/traces/", file));
    if (trace.ok()) run(file, *trace, {});
  }
  run("10 Mbps, 300 ms of 1 s gone", *ConstantRate(BitsPerSecond(10e6)),
      *FaultSchedule::Make({{LinkFault::Kind::kStall, milliseconds(350), milliseconds(300)}}, std::chrono::seconds(1)));
  if (json) std::printf("%s\n", document.dump().c_str());
  return 0;
}
