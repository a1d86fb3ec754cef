#include "tests/soak/schedule.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/rng.h"
#include "net/trace_generator.h"

namespace partway::soak {
namespace {

constexpr double kPeriod = 300;   // of the link's trace and faults
// Between two faults on average: rare enough in a long soak that the loop settles, and often enough in a short one that each kind comes.
constexpr double kLinkEvery = 15, kServerEvery = 60;
constexpr double kLeastLinkFaults = 6, kLeastServerFaults = 1;

struct Window {
  double at_s = 0, length_s = 0;
};

// `count` windows in [begin, end): each somewhere in its own share of the time, and never longer than a third of that.
std::vector<Window> Spread(double begin, double end, int count, double shortest, double longest, Rng* rng) {
  std::vector<Window> windows;
  const double share = (end - begin) / count;
  for (int i = 0; i < count; ++i) {
    const double start = begin + share * (i + rng->Uniform(0.1, 0.6));
    windows.push_back({start, std::clamp(rng->Uniform(shortest, longest), 0.05, share / 3)});
  }
  return windows;
}

std::string Seconds(double s) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3fs", s);
  return text;
}

}   // namespace

Schedule MakeSchedule(double seconds, uint64_t seed) {
  Rng rng(seed);
  Schedule schedule;
  const char* kind = net::kTraceKinds[rng.UniformInt(0, std::ssize(net::kTraceKinds) - 1)];
  const double period = std::min(kPeriod, seconds);
  const auto steps = net::GenerateTrace(kind, static_cast<int>(std::ceil(period)), rng.Next());
  schedule.trace_csv = net::RateCsvText(*steps, kind);   // the kind is one of theirs and the length in range
  int next = static_cast<int>(rng.UniformInt(0, 2));     // each kind in turn, so that none is left out
  const int faults = static_cast<int>(std::max(kLeastLinkFaults, period / kLinkEvery));
  for (const Window& fault : Spread(0, period, faults, 0.3, 4, &rng)) {
    switch (next++ % 3) {
      case 0:
        schedule.link_flags.insert(schedule.link_flags.end(), {"--stall", Seconds(fault.at_s) + "," + Seconds(fault.length_s)});
        break;
      case 1: schedule.link_flags.insert(schedule.link_flags.end(), {"--reset", Seconds(fault.at_s)}); break;
      default:
        schedule.link_flags.insert(schedule.link_flags.end(), {"--outage", Seconds(fault.at_s) + "," + Seconds(fault.length_s)});
    }
  }
  schedule.link_flags.insert(schedule.link_flags.end(), {"--repeat-faults", Seconds(period + 1)});
  const int each = static_cast<int>(std::max(kLeastServerFaults, seconds / 2 / kServerEvery));
  for (const Window& w : Spread(0, seconds / 2, each, 0.3, 5, &rng))
    schedule.server.push_back({ServerFault::Kind::kKill, w.at_s, w.length_s});
  for (const Window& w : Spread(seconds / 2, seconds, each, 0.5, 6, &rng))
    schedule.server.push_back({ServerFault::Kind::kFreeze, w.at_s, w.length_s});
  return schedule;
}

}   // namespace partway::soak
