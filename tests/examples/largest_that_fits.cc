#include "tests/examples/largest_that_fits.h"

namespace partway::examples {

LargestThatFits::LargestThatFits(const policy::Problem& problem) : model_(problem), max_latency_s_(problem.max_latency_s) {}

policy::Decision LargestThatFits::Decide(const policy::Observation& seen) const {
  int32_t best = -1;
  bool best_keeps = false;
  double best_accuracy = 0, best_frames = -1;
  model_.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    for (size_t k = 0; k < count; ++k) {
      if (!policy::SlotModel::Runs(seen, model_.Cost(first + k))) continue;
      const bool keeps = frames[k] == seen.frames && latency[k] <= max_latency_s_;
      const double accuracy = model_.accuracy()[first + k];
      const bool better = keeps != best_keeps ? keeps : keeps ? accuracy > best_accuracy : frames[k] > best_frames;
      if (!better) continue;
      best = static_cast<int32_t>(first + k);
      best_keeps = keeps;
      best_accuracy = accuracy;
      best_frames = frames[k];
    }
  });
  return best < 0 ? policy::Decision() : policy::Decision::Of(best, static_cast<int>(best_frames));
}

policy::Entry LargestThatFitsEntry() {
  return {"largest-that-fits",
          "the most accurate option that processes every frame in time (an example)",
          /*mixes=*/false,
          /*needs_future=*/false,
          /*parameters=*/{},
          [](const policy::Problem& problem, const policy::Parameters&,
             uint64_t) -> absl::StatusOr<std::unique_ptr<policy::Policy>> { return std::make_unique<LargestThatFits>(problem); }};
}

}   // namespace partway::examples
