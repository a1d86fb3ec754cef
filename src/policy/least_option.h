// The one rule by which options of equal value are told apart (papers-digest's "exact rules" for every method): more frames, then less
// latency, then the earlier row. And the loop that the methods which look at one figure per option share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "policy/slot_model.h"

namespace partway::policy {

struct LeastOption {
  int32_t option = -1;   // -1: none was offered
  double value = std::numeric_limits<double>::infinity();
  double frames = -1;
  double latency_s = std::numeric_limits<double>::infinity();

  // Offer rows in ascending order.
  void Offer(size_t row, double its_value, double its_frames, double its_latency_s) {
    if (option >= 0) {
      if (its_value > value) return;
      if (its_value == value && (its_frames < frames || (its_frames == frames && its_latency_s >= latency_s))) return;
    }
    option = static_cast<int32_t>(row);
    value = its_value;
    frames = its_frames;
    latency_s = its_latency_s;
  }
  Decision decision() const { return option < 0 ? Decision() : Decision::Of(option, static_cast<int>(frames)); }
};

// The option of least value(row, latency_s) among those that run, of which `fit(latency_s, frames)` go into the slot, where `frames` is
// eq. 11's.
template <class Value, class Fit>
LeastOption FindLeast(const SlotModel& model, const Observation& seen, const Value& value, const Fit& fit) {
  LeastOption least;
  model.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    for (size_t k = 0; k < count; ++k) {
      if (!SlotModel::Runs(seen, model.Cost(first + k))) continue;
      least.Offer(first + k, value(first + k, latency[k]), fit(latency[k], frames[k]), latency[k]);
    }
  });
  return least;
}

// With the frames of eq. 11.
template <class Value>
LeastOption FindLeast(const SlotModel& model, const Observation& seen, const Value& value) {
  return FindLeast(model, seen, value, [](double /*latency_s*/, double frames) { return frames; });
}

// Seconds of a frame in the stage where it stays longest: device, uplink or edge. Its inverse is the throughput of the pipeline.
inline double SlowestStage(const Observation& seen, const OptionCost& cost) {
  const auto stage = [&](cost::Weight w) { return cost.coefficient[w] == 0 ? 0.0 : cost.coefficient[w] * seen.weights[w]; };
  return std::max(std::max(stage(cost::kDevice), stage(cost::kUplink)), stage(cost::kEdge));
}

}   // namespace partway::policy
