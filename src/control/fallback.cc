#include "control/fallback.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace partway::control {
namespace {

constexpr double kShare = 0.9;    // of what the device alone would give, less one frame: below it the policy has lost
constexpr int kScoutEvery = 20;   // frames; at least one scout a slot
constexpr int kScoutSlots = 3;
constexpr double kSafe = 0.98;   // of the slot that the device is given to fill, so that its queue does not grow

}   // namespace

Fallback::Fallback(const cost::OptionTable& options, double slot_s, double max_latency_s, double min_accuracy)
    : options_(options), slot_s_(slot_s), max_latency_s_(max_latency_s), min_accuracy_(min_accuracy) {}

LocalChoice Fallback::Best(const policy::Observation& seen, const policy::SlotModel& model, const FrameLimits& limits,
                           double overhead_s) const {
  LocalChoice best;
  std::tuple<bool, int, int, double> best_key{};
  for (size_t row = 0; row < options_.size(); ++row) {
    if (!options_.local(row) || limits.EnergyExcess(seen, row) > 1) continue;
    const double latency_s = model.Latency(seen, model.Cost(row));
    const double fit = std::floor(kSafe * slot_s_ / latency_s);
    const int frames = static_cast<int>(std::min<double>(seen.frames, fit));
    const double accuracy = model.accuracy()[row];
    const LocalChoice choice{static_cast<int32_t>(row), frames, latency_s + overhead_s <= max_latency_s_ ? frames : 0};
    const std::tuple key{accuracy >= min_accuracy_, accuracy >= min_accuracy_ ? choice.within : 0,
                         accuracy >= min_accuracy_ ? frames : 0, accuracy};
    if (best.row >= 0 && key <= best_key) continue;
    best = choice;
    best_key = key;
  }
  return best;
}

policy::Decision Fallback::Decide(const policy::Observation& seen, const policy::Decision& policys, const LocalChoice& local) {
  local_ = local;
  int32_t remote = -1;
  int most = 0;
  for (const policy::Share& share : policys.used()) {
    if (share.option < 0 || options_.local(static_cast<size_t>(share.option)) || share.frames <= most) continue;
    most = share.frames;
    remote = share.option;
  }
  sends_ = remote >= 0;
  if (!sends_ || local.within == 0) active_ = false;   // nothing to fall back from, or to
  if (!active_) return policys;
  policy::Decision decision;
  // Of a single frame every third slot's.
  const int scouts = seen.frames > 1 ? std::max(1, seen.frames / kScoutEvery) : seen.slot % kScoutSlots == 0 ? 1 : 0;
  decision.Add({local.row, std::min(local.frames, seen.frames - scouts)});
  decision.Add({remote, scouts});
  return decision;
}

void Fallback::Ended(int came, int within, int scouts_ended, int scouts_within) {
  if (active_) {
    active_ = scouts_ended == 0 || scouts_within < scouts_ended;
  } else if (sends_) {
    const double alone = std::min(local_.within, came);
    active_ = alone >= 1 && within < std::max(1.0, kShare * alone - 1);
  }
}

}   // namespace partway::control
