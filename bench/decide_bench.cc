// What a decision costs: Decide and Update over the Parecon paper's slots, amortised over runs of 1500 slots, for 10 cuts x 9 sizes with 1 and
// with 4 codecs (90 and 360 options, the latter with one local row a size). Goals on one core: 2 us with all of them for parecon and both
// of ours; parecon with 90 options, the simulator's inner loop, well under 0.3 us.
//
//   decide_bench [--quick] [--json]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "nlohmann/json.hpp"
#include "policy/registry.h"
#include "policy/slot_model.h"
#include "policy/test_setting.h"

namespace partway::policy {
namespace {

constexpr int kSlots = 1500;
constexpr double kGoalAll = 2e-6, kGoalParecon = 0.3e-6;

// Seconds a slot of Decide and Update together, without the simulator's own part; the least of a few runs.
double SecondsPerSlot(const char* name, const Problem& problem, const std::vector<Observation>& slots, int runs) {
  const SteadyClock clock;
  const SlotModel model(problem);
  double least = INFINITY, outcomes_s = INFINITY;
  for (int run = 0; run < runs; ++run) {
    auto policy = MakePolicy(name, problem, {}, 1);
    if (!policy.ok()) return NAN;
    std::vector<Decision> decisions;
    decisions.reserve(slots.size());
    Instant start = clock.Now();
    for (const Observation& seen : slots) {
      decisions.push_back((*policy)->Decide(seen));
      (*policy)->Update(seen, decisions.back(), model.Apply(seen, decisions.back()));
    }
    least = std::min(least, ToSeconds(clock.Now() - start));
    double sum = 0;
    start = clock.Now();
    for (size_t t = 0; t < slots.size(); ++t) sum += model.Apply(slots[t], decisions[t]).latency_s;
    if (sum > 0) outcomes_s = std::min(outcomes_s, ToSeconds(clock.Now() - start));
  }
  return (least - outcomes_s) / static_cast<double>(slots.size());
}

int Main(int argc, char** argv) {
  bool quick = false, json = false;
  for (int i = 1; i < argc; ++i) {
    quick |= std::string_view(argv[i]) == "--quick";
    json |= std::string_view(argv[i]) == "--json";
  }
  const std::vector<Observation> slots = SlotsOver(LinkMbit(LinkKind::kUniform, 1, kSlots), 1);
  nlohmann::json rows = nlohmann::json::array();
  for (const int codecs : {1, 4}) {
    PaperSetting setting;
    setting.codecs = codecs;
    const cost::OptionTable table = PaperTable(setting);
    const Problem problem = PaperProblem(table, 0.05, 0.8);
    double parecon_s = 0;
    for (const char* name : {"parecon", "adaptive-single", "adaptive", "learned"}) {
      const double seconds = SecondsPerSlot(name, problem, slots, quick ? 5 : 60);
      if (parecon_s == 0) parecon_s = seconds;
      const double goal = codecs == 1 && std::string_view(name) == "parecon" ? kGoalParecon : kGoalAll;
      rows.push_back({{"policy", name},
                      {"options", table.size()},
                      {"seconds", seconds},
                      {"of_parecon", seconds / parecon_s},
                      {"goal_s", goal}});
      if (!json) {
        std::printf("%-16s %3zu options  %7.0f ns a slot  %5.2f of parecon  goal %5.0f ns%s\n", name, table.size(), 1e9 * seconds,
                    seconds / parecon_s, 1e9 * goal, seconds <= goal ? "" : "  <--");
      }
    }
  }
  if (json) std::cout << nlohmann::json{{"decisions", rows}}.dump(2) << "\n";
  return 0;
}

}   // namespace
}   // namespace partway::policy

int main(int argc, char** argv) { return partway::policy::Main(argc, argv); }
