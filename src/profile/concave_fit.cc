#include "profile/concave_fit.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/status.h"

namespace partway::profile {
namespace {

using Column = std::vector<double>;

double Dot(const Column& a, const Column& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// Least squares over the chosen columns, which are linearly independent: modified Gram-Schmidt, then back substitution.
std::vector<double> SolveOver(const std::vector<Column>& columns, const std::vector<size_t>& chosen, const Column& target) {
  const size_t k = chosen.size();
  std::vector<Column> q;
  std::vector<std::vector<double>> r(k, std::vector<double>(k, 0));
  std::vector<double> projected(k);
  Column rest = target;
  for (size_t i = 0; i < k; ++i) {
    Column v = columns[chosen[i]];
    for (size_t j = 0; j < i; ++j) {
      r[j][i] = Dot(q[j], v);
      for (size_t t = 0; t < v.size(); ++t) v[t] -= r[j][i] * q[j][t];
    }
    r[i][i] = std::sqrt(Dot(v, v));
    for (double& value : v) value /= r[i][i];
    projected[i] = Dot(v, rest);
    for (size_t t = 0; t < v.size(); ++t) rest[t] -= projected[i] * v[t];
    q.push_back(std::move(v));
  }
  std::vector<double> solution(k);
  for (size_t i = k; i-- > 0;) {
    double sum = projected[i];
    for (size_t j = i + 1; j < k; ++j) sum -= r[i][j] * solution[j];
    solution[i] = sum / r[i][i];
  }
  return solution;
}

// Lawson and Hanson's NNLS: min |target - sum_j b_j column_j|^2 over b >= 0. Columns have length 1, so that one tolerance serves all.
std::vector<double> NonNegativeLeastSquares(const std::vector<Column>& columns, const Column& target) {
  const double tolerance = 1e-12 * std::sqrt(Dot(target, target));
  std::vector<double> b(columns.size(), 0);
  std::vector<size_t> passive;   // columns whose weight may be above 0, ascending
  Column residual = target;
  const auto update_residual = [&] {
    residual = target;
    for (const size_t j : passive) {
      for (size_t t = 0; t < residual.size(); ++t) residual[t] -= b[j] * columns[j][t];
    }
  };
  // Each round lowers the error and so meets another set of columns; rounding alone could make it circle, which the bound ends.
  for (size_t round = 0; round < 10 * columns.size() + 10; ++round) {
    size_t best = columns.size();
    double steepest = tolerance;
    for (size_t j = 0; j < columns.size(); ++j) {
      if (std::binary_search(passive.begin(), passive.end(), j)) continue;
      const double slope = Dot(columns[j], residual);
      if (slope > steepest) steepest = slope, best = j;
    }
    if (best == columns.size()) break;
    passive.insert(std::lower_bound(passive.begin(), passive.end(), best), best);
    for (;;) {
      const std::vector<double> trial = SolveOver(columns, passive, target);
      double step = 1;
      size_t blocking = columns.size();   // the column that first falls to 0 on the way to the trial
      for (size_t i = 0; i < passive.size(); ++i) {
        const double now = b[passive[i]];
        if (trial[i] > 0 || now / (now - trial[i]) >= step) continue;
        step = now / (now - trial[i]);
        blocking = passive[i];
      }
      for (size_t i = 0; i < passive.size(); ++i)
        b[passive[i]] = std::max(0.0, b[passive[i]] + step * (trial[i] - b[passive[i]]));
      if (blocking == columns.size()) break;
      b[blocking] = 0;
      std::erase(passive, blocking);   // one less each time, so the loop ends
      if (passive.empty()) break;
    }
    update_residual();
  }
  return b;
}

struct Merged {
  double sum = 0, weight = 0;   // of weighted y
};

}   // namespace

absl::StatusOr<std::vector<double>> ConcaveIncreasingFit(std::span<const FitPoint> points) {
  if (points.empty() || points.size() > kMaxFitPoints)
    return InvalidArgument("a fit needs 1 to ", kMaxFitPoints, " points, got ", points.size());
  std::map<double, Merged> merged;
  double weight_sum = 0, mean = 0;
  for (const FitPoint& p : points) {
    if (!std::isfinite(p.x) || !std::isfinite(p.y) || !std::isfinite(p.weight) || p.weight <= 0)
      return InvalidArgument("a fit needs finite points of weight above 0, got (", p.x, ", ", p.y, ") of weight ", p.weight);
    merged[p.x].sum += p.weight * p.y;
    merged[p.x].weight += p.weight;
    weight_sum += p.weight;
    mean += p.weight * p.y;
  }
  mean /= weight_sum;

  // Weighted and freed of the constant: each row times sqrt(weight), each column less its weighted mean.
  const double first = merged.begin()->first;
  std::vector<double> x, root;
  Column target;
  for (const auto& [at, m] : merged) {
    x.push_back(at - first);
    root.push_back(std::sqrt(m.weight));
    target.push_back((m.sum / m.weight - mean) * root.back());
  }
  std::vector<Column> columns;
  std::vector<double> scale, centre;   // of column j - 1, the ramp that ends at x_j
  for (size_t j = 1; j < x.size(); ++j) {
    double average = 0;
    for (size_t i = 0; i < x.size(); ++i) average += root[i] * root[i] * std::min(x[i], x[j]);
    average /= weight_sum;
    Column column;
    for (size_t i = 0; i < x.size(); ++i) column.push_back((std::min(x[i], x[j]) - average) * root[i]);
    const double length = std::sqrt(Dot(column, column));
    for (double& value : column) value /= length;
    columns.push_back(std::move(column));
    scale.push_back(length);
    centre.push_back(average);
  }
  const std::vector<double> b = NonNegativeLeastSquares(columns, target);
  std::map<double, double> fitted;
  size_t i = 0;
  for (const auto& [at, m] : merged) {
    double value = mean;
    for (size_t j = 1; j < x.size(); ++j) value += b[j - 1] / scale[j - 1] * (std::min(x[i], x[j]) - centre[j - 1]);
    fitted[at] = value;
    ++i;
  }
  std::vector<double> values;
  for (const FitPoint& p : points) values.push_back(fitted[p.x]);
  return values;
}

absl::StatusOr<std::optional<AccuracyFit>> FitOf(const AccuracyTable& table) {
  std::vector<FitPoint> points;
  for (const AccuracyRow& row : table.rows) {
    if (row.cut != -1 || row.codec != "raw") continue;
    points.push_back({static_cast<double>(row.height) * row.width, row.Share(), static_cast<double>(row.n)});
  }
  if (points.empty()) return std::optional<AccuracyFit>();
  ASSIGN_OR_RETURN(const std::vector<double> values, ConcaveIncreasingFit(points));
  AccuracyFit fit;
  std::map<int, double> by_pixels;
  for (size_t i = 0; i < points.size(); ++i) {
    by_pixels[static_cast<int>(points[i].x)] = values[i];
    fit.worst_residual = std::max(fit.worst_residual, std::abs(points[i].y - values[i]));
  }
  for (const auto& [pixels, value] : by_pixels) {
    fit.pixels.push_back(pixels);
    fit.accuracy.push_back(value);
  }
  return std::optional<AccuracyFit>(std::move(fit));
}

}   // namespace partway::profile
