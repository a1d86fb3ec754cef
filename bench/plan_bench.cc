// How fast plans are made: one decision over 10 cuts x 9 sizes x 4 codecs, where the answer flips along the uplink, and a sweep of 10,000
// points with 700 options. Goals: 2 us a decision, 1 s the sweep, on one core.
//
//   plan_bench [--quick] [--json]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "cost/choose.h"
#include "cost/flips.h"
#include "cost/sweep.h"
#include "nlohmann/json.hpp"

namespace partway::cost {
namespace {

constexpr double kGoalDecisionSeconds = 2e-6, kGoalSweepSeconds = 1;

// `groups` + 1 cuts x sizes x codecs of some network: work grows with the size and along the cuts, bytes shrink.
OptionTable SomeTable(int groups, int sizes, int codecs) {
  Rng rng(1);
  OptionTable table;
  for (int g = 0; g < groups; ++g) table.group_names.push_back("group");
  for (int s = 0; s < sizes; ++s) table.sizes.push_back({96 + 32 * s, 96 + 32 * s});
  for (int k = 0; k < codecs; ++k) table.codecs.push_back("codec");
  for (int cut = 0; cut <= groups; ++cut) {
    for (int s = 0; s < sizes; ++s) {
      for (int k = 0; k < (cut == groups ? 1 : codecs); ++k) {
        const double pixels = std::pow(table.sizes[static_cast<size_t>(s)].height, 2), share = cut / static_cast<double>(groups);
        const bool local = cut == groups;
        table.keys.push_back({static_cast<int16_t>(cut), static_cast<int16_t>(s), local ? kNoCodec : static_cast<int16_t>(k)});
        const double coefficient[kWeights] = {1e-6 * pixels * share * rng.Uniform(0.9, 1.1),
                                              local ? 0 : 40 * pixels * (1.1 - share) / (k + 1), local ? 0.0 : 1.0,
                                              1e-7 * pixels * (1 - share), local ? 0.0 : 32000.0};
        for (int w = 0; w < kWeights; ++w) table.coefficient[w].push_back(coefficient[w]);
        table.encode_s.push_back(0);
        table.decode_s.push_back(0);
        table.accuracy.push_back(std::min(0.8, 0.4 + 0.05 * s) - 0.01 * k);
        table.device_memory_bytes.push_back(1e6 * cut);
        table.edge_memory_bytes.push_back(1e6 * (groups - cut));
        table.distance_correlation.push_back(kNotKnown);
        table.reconstruction_ssim.push_back(kNotKnown);
      }
    }
  }
  RankRows(&table);
  return table;
}

State SomeState() {
  State state;
  state.uplink_bps = 20e6;
  state.rtt_s = 0.01;
  return state;
}

// The least time of one call of `body` over a few rounds, which others on the machine disturb least.
template <class Body>
double Fastest(int rounds, int calls, Body body) {
  const SteadyClock clock;
  double least = INFINITY;
  for (int round = 0; round < rounds; ++round) {
    const Instant start = clock.Now();
    for (int i = 0; i < calls; ++i) body(i);
    least = std::min(least, ToSeconds(clock.Now() - start) / calls);
  }
  return least;
}

int Main(int argc, char** argv) {
  bool quick = false, json = false;
  for (int i = 1; i < argc; ++i) {
    quick |= std::string_view(argv[i]) == "--quick";
    json |= std::string_view(argv[i]) == "--json";
  }
  // Rounds are so short that some are not interrupted by others on the machine; the fastest counts.
  const int rounds = quick ? 100 : 1000, long_rounds = quick ? 3 : 9;
  PowerModel power;
  power.compute_w = 6;
  power.transmit_w = 3;
  power.idle_w = 2;
  nlohmann::ordered_json document = {
      {"bench", "plan"}, {"goal_decision_s", kGoalDecisionSeconds}, {"goal_sweep_s", kGoalSweepSeconds}};
  const auto report = [&](const std::string& key, const std::string& words, double seconds, double goal) {
    document[key] = seconds;
    if (!json)
      std::printf("%-62s %10.3f us%s\n", words.c_str(), seconds * 1e6,
                  goal == 0         ? ""
                  : seconds <= goal ? "  within the goal"
                                    : "  above the goal");
  };

  const OptionTable table = SomeTable(9, 9, 4);
  const struct {
    const char* key;
    const char* words;
    Objective objective;
  } decisions[] = {{"latency_decision_s", "least latency", {.latency = 1}},
                   {"weighted_decision_s", "latency, throughput and energy weighed", {.latency = 1, .period = 1, .energy = 0.1}}};
  int used = 0;
  for (const auto& decision : decisions) {
    const Chooser chooser = *Chooser::Make(table, decision.objective, {.max_latency_s = 0.5}, &power);
    State state = SomeState();
    const double seconds = Fastest(rounds, 200, [&](int i) {
      state.uplink_bps = 1e6 + 5e5 * i;
      used += chooser.Best(state);
    });
    report(decision.key, std::string("one decision over ") + std::to_string(table.size()) + " options, " + decision.words,
           seconds, kGoalDecisionSeconds);
  }
  report("flips_s", "every flip along the uplink, latency",
         Fastest(rounds, 20,
                 [&](int) {
                   used += static_cast<int>(RegionsAlong(Axis::kUplink, table, SomeState(), {.latency = 1}, {}, nullptr)->size());
                 }),
         0);

  const OptionTable large = SomeTable(11, 9, 7);
  SweepAxis uplink{Axis::kUplink, {}}, device{Axis::kDeviceSpeed, {}};
  for (int i = 1; i <= 100; ++i) {
    uplink.values.push_back(1e6 * i);
    device.values.push_back(0.05 * i);
  }
  report("sweep_s", std::string("sweep of 10000 points with ") + std::to_string(large.size()) + " options",
         Fastest(long_rounds, 1,
                 [&](int) {
                   used +=
                       static_cast<int>(Sweep(large, uplink, device, SomeState(), {.latency = 1}, {}, nullptr)->winners.size());
                 }),
         kGoalSweepSeconds);
  if (json) {
    document["options"] = table.size();
    document["sweep_options"] = large.size();
    std::cout << document.dump() << "\n";
  }
  return used == 0 ? 1 : 0;
}

}   // namespace
}   // namespace partway::cost

int main(int argc, char** argv) { return partway::cost::Main(argc, argv); }
