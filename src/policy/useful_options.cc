#include "policy/useful_options.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "policy/row_subset.h"
#include "policy/slot_kernels.h"

namespace partway::policy {
std::vector<int32_t> UsefulRows(const cost::OptionTable& table) {
  const auto accuracy = [&](size_t row) { return std::isnan(table.accuracy[row]) ? 0.0 : table.accuracy[row]; };
  const auto no_worse = [&](size_t a, size_t b) {
    for (const std::vector<double>& column : table.coefficient) {
      if (column[a] > column[b]) return false;
    }
    return accuracy(a) >= accuracy(b);
  };
  std::vector<int32_t> rows;
  for (size_t b = 0; b < table.size(); ++b) {
    bool useful = true;
    for (size_t a = 0; a < table.size() && useful; ++a) {
      if (a != b && no_worse(a, b) && (a < b || !no_worse(b, a))) useful = false;
    }
    if (useful) rows.push_back(static_cast<int32_t>(b));
  }
  return rows;
}

UsefulOptions::UsefulOptions(const Problem& problem) : UsefulOptions(problem, UsefulRows(*problem.options)) {}

UsefulOptions::UsefulOptions(const Problem& problem, std::vector<int32_t> rows)
    : rows_(std::move(rows)), model_(KeepRows(*problem.options, rows_).In(problem)) {}

UsefulOptions::Choice UsefulOptions::Best(const Observation& seen, const Score& score) const {
  const double per_frame = score.k / seen.frames;
  const double* const accuracy = model_.accuracy().data();
  const bool linked = seen.uplink_bits > 0;
  double best = -std::numeric_limits<double>::infinity();
  Choice choice;
  model_.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    double value[SlotModel::kBlock];
    size_t i = BestOf(per_frame, frames, score.latency, latency, score.accuracy, accuracy + first, count, value);
    if (!linked) {
      for (size_t j = 0; j < count; ++j) {
        if (!SlotModel::Runs(seen, model_.Cost(first + j))) value[j] = -std::numeric_limits<double>::infinity();
      }
      i = FirstGreatest(value, count);
    }
    if (i == count || !(value[i] > best)) return;
    best = value[i];
    choice.index = static_cast<int32_t>(first + i);
    choice.point = {frames[i] / seen.frames, latency[i], accuracy[first + i]};
  });
  return choice;
}

}   // namespace partway::policy
