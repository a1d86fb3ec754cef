// The slot simulator's pace: slots a second on one core, for each policy over the Parecon paper's setting (90 options).
// Goal: at least 2 million for parecon. slot_bench [--quick] [--json]
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string_view>

#include "base/clock.h"
#include "nlohmann/json.hpp"
#include "policy/registry.h"
#include "policy/test_problems.h"
#include "sim/slot_simulator.h"

namespace partway::sim {
namespace {

constexpr double kGoal = 2e6;

int Main(int argc, char** argv) {
  bool quick = false, json = false;
  for (int i = 1; i < argc; ++i) {
    quick |= std::string_view(argv[i]) == "--quick";
    json |= std::string_view(argv[i]) == "--json";
  }
  SlotScenario scenario;
  scenario.slots = 20'000;
  scenario.frames = {30, 60, {}};
  scenario.link = UniformBits{6.68e6, 66.76e6};
  scenario.options = std::make_shared<const cost::OptionTable>(policy::PaperLikeTable());
  scenario.max_latency_s = 0.08;
  scenario.min_accuracy = 0.7;
  const SteadyClock clock;
  SlotRunOptions options;
  options.clock = &clock;
  nlohmann::ordered_json document = {
      {"bench", "slot"}, {"options", scenario.options->size()}, {"goal_parecon_slots_per_s", kGoal}};
  // The slots themselves, which every run draws once.
  double draw = 0;
  for (int round = 0; round < (quick ? 5 : 50); ++round) {
    const Instant start = clock.Now();
    const size_t drawn = DrawSlots(scenario, 1).size();
    draw = std::max(draw, static_cast<double>(drawn) / ToSeconds(clock.Now() - start));
  }
  document["drawn_slots_per_s"] = draw;
  if (!json) std::printf("%-24s %8.2f M slots/s\n", "(drawing slots)", draw / 1e6);
  for (const policy::Entry& entry : policy::Registry()) {
    // Rounds are so short that some are not interrupted by others on the machine; the fastest counts.
    double best = 0;
    const bool slow = entry.mixes || entry.needs_future;
    scenario.slots = slow ? 1'500 : 20'000;
    for (int round = 0; round < (quick ? 5 : slow ? 10 : 100); ++round) {
      const auto result = RunSlots(scenario, {entry.name, {}}, 1, options);
      if (!result.ok()) break;   // a policy that needs parameters
      best = std::max(best, result->slots_per_s);
    }
    if (best == 0) continue;
    document["slots_per_s"][entry.name] = best;
    if (json) continue;
    const bool goal = std::string_view(entry.name) == "parecon";
    std::printf("%-24s %8.2f M slots/s%s\n", entry.name, best / 1e6,
                !goal           ? ""
                : best >= kGoal ? "  within the goal"
                                : "  below the goal");
  }
  if (json) std::cout << document.dump() << "\n";
  return 0;
}

}   // namespace
}   // namespace partway::sim

int main(int argc, char** argv) { return partway::sim::Main(argc, argv); }
