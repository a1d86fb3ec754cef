// What keeps a controller from the bound on links with memory: that it does not know the distribution, that nobody knows the future, or itself? On
// runs of bench/adaptive_bench.cc, as shares of the bound on the same slots:
//
//   ours        `adaptive` or `adaptive-single`.
//   informed    plays the prices of a long sample of the same kind of link, for what is left of both constraints, solved anew every 50 slots: knows
//               the distribution, learns nothing, does not know the future.
//
//   hindsight_bench [--policy NAME] [--link markov|trace] [--worst N] [--seeds N] [--accuracy C] [--latency SECONDS]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/bound.h"
#include "policy/mean_lp.h"
#include "policy/mix_slot.h"
#include "policy/registry.h"
#include "policy/slot_model.h"
#include "policy/test_setting.h"
#include "policy/useful_options.h"

namespace partway::policy {
namespace {

constexpr int kSlots = 1500;
constexpr int kSample = 1500, kSolveEvery = 50;   // slots
constexpr uint64_t kSampleSeed = 1000;
// Tells options apart that are equal at the prices of a solution where nothing binds.
constexpr double kLeastLatencyPrice = 1e-4, kLeastAccuracyPrice = 1e-3;

// The best point of a slot, by one option or a mixture.
class Player {
 public:
  Player(const Problem& problem, bool mixes)
      : mixes_(mixes), options_(problem), slot_(problem, mixes ? MixableRows(*problem.options) : std::vector<int32_t>{0}) {}
  MeanPoint Best(const Observation& seen, const Score& score) {
    return mixes_ ? slot_.Best(seen, score).point : options_.Best(seen, score).point;
  }
  Decision Decide(const Observation& seen, const Score& score) {
    if (mixes_) return slot_.WholeFrames(seen, score);
    const UsefulOptions::Choice choice = options_.Best(seen, score);
    return Decision::Of(options_.row(static_cast<size_t>(choice.index)),
                        static_cast<int>(std::lround(choice.point.k * seen.frames)));
  }
  MeanPoint Average(std::span<const Observation> slots, const Score& score) {
    MeanPoint sum;
    for (const Observation& seen : slots) {
      const MeanPoint point = Best(seen, score);
      sum.k += point.k;
      sum.latency_s += point.latency_s;
      sum.accuracy += point.accuracy;
    }
    const auto n = static_cast<double>(slots.size());
    return {sum.k / n, sum.latency_s / n, sum.accuracy / n};
  }

 private:
  bool mixes_;
  UsefulOptions options_;
  MixSlot slot_;
};

struct Run {
  double k = 0, latency_s = 0, accuracy = 0;
  void Add(const Outcome& outcome) {
    k += outcome.k() / kSlots;
    latency_s += outcome.latency_s / kSlots;
    accuracy += outcome.accuracy / kSlots;
  }
};

Run PlayPolicy(const char* name, const Problem& problem, std::span<const Observation> slots) {
  const SlotModel model(problem);
  const auto policy = MakePolicy(name, problem, {}, 1);
  Run run;
  for (const Observation& seen : slots) {
    const Decision decision = (*policy)->Decide(seen);
    const Outcome outcome = model.Apply(seen, decision);
    (*policy)->Update(seen, decision, outcome);
    run.Add(outcome);
  }
  return run;
}

Run PlayInformed(Player* player, const Problem& problem, std::span<const Observation> slots,
                 std::span<const Observation> sample) {
  const SlotModel model(problem);
  Run run;
  Score prices{1, 0, 0};
  for (size_t t = 0; t < slots.size(); ++t) {
    if (t % kSolveEvery == 0) {
      const double left = static_cast<double>(slots.size() - t) / kSlots;
      const MeanOptimum optimum =
          SolveMean([&](const Score& score) { return player->Average(sample, score); },
                    (problem.max_latency_s - run.latency_s) / left, (problem.min_accuracy - run.accuracy) / left);
      if (optimum.feasible) {
        prices = optimum.prices;
        prices.latency = std::min(prices.latency, -kLeastLatencyPrice / problem.max_latency_s);
        prices.accuracy = std::max(prices.accuracy, kLeastAccuracyPrice);
      }   // else as before: what is left is too little to make up for anything
    }
    const Decision decision = player->Decide(slots[t], prices);
    run.Add(model.Apply(slots[t], decision));
  }
  return run;
}

struct Row {
  double accuracy = 0, latency_s = 0;
  uint64_t seed = 0;
  double bound_k = 0, ours = 0;
};

double BoundK(const Problem& problem, bool mixes, std::span<const Observation> slots) {
  const auto bound = (mixes ? MixedBound : SingleBound)(problem, slots);
  return bound.ok() && bound->feasible ? bound->k : 0;
}

int Main(int argc, char** argv) {
  std::string name = "adaptive";
  LinkKind link = LinkKind::kMarkov;
  size_t worst = 5;
  uint64_t seeds = 10;
  std::vector<double> accuracies = {0.60, 0.65, 0.70, 0.75, 0.78, 0.80, 0.82, 0.83}, latencies = {0.03, 0.05, 0.08, 0.12, 0.2};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i], value = argv[i + 1];
    if (flag == "--policy") name = value;
    if (flag == "--link") link = value == "trace" ? LinkKind::kTrace : LinkKind::kMarkov;
    if (flag == "--worst") worst = static_cast<size_t>(std::max(1, std::atoi(argv[i + 1])));
    if (flag == "--accuracy") accuracies = {std::atof(argv[i + 1])};
    if (flag == "--latency") latencies = {std::atof(argv[i + 1])};
    if (flag == "--seeds") seeds = static_cast<uint64_t>(std::max(1, std::atoi(argv[i + 1])));
  }
  const Entry* const entry = FindPolicy(name);
  if (entry == nullptr) {
    std::cerr << "no policy '" << name << "'\n";
    return 2;
  }
  const bool mixes = entry->mixes;
  const cost::OptionTable table = PaperTable();
  std::vector<Row> rows;
  for (const double c : accuracies) {
    for (const double r : latencies) {
      const Problem problem = PaperProblem(table, r, c);
      for (uint64_t seed = 1; seed <= seeds; ++seed) {
        const std::vector<Observation> slots = SlotsOver(LinkMbit(link, seed, kSlots), seed);
        const double bound_k = BoundK(problem, mixes, slots);
        if (bound_k < 1e-6) continue;
        rows.push_back({c, r, seed, bound_k, PlayPolicy(name.c_str(), problem, slots).k / bound_k});
      }
    }
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.ours < b.ours; });
  rows.resize(std::min(rows.size(), worst));
  const std::vector<Observation> sample = SlotsOver(LinkMbit(link, kSampleSeed, kSample), kSampleSeed);
  for (const Row& row : rows) {
    const Problem problem = PaperProblem(table, row.latency_s, row.accuracy);
    Player player(problem, mixes);
    const std::vector<Observation> slots = SlotsOver(LinkMbit(link, row.seed, kSlots), row.seed);
    const Run informed = PlayInformed(&player, problem, slots, sample);
    std::printf("c %.2f r %.3f seed %2d  bound %.4f  ours %.4f  informed %.4f (accuracy %+.4f, latency %+.2f %%)\n", row.accuracy,
                row.latency_s, static_cast<int>(row.seed), row.bound_k, row.ours, informed.k / row.bound_k,
                informed.accuracy - row.accuracy, 100 * (informed.latency_s / row.latency_s - 1));
    std::fflush(stdout);
  }
  return 0;
}

}   // namespace
}   // namespace partway::policy

int main(int argc, char** argv) { return partway::policy::Main(argc, argv); }
