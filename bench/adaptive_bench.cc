// How near our controllers come to the optimum: mean k against the bound on the same states, and how far each constraint is missed, over
// c_th x r_th x links, the worst of some seeds in each row. Goals, wherever the pair is feasible: k at least 0.99 of the bound, 0.002 in
// accuracy and 2 % in latency, on each seed. Then a step of the link and a device twice as slow as its profile.
//
//   adaptive_bench [--quick] [--policy NAME] [--seeds N] [--edge-by-clock] [--all] [--set NAME=VALUE]
//
// Without --all only rows that miss a goal are shown, and the worst of all.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "policy/bound.h"
#include "policy/registry.h"
#include "policy/slot_model.h"
#include "policy/test_setting.h"

namespace partway::policy {
namespace {

constexpr double kGoalShare = 0.99, kGoalAccuracy = 0.002, kGoalLatency = 0.02;

struct Run {
  double k = 0, latency_s = 0, accuracy = 0;
};

// Plays slots [from, end) into the means, after those before; the device is `slower` times as slow as the policy's options say.
Run Play(Policy* policy, const Problem& problem, const std::vector<Observation>& slots, size_t from, double slower) {
  const SlotModel model(problem);
  Run mean;
  double used = 0;
  for (size_t t = 0; t < slots.size(); ++t) {
    Observation real = slots[t];
    real.weights[cost::kDevice] *= slower;
    const Decision decision = policy->Decide(slots[t]);
    Decision held;
    // What fits of it, in the order of its shares.
    double device = 1;
    for (Share share : decision.used()) {
      const double each =
          problem.options->coefficient[cost::kDevice][static_cast<size_t>(share.option)] * real.weights[cost::kDevice];
      const int fits = each > 0 ? static_cast<int>(std::min(1e9, device / each * kWholeShare)) : share.frames;
      share.frames = std::min(share.frames, fits);
      device -= each * share.frames;
      held.Add(share);
    }
    const Outcome outcome = model.Apply(real, held);
    policy->Update(slots[t], decision, outcome);
    if (t < from) continue;
    mean.k += outcome.k();
    if (!outcome.any) continue;
    ++used;
    mean.latency_s += outcome.latency_s;
    mean.accuracy += outcome.accuracy;
  }
  mean.k /= static_cast<double>(slots.size() - from);
  mean.latency_s /= std::max(used, 1.0);
  mean.accuracy /= std::max(used, 1.0);
  return mean;
}

struct Worst {
  int runs = 0;
  double bound = 0, share = 0, least_share = 9, accuracy = -9, latency = -9;
  void Count(const Run& run, double bound_k, const Problem& problem) {
    ++runs;
    bound += bound_k;
    share += run.k / bound_k;
    least_share = std::min(least_share, run.k / bound_k);
    accuracy = std::max(accuracy, problem.min_accuracy - run.accuracy);
    latency = std::max(latency, run.latency_s / problem.max_latency_s - 1);
  }
  void Count(const Worst& other) {
    runs += other.runs;
    bound += other.bound;
    share += other.share;
    least_share = std::min(least_share, other.least_share);
    accuracy = std::max(accuracy, other.accuracy);
    latency = std::max(latency, other.latency);
  }
  bool missed() const { return least_share < kGoalShare || accuracy > kGoalAccuracy || latency > kGoalLatency; }
};

void Print(const char* what, const Worst& w, double c, double r) {
  if (w.runs == 0) return;
  std::printf(
      "%-8s c %.2f r %.3f  runs %3d  bound %.4f  k/bound mean %.4f worst %.4f  accuracy missed by %+.4f  latency %+.2f %%%s\n",
      what, c, r, w.runs, w.bound / w.runs, w.share / w.runs, w.least_share, w.accuracy, 100 * w.latency,
      w.missed() ? "  <--" : "");
  std::fflush(stdout);
}

int Main(int argc, char** argv) {
  std::string name = "adaptive-single";
  uint64_t seeds = 10;
  bool all = false, quick = false;
  PaperSetting setting;
  Parameters parameters;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--quick") quick = true, seeds = 2;
    if (flag == "--all") all = true;
    if (flag == "--edge-by-clock") setting.edge_macs_per_s = kEdgeByClock;
    if (i + 1 == argc) break;
    if (flag == "--policy") name = argv[i + 1];
    if (flag == "--only") only = argv[i + 1];
    if (flag == "--seeds") seeds = static_cast<uint64_t>(std::max(1, std::atoi(argv[i + 1])));
    if (flag == "--set") {
      const std::string text = argv[i + 1];
      const size_t at = std::min(text.find('='), text.size());
      parameters.numbers[text.substr(0, at)] = std::atof(text.c_str() + std::min(at + 1, text.size()));
    }
  }
  const std::vector<double> accuracies =
      quick ? std::vector{0.6, 0.75, 0.83} : std::vector{0.60, 0.65, 0.70, 0.75, 0.78, 0.80, 0.82, 0.83};
  const std::vector<double> latencies = quick ? std::vector{0.03, 0.05, 0.08} : std::vector{0.03, 0.05, 0.08, 0.12, 0.2};
  const cost::OptionTable table = PaperTable(setting);
  const Entry* const entry = FindPolicy(name);
  if (entry == nullptr) {
    std::cerr << "no policy '" << name << "'\n";
    return 2;
  }
  const auto bound = entry->mixes ? MixedBound : SingleBound;
  constexpr int kSlots = 1500;

