#include "cost/pareto.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "cost/predict.h"

namespace partway::cost {
namespace {

constexpr int kCriteria = 4;
struct Point {
  size_t row;
  std::array<double, kCriteria> loss;   // smaller is better; 0 for all rows where a criterion does not count
};

bool AtLeastAsGood(const Point& a, const Point& b) {
  for (int i = 0; i < kCriteria; ++i) {
    if (a.loss[i] > b.loss[i]) return false;
  }
  return true;
}

}   // namespace

std::vector<size_t> ParetoSet(const OptionTable& table, std::span<const size_t> rows, const State& state,
                              const PowerModel* power) {
  const bool accuracy_known = std::none_of(rows.begin(), rows.end(), [&](size_t row) { return std::isnan(table.accuracy[row]); });
  std::vector<Point> points;
  points.reserve(rows.size());
  for (const size_t row : rows) {
    const Prediction p = Predict(table, row, state, power);
    points.push_back(
        {row, {p.latency_s, p.period_s, power == nullptr ? 0 : p.energy_j, accuracy_known ? -table.accuracy[row] : 0}});
  }
  // In lexicographic order a point can only be dominated by one before it.
  std::sort(points.begin(), points.end(), [&](const Point& a, const Point& b) {
    return a.loss != b.loss ? a.loss < b.loss : table.rank[a.row] < table.rank[b.row];
  });
  std::vector<Point> kept;
  for (const Point& point : points) {
    if (std::none_of(kept.begin(), kept.end(), [&](const Point& other) { return AtLeastAsGood(other, point); }))
      kept.push_back(point);
  }
  std::vector<size_t> result;
  for (const Point& point : kept) result.push_back(point.row);
  return result;
}

}   // namespace partway::cost
