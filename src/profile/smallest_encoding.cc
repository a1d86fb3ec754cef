#include "profile/smallest_encoding.h"

#include <map>
#include <tuple>

namespace partway::profile {

std::vector<AccuracyRow> SmallestWithin(const AccuracyTable& table, double within) {
  constexpr double kRounding = 1e-9;   // 0.92 - 0.91 is a little more than 0.01
  std::map<std::tuple<int64_t, int, int>, const AccuracyRow*> best;
  for (const AccuracyRow& row : table.rows) {
    if (row.cut < 0 || !row.change || *row.change < -within - kRounding) continue;
    const AccuracyRow*& at = best[{int64_t{row.height} * row.width, row.height, row.cut}];
    if (at == nullptr || row.bytes < at->bytes || (row.bytes == at->bytes && *row.change > *at->change)) at = &row;
  }
  std::vector<AccuracyRow> rows;
  for (const auto& [key, row] : best) rows.push_back(*row);
  return rows;
}

}   // namespace partway::profile