  struct Case {
    const char* what;
    LinkKind link;
    double step, slower, least, most;   // the link's factor from the middle on; c_th from and to
  };
  const Case cases[] = {{"uniform", LinkKind::kUniform, 1, 1, 0, 1}, {"markov", LinkKind::kMarkov, 1, 1, 0, 1},
                        {"trace", LinkKind::kTrace, 1, 1, 0, 1},     {"down", LinkKind::kUniform, 1.0 / 3, 1, 0, 1},
                        {"up", LinkKind::kUniform, 3, 1, 0, 1},      {"slow", LinkKind::kUniform, 1, 2, 0, 1}};
  for (const Case& one : cases) {
    if (!only.empty() && only != one.what) continue;
    Worst worst;
    for (const double c : accuracies) {
      for (const double r : latencies) {
        Worst row;
        for (uint64_t seed = 1; seed <= seeds; ++seed) {
          const Problem problem = PaperProblem(table, r, c);
          std::vector<double> mbit = LinkMbit(one.link, seed, kSlots);
          if (one.step > 1) {
            for (int t = 0; t < kSlots / 2; ++t) mbit[static_cast<size_t>(t)] /= one.step;
          } else {
            for (int t = kSlots / 2; t < kSlots; ++t) mbit[static_cast<size_t>(t)] *= one.step;
          }
          const std::vector<Observation> slots = SlotsOver(mbit, seed);
          // After a step: from 30 slots later on, against the optimum of those alone.
          const size_t from = one.step == 1 ? 0 : kSlots / 2 + 30;
          std::vector<Observation> counted(slots.begin() + static_cast<ptrdiff_t>(from), slots.end());
          for (Observation& seen : counted) seen.weights[cost::kDevice] *= one.slower;
          const auto best = bound(problem, counted);
          if (!best.ok() || !best->feasible || best->k < 1e-6) continue;
          auto policy = MakePolicy(name, problem, parameters, seed);
          if (!policy.ok()) {
            std::cerr << policy.status().message() << "\n";
            return 2;
          }
          row.Count(Play(policy->get(), problem, slots, from, one.slower), best->k, problem);
        }
        if (all || row.missed()) Print(one.what, row, c, r);
        worst.Count(row);
      }
    }
    std::printf("ALL      ");
    Print(one.what, worst, 0, 0);
  }
  return 0;
}

}   // namespace
}   // namespace partway::policy

int main(int argc, char** argv) { return partway::policy::Main(argc, argv); }
