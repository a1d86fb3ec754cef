// The Parecon paper's setting for tests and benchmarks: EfficientNetV2-S in torchvision's nine groups at nine input sizes, 1500 slots of a
// second, and links of three kinds. Multiply-adds and maps are those that `partway inspect efficientnet_v2_s --groups paper` shows at 384;
// both grow with the pixels. What the paper leaves open is taken as docs/study-parecon.md says.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/rng.h"
#include "cost/test_tables.h"
#include "policy/problem.h"

namespace partway::policy {

struct PaperSetting {
  double device_macs_per_s = 110e9;   // 956 MHz x 115 multiply-adds a cycle
  double edge_macs_per_s = 8e12;      // by cores and clock; 290e9 by the clock alone, as the equations read
  int codecs = 1;   // 1: raw. More: a half, a quarter, an eighth of the bits at cuts inside, for a little accuracy and time
};
inline constexpr double kEdgeByClock = 290e9;

inline cost::OptionTable PaperTable(const PaperSetting& setting = {}) {
  constexpr int kGroups = 9;
  constexpr double kGroupMacs[kGroups] = {23887872,   382205952,  2781609984, 1351876608, 448880640,
                                          1587437568, 1741252608, 47185920,   1280000};
  constexpr double kMapBytes[kGroups + 1] = {0, 3538944, 3538944, 1769472, 589824, 294912, 368640, 147456, 737280, 0};
  constexpr int kSizes = 9, kFull = 384;
  constexpr int kPixels[kSizes] = {128, 160, 192, 204, 224, 256, 288, 320, kFull};
  constexpr double kAccuracy[kSizes] = {0.474, 0.609, 0.705, 0.727, 0.764, 0.801, 0.822, 0.833, 0.842};
  constexpr double kBits[4] = {1, 0.5, 0.25, 0.125}, kLoss[4] = {0, 0, 0.004, 0.02}, kEncodeSeconds[4] = {0, 2e-9, 2e-9, 1e-8};
  double total = 0;
  for (const double macs : kGroupMacs) total += macs;
  std::vector<cost::TestRow> rows;
  double head = 0;
  for (int cut = 0; cut <= kGroups; ++cut) {
    if (cut > 0) head += kGroupMacs[cut - 1];
    for (int size = 0; size < kSizes; ++size) {
      const double share = kPixels[size] * kPixels[size] / static_cast<double>(kFull * kFull);
      for (int codec = 0; codec < (cut == kGroups ? 1 : setting.codecs); ++codec) {
        const double raw_bits = cut == 0 ? 24 * share * kFull * kFull : 8 * share * kMapBytes[cut];
        const double coding_s = kEncodeSeconds[codec] * raw_bits / 8;
        const double picture = cut == 0 && codec > 0 ? 0.01 * codec : kLoss[codec];   // a picture's own coding costs more of it
        rows.push_back({cut, share * head / setting.device_macs_per_s + coding_s, raw_bits * kBits[codec],
                        share * (total - head) / setting.edge_macs_per_s + coding_s / 8, std::max(0.0, kAccuracy[size] - picture),
                        0, size, codec});
      }
    }
  }
  return cost::MakeTable(kGroups, rows);
}

inline Problem PaperProblem(const cost::OptionTable& table, double max_latency_s, double min_accuracy) {
  Problem problem;
  problem.options = &table;
  problem.max_latency_s = max_latency_s;
  problem.min_accuracy = min_accuracy;
  return problem;
}

enum class LinkKind { kUniform, kMarkov, kTrace };

// d(t) in Mbit, a slot of 1 s. Uniform: 6.68 to 66.76. Markov: four states over that range, a tenth of the slots move to a neighbour. Trace:
// a walk as of a cell phone's link, log-normal around 25 with a correlation over some 20 slots and dips to a tenth.
inline std::vector<double> LinkMbit(LinkKind kind, uint64_t seed, int slots) {
  Rng rng(seed ^ 0x6c696e6bULL);
  std::vector<double> mbit;
  constexpr double kStates[4] = {6.68, 20, 40, 66.76};
  int state = static_cast<int>(rng.UniformInt(0, 3)), dip = 0;
  double walk = 0;
  for (int t = 0; t < slots; ++t) {
    if (kind == LinkKind::kUniform) {
      mbit.push_back(rng.Uniform(6.68, 66.76));
    } else if (kind == LinkKind::kMarkov) {
      if (rng.Chance(0.1)) state = std::clamp(state + (rng.Chance(0.5) ? 1 : -1), 0, 3);
      mbit.push_back(kStates[state]);
    } else {
      // A sum of twelve is normal enough, and the same everywhere.
      double normal = -6;
      for (int i = 0; i < 12; ++i) normal += rng.Uniform();
      walk = 0.95 * walk + 0.156 * normal;   // standard deviation 0.5
      if (dip == 0 && rng.Chance(0.01)) dip = static_cast<int>(rng.UniformInt(2, 8));
      mbit.push_back(25 * std::exp(walk) * (dip > 0 ? 0.1 : 1.0));
      dip = std::max(0, dip - 1);
    }
  }
  return mbit;
}

// a ~ U{30..60} frames a slot over the given link.
inline std::vector<Observation> SlotsOver(const std::vector<double>& mbit, uint64_t seed) {
  Rng rng(seed);
  std::vector<Observation> seen;
  for (size_t t = 0; t < mbit.size(); ++t) {
    cost::State state;
    state.uplink_bps = mbit[t] * 1e6;
    seen.push_back(MakeObservation(static_cast<int64_t>(t), static_cast<int>(rng.UniformInt(30, 60)), state, 1));
  }
  return seen;
}

}   // namespace partway::policy
