#include "apps/fixed_row.h"

#include <cmath>

namespace partway::apps {

std::optional<size_t> FixedRow(const LiveProblem& live, bool local) {
  std::optional<size_t> best;
  const auto cost = [&](size_t row) { return live.table.coefficient[local ? cost::kDevice : cost::kUplink][row]; };
  const auto accuracy = [&](size_t row) { return std::isnan(live.table.accuracy[row]) ? 0 : live.table.accuracy[row]; };
  const auto reaches = [&](size_t row) { return accuracy(row) >= live.problem.min_accuracy; };
  for (size_t row = 0; row < live.table.size(); ++row) {
    const bool is_local = live.table.local(row);
    const bool jpeg = !is_local && live.table.keys[row].cut == 0 &&
                      live.table.codecs[static_cast<size_t>(live.table.keys[row].codec)].starts_with("jpeg");
    if (local ? !is_local : !jpeg) continue;
    const bool better = !best || (reaches(row) != reaches(*best) ? reaches(row)
                                  : reaches(row)                 ? cost(row) < cost(*best)
                                                                 : accuracy(row) > accuracy(*best));
    if (better) best = row;
  }
  return best;
}

policy::Parameters FixedParameters(const cost::OptionTable& table, size_t row) {
  policy::Parameters parameters;
  const cost::OptionKey& key = table.keys[row];
  parameters.numbers["cut"] = key.cut;
  parameters.numbers["size"] = table.sizes[static_cast<size_t>(key.size)].height;
  if (key.codec != cost::kNoCodec) parameters.texts["codec"] = table.codecs[static_cast<size_t>(key.codec)];
  return parameters;
}

}   // namespace partway::apps
