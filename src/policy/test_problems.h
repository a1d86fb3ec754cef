// Problems and slots for tests: a network as the Parecon paper's, with round numbers, or one drawn from a seed.
#pragma once

#include <vector>

#include "base/rng.h"
#include "cost/test_tables.h"
#include "policy/problem.h"

namespace partway::policy {

// Nine groups, ten cuts x `sizes` sizes, as eq. 1 would give them: work grows with the pixels, maps shrink with depth. Sizes are 128,
// 160, 192 ... pixels.
inline cost::OptionTable PaperLikeTable(int sizes = 9) {
  constexpr int kGroups = 9;
  constexpr double kMap[kGroups + 1] = {1, 2.7, 2.7, 1.3, 0.8, 0.55, 0.3, 0.35, 0.35, 0};   // uploaded bits per input bit
  std::vector<cost::TestRow> rows;
  for (int cut = 0; cut <= kGroups; ++cut) {
    for (int size = 0; size < sizes; ++size) {
      const double edge = 128 + 32 * size, pixels = edge * edge;
      const double whole_s = 8.4e9 * pixels / (384.0 * 384.0) / 110e9;   // on the device
      rows.push_back({cut, whole_s * cut / kGroups, 24 * pixels * kMap[cut], whole_s / 70 * (kGroups - cut) / kGroups,
                      0.85 - 0.4 * (128.0 * 128.0) / pixels, 0, size});
    }
  }
  return cost::MakeTable(kGroups, rows);
}

inline Problem PaperLikeProblem(const cost::OptionTable& table, double max_latency_s = 0.08, double min_accuracy = 0.7) {
  Problem problem;
  problem.options = &table;
  problem.max_latency_s = max_latency_s;
  problem.min_accuracy = min_accuracy;
  return problem;
}

// A slot of 1 s, the first.
inline Observation Seen(int frames, double uplink_bps, double rtt_s = 0, double edge_load = 0) {
  cost::State state;
  state.uplink_bps = uplink_bps;
  state.rtt_s = rtt_s;
  state.edge_load = edge_load;
  return MakeObservation(0, frames, state, 1);
}

// a ~ U{30..60}, d ~ U(6.68, 66.76) Mbit, slots of 1 s: the paper's setting.
inline std::vector<Observation> PaperSlots(uint64_t seed, int slots) {
  Rng rng(seed);
  std::vector<Observation> seen;
  for (int t = 0; t < slots; ++t) {
    cost::State state;
    state.uplink_bps = rng.Uniform(6.68e6, 66.76e6);
    seen.push_back(MakeObservation(t, static_cast<int>(rng.UniformInt(30, 60)), state, 1));
  }
  return seen;
}

}   // namespace partway::policy
