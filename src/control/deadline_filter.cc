#include "control/deadline_filter.h"

#include <cmath>
#include <limits>

namespace partway::control {

policy::Decision WithinDeadline(const policy::Observation& seen, const policy::SlotModel& model, const cost::OptionTable& options,
                                double deadline_s, double min_accuracy, const BeyondModel& beyond,
                                const policy::Decision& decision) {
  // Eq. 2 and what came on top of it lately; infinite for what does not run.
  const auto takes_s = [&](size_t row) {
    const policy::OptionCost cost = model.Cost(row);
    if (!policy::SlotModel::Runs(seen, cost)) return std::numeric_limits<double>::infinity();
    return model.Latency(seen, cost) + (options.local(row) ? beyond.local_s : beyond.sent_s);
  };
  policy::Decision kept;
  for (const policy::Share& share : decision.used()) {
    if (share.option < 0 || takes_s(static_cast<size_t>(share.option)) <= deadline_s) kept.Add(share);
  }
  if (kept.count == decision.count) return decision;
  struct Single {
    int32_t row = -1;
    int frames = 0;
    double takes_s = 0;
  };
  Single most, quickest;   // in time; of all
  for (size_t row = 0; row < options.size(); ++row) {
    if (model.accuracy()[row] < min_accuracy) continue;
    const int frames = static_cast<int>(std::floor(model.Frames(seen, model.Cost(row))));
    const Single single{static_cast<int32_t>(row), frames, takes_s(row)};
    if (frames == 0) continue;
    if (quickest.row < 0 || single.takes_s < quickest.takes_s) quickest = single;
    if (single.takes_s > deadline_s) continue;
    const bool more = frames > most.frames || (frames == most.frames && most.row >= 0 &&
                                               model.accuracy()[row] > model.accuracy()[static_cast<size_t>(most.row)]);
    if (most.row < 0 || more) most = single;
  }
  if (most.row >= 0 && most.frames > kept.frames()) return policy::Decision::Of(most.row, most.frames);
  if (kept.count > 0) return kept;
  // Nothing is thought to be in time: what comes soonest is most likely to be all the same.
  if (quickest.row >= 0) return policy::Decision::Of(quickest.row, quickest.frames);
  return decision;
}

}   // namespace partway::control
