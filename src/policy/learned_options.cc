#include "policy/learned_options.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/status.h"
#include "policy/row_subset.h"
#include "policy/slot_kernels.h"
#include "policy/useful_options.h"

namespace partway::policy {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Energy grows with every coefficient, so an option that needs no less of anything is no better for it either. What an upload gives away
// does not follow from what it takes.
std::vector<int32_t> RowsFor(const Problem& problem, const LearnedGoals& goals) {
  if (goals.privacy == 0) return UsefulRows(*problem.options);
  std::vector<int32_t> rows(problem.options->size());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

}   // namespace

absl::StatusOr<LearnedOptions> LearnedOptions::Make(const Problem& problem, const LearnedGoals& goals) {
  if (goals.energy > 0 && problem.power == nullptr) {
    return FailedPrecondition("a weight on energy needs what the device draws; nothing is said of its power");
  }
  if (goals.privacy > 0) {
    const cost::OptionTable& table = *problem.options;
    for (size_t row = 0; row < table.size(); ++row) {
      if (!std::isnan(table.distance_correlation[row])) continue;
      return FailedPrecondition("a weight on privacy needs what each upload gives away; it is not known of option '",
                                cost::OptionText(table, row), "'");
    }
  }
  return LearnedOptions(problem, goals, RowsFor(problem, goals));
}

LearnedOptions::LearnedOptions(const Problem& problem, const LearnedGoals& goals, const std::vector<int32_t>& rows)
    : goals_(goals),
      rows_(rows),
      model_(KeepRows(*problem.options, rows).In(problem)),
      max_latency_s_(problem.max_latency_s),
      min_accuracy_(problem.min_accuracy),
      coefficient_(problem.options->coefficient),
      spending_(problem) {
  const std::vector<double>& accuracy = model_.accuracy();
  const auto [least, most] = std::minmax_element(accuracy.begin(), accuracy.end());
  least_accuracy_ = *least;
  if (*most > *least) accuracy_range_ = *most - *least;
  double accurate_bits = kInfinity, any_bits = kInfinity;
  for (size_t i = 0; i < size(); ++i) {
    const double bits = model_.coefficient(cost::kUplink)[i];
    if (bits > 0) any_bits = std::min(any_bits, bits);
    if (accuracy[i] < min_accuracy_) continue;
    accurate_.push_back(static_cast<uint32_t>(i));
    if (bits > 0) accurate_bits = std::min(accurate_bits, bits);
  }
  if (std::isfinite(any_bits)) frame_bits_ = std::isfinite(accurate_bits) ? accurate_bits : any_bits;
}

void LearnedOptions::Evaluate(const Observation& seen, double* latency_s, double* frames) const {
  model_.ForEachBlock(seen, [&](size_t first, size_t count, const double* block_latency_s, const double* block_frames) {
    std::copy_n(block_latency_s, count, latency_s + first);
    std::copy_n(block_frames, count, frames + first);
  });
}

LearnedOptions::Offer LearnedOptions::OfferOf(const Observation& seen, const double* latency_s, const double* frames) const {
  Offer offer;
  double accurate = 0, tight = 0, least_s = offer.least_latency * max_latency_s_;
  for (const uint32_t i : accurate_) {
    accurate = std::max(accurate, frames[i]);
    tight = std::max(tight, latency_s[i] <= max_latency_s_ ? frames[i] : 0.0);
    least_s = std::min(least_s, latency_s[i]);
  }
  offer.accurate = accurate / seen.frames;
  offer.tight = tight / seen.frames;
  offer.least_latency = least_s / max_latency_s_;
  return offer;
}

int32_t LearnedOptions::Best(const Observation& seen, double latency_price, double accuracy_price, const double* latency_s,
                             const double* frames, double* scratch) const {
  const bool plain = goals_.energy == 0 && goals_.privacy == 0, linked = seen.uplink_bits > 0;
  const double* const accuracy = model_.accuracy().data();
  const double per_frame = 1.0 / seen.frames;
  if (plain && linked) {
    const size_t best = BestOf(per_frame, frames, -latency_price, latency_s, accuracy_price, accuracy, size(), scratch);
    return best == size() ? -1 : static_cast<int32_t>(best);
  }
  for (size_t i = 0; i < size(); ++i) {
    const double worth =
        plain ? 1 : 1 - goals_.energy * spending_.Energy(seen, rows_[i]) - goals_.privacy * spending_.Exposure(rows_[i]);
    scratch[i] = per_frame * frames[i] * worth - latency_price * latency_s[i] + accuracy_price * accuracy[i];
    if (!linked && model_.coefficient(cost::kUplink)[i] != 0) scratch[i] = -kInfinity;
  }
  const size_t best = FirstGreatest(scratch, size());
  return best == size() ? -1 : static_cast<int32_t>(best);
}

}   // namespace partway::policy
