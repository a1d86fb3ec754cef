#include "policy/useful_options.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "policy/row_subset.h"
#include "policy/slot_kernels.h"

namespace partway::policy {
namespace {

double AccuracyOf(const cost::OptionTable& table, size_t row) {
  return std::isnan(table.accuracy[row]) ? 0.0 : table.accuracy[row];
}

// Whether some share t of `a` and 1 - t of `b` need no more than `row` of anything and are as accurate.
bool Replace(const cost::OptionTable& table, size_t a, size_t b, size_t row) {
  double least = 0, most = 1;   // t
  const auto no_more = [&](double of_a, double of_b, double of_row) {
    const double slope = of_a - of_b, room = of_row - of_b;   // t slope <= room
    if (slope > 0) {
      most = std::min(most, room / slope);
    } else if (slope < 0) {
      least = std::max(least, room / slope);
    } else if (room < 0) {
      return false;
    }
    return least <= most;
  };
  if (!no_more(-AccuracyOf(table, a), -AccuracyOf(table, b), -AccuracyOf(table, row))) return false;
  return std::all_of(table.coefficient.begin(), table.coefficient.end(),
                     [&](const std::vector<double>& column) { return no_more(column[a], column[b], column[row]); });
}

}   // namespace

std::vector<int32_t> UsefulRows(const cost::OptionTable& table) {
  const auto no_worse = [&](size_t a, size_t b) {
    for (const std::vector<double>& column : table.coefficient) {
      if (column[a] > column[b]) return false;
    }
    return AccuracyOf(table, a) >= AccuracyOf(table, b);
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

std::vector<int32_t> MixableRows(const cost::OptionTable& table) {
  std::vector<int32_t> rows = UsefulRows(table);
  // What is replaced by others that are replaced themselves is replaced by what replaces those; so each may go as soon as it is found.
  for (size_t i = 0; i < rows.size();) {
    bool replaced = false;
    for (size_t a = 0; a < rows.size() && !replaced; ++a) {
      for (size_t b = a + 1; b < rows.size() && !replaced; ++b) {
        if (a == i || b == i) continue;
        replaced = Replace(table, static_cast<size_t>(rows[a]), static_cast<size_t>(rows[b]), static_cast<size_t>(rows[i]));
      }
    }
    if (replaced) {
      rows.erase(rows.begin() + static_cast<ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return rows;
}

UsefulOptions::UsefulOptions(const Problem& problem) : UsefulOptions(problem, UsefulRows(*problem.options)) {}

UsefulOptions::UsefulOptions(const Problem& problem, std::vector<int32_t> rows)
    : rows_(std::move(rows)), model_(KeepRows(*problem.options, rows_).In(problem)) {}

void UsefulOptions::BestSoFar::Offer(size_t first, size_t count, const double* latency, const double* frames) {
  const double* const accuracy = model_.accuracy().data() + first;
  double value[SlotModel::kBlock];
  size_t i = BestOf(score_.k / seen_.frames, frames, score_.latency, latency, score_.accuracy, accuracy, count, value);
  if (seen_.uplink_bits <= 0) {
    for (size_t j = 0; j < count; ++j) {
      if (!SlotModel::Runs(seen_, model_.Cost(first + j))) value[j] = -std::numeric_limits<double>::infinity();
    }
    i = FirstGreatest(value, count);
  }
  if (i == count || !(value[i] > best_)) return;
  best_ = value[i];
  choice_.index = static_cast<int32_t>(first + i);
  choice_.point = {frames[i] / seen_.frames, latency[i], accuracy[i]};
}

UsefulOptions::Choice UsefulOptions::Best(const Observation& seen, const Score& score) const {
  BestSoFar best(*this, seen, score);
  model_.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    best.Offer(first, count, latency, frames);
  });
  return best.choice();
}

}   // namespace partway::policy
