#include "policy/best_fixed.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/status.h"
#include "policy/fixed.h"
#include "policy/slot_model.h"

namespace partway::policy {

absl::StatusOr<int32_t> BestFixedOption(const Problem& problem) {
  if (problem.future.empty()) {
    return FailedPrecondition("best-fixed needs to know the slots to come, which only a simulation does");
  }
  const SlotModel model(problem);
  struct Sums {
    double k = 0, latency_s = 0;
    int64_t ran = 0;
  };
  std::vector<Sums> sums(model.size());
  for (const Observation& seen : problem.future) {
    if (seen.frames < 1) continue;   // no decision, so in no average
    model.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
      for (size_t i = 0; i < count; ++i) {
        if (!SlotModel::Runs(seen, model.Cost(first + i))) continue;
        Sums& sum = sums[first + i];
        sum.k += frames[i] / seen.frames;
        sum.latency_s += latency[i];
        ++sum.ran;
      }
    });
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  using Order = std::tuple<double, double, double>;   // violation, less k, latency: the least is taken
  Order best = {kInfinity, kInfinity, kInfinity};
  int32_t option = 0;
  for (size_t row = 0; row < sums.size(); ++row) {
    const Sums& sum = sums[row];
    if (sum.ran == 0) continue;
    const double latency_s = sum.latency_s / static_cast<double>(sum.ran);
    // A mean of equal numbers may end a rounding above them.
    double violation = std::max(latency_s / problem.max_latency_s - (1 + 1e-12), 0.0);
    if (problem.min_accuracy > 0) {
      violation += std::max((problem.min_accuracy - model.accuracy()[row]) / problem.min_accuracy, 0.0);
    }
    const Order order = {violation, -sum.k, latency_s};
    if (order >= best) continue;
    best = order;
    option = static_cast<int32_t>(row);
  }
  return option;
}

Entry BestFixedEntry() {
  return {"best-fixed",
          "the best single option in hindsight: most frames among those that keep both constraints on average",
          /*mixes=*/false,
          /*needs_future=*/true,
          {},
          [](const Problem& problem, const Parameters& /*p*/, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            ASSIGN_OR_RETURN(const int32_t option, BestFixedOption(problem));
            return std::make_unique<Fixed>(problem, option);
          }};
}

}   // namespace partway::policy
