// How long groups of layers take: a time per group at a reference size, scaled by the pixels, with a relative jitter.
#pragma once

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"

namespace partway::sim {

struct ComputeModel {
  std::vector<double> group_s;   // at `reference_size`
  int reference_size = 224;
  double jitter = 0;   // uniform within 1 - jitter .. 1 + jitter

  double Seconds(int from, int to, int size) const {
    double sum = 0;
    for (int g = from; g < to; ++g) sum += group_s[static_cast<size_t>(g)];
    const double scale = static_cast<double>(size) / reference_size;
    return sum * scale * scale;
  }
  // Draws from `rng` only if there is jitter.
  Duration Draw(int from, int to, int size, Rng* rng) const {
    const double factor = jitter > 0 ? rng->Uniform(1 - jitter, 1 + jitter) : 1;
    return std::max(Duration(0), FromSeconds(Seconds(from, to, size) * factor));
  }
};

}   // namespace partway::sim
