// How many frames the event simulator plays through, on one core: one device as fast as its pipeline goes, sixteen on one edge, and a policy over
// slots. Goal: 300,000 a second. Beside it a queue of as many events that do nothing, which tells the machine's speed from the simulator's.
//
//   event_bench [--quick] [--json]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string_view>

#include "base/clock.h"
#include "cost/test_tables.h"
#include "nlohmann/json.hpp"
#include "policy/parecon.h"
#include "policy/test_problems.h"
#include "sim/event_queue.h"
#include "sim/event_simulator.h"

namespace partway::sim {
namespace {

constexpr double kGoalFramesPerSecond = 300'000;
constexpr int kEventsPerFrame = 6;   // offered, prepared, head, arrived at the edge, computed there, answered

cost::OptionTable Stages() { return cost::MakeTable(2, {{1, 0.010, 80'000, 0.0005, 0.7}, {2, 0.050, 0, 0, 0.6}}); }

EventDevice Device(const cost::OptionTable& table, int64_t frames) {
  EventDevice d;
  d.options = &table;
  d.frames = frames;
  d.keep_records = false;
  d.session.depth = 3;
  d.link.up = *net::ConstantRate(BitsPerSecond(10e6));
  d.link.delay_up = d.link.delay_down = std::chrono::milliseconds(2);
  return d;
}

// Time of the thread, the least of a few rounds: others on the machine disturb it little.
template <class Body>
double Fastest(int rounds, const Body& body) {
  const ThreadClock clock;
  double least = INFINITY;
  for (int round = 0; round < rounds; ++round) {
    const Instant start = clock.Now();
    body();
    least = std::min(least, ToSeconds(clock.Now() - start));
  }
  return least;
}

int64_t Answered(const EventScenario& scenario) {
  const auto result = RunEvents(scenario, 1);
  if (!result.ok() || !result->done) return 0;
  int64_t answered = 0;
  for (const EventDeviceResult& d : result->devices) answered += d.counts.edge + d.counts.local;
  return answered;
}

// An event that puts in the next one, `chains` at a time.
void BareEvents(int64_t events, int chains) {
  EventQueue queue;
  struct Next {
    EventQueue* queue;
    int64_t* left;
    void operator()() const {
      if (--*left > 0) queue->After(Duration(*left % 1000), *this);
    }
  };
  for (int i = 0; i < chains; ++i) queue.After(Duration(i), Next{&queue, &events});
  while (queue.Step()) continue;
}

int Main(int argc, char** argv) {
  bool quick = false, json = false;
  for (int i = 1; i < argc; ++i) {
    quick |= std::string_view(argv[i]) == "--quick";
    json |= std::string_view(argv[i]) == "--json";
  }
  const int rounds = quick ? 3 : 15;
  const int64_t frames = quick ? 20'000 : 100'000;
  nlohmann::ordered_json document = {{"bench", "event"}, {"goal_frames_per_s", kGoalFramesPerSecond}};
  bool good = true;
  const auto report = [&](const char* key, const char* words, int64_t count, double seconds) {
    const double rate = static_cast<double>(count) / seconds;
    document[key] = rate;
    good = good && count > 0;
    if (!json)
      std::printf("%-58s %12.0f frames/s%s\n", words, rate,
                  rate >= kGoalFramesPerSecond ? "  within the goal" : "  below the goal");
  };

  const cost::OptionTable table = Stages();
  int64_t count = 0;
  const EventScenario one{.devices = {Device(table, frames)}};
  const double one_s = Fastest(rounds, [&] { count = Answered(one); });
  report("one_device_frames_per_s", "one device, three frames under way", count, one_s);

  EventScenario kept = one;
  kept.devices[0].keep_records = true;
  report("rows_kept_frames_per_s", "the same, every frame's row kept", count, Fastest(rounds, [&] { count = Answered(kept); }));

  EventScenario sixteen;
  for (int i = 0; i < 16; ++i) {
    sixteen.devices.push_back(Device(table, frames / 16));
    sixteen.devices.back().name = "device " + std::to_string(i);
  }
  report("sixteen_devices_frames_per_s", "sixteen devices on one edge", count,
         Fastest(rounds, [&] { count = Answered(sixteen); }));

  const cost::OptionTable paper = policy::PaperLikeTable();
  const policy::Problem problem = policy::PaperLikeProblem(paper);
  const auto slots = policy::PaperSlots(1, quick ? 500 : 1500);
  EventDevice decided = Device(paper, 0);
  decided.link = LinkOf(slots, 1);
  decided.slots = slots;
  decided.session.depth = 0;
  const double decided_s = Fastest(rounds, [&] {
    policy::Parecon parecon(problem, {});
    decided.policy = &parecon;
    count = Answered({.devices = {decided}});
  });
  report("parecon_frames_per_s", "a policy over slots, 90 options", count, decided_s);

  const double bare_s = Fastest(rounds, [&] { BareEvents(frames * kEventsPerFrame, 8); });
  document["bare_events_per_s"] = static_cast<double>(frames * kEventsPerFrame) / bare_s;
  document["frame_over_bare_events"] = one_s / bare_s;
  if (!json) std::printf("a frame of one device costs %.1f times its %d bare events\n", one_s / bare_s, kEventsPerFrame);
  if (json) std::cout << document.dump() << "\n";
  return good ? 0 : 1;
}

}   // namespace
}   // namespace partway::sim

int main(int argc, char** argv) { return partway::sim::Main(argc, argv); }
