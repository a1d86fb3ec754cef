#include "policy/mean_lp.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace partway::policy {
namespace {

constexpr double kTiny = 1e-11;         // of a pivot, and of an improvement that is one
constexpr double kGap = 1e-11;          // between what the prices promise and what the master has
constexpr size_t kMostColumns = 4000;   // far beyond what any case here needs (tens)
constexpr int kMostPivots = 400;

}   // namespace

MeanMaster::Row MeanMaster::ColumnOf(size_t index) const {
  if (index == 0) return {0, 1, 0};
  if (index == 1) return {0, 0, 1};
  if (index == 2) return {0, -1, 0};
  if (index == 3) return {0, 0, -1};
  const MeanPoint& p = columns_[index];
  return {1, p.latency_s / scale_s_, -p.accuracy};
}

double MeanMaster::ObjectiveOf(size_t index) const {
  if (index >= kSlacks) return objective_.Of(columns_[index]);
  return index == 2 ? -latency_penalty_ : index == 3 ? -accuracy_penalty_ : 0;
}

void MeanMaster::Start(const MeanPoint& feasible, const Score& objective, double max_latency_s, double min_accuracy) {
  columns_.resize(kSlacks);
  columns_.push_back(feasible);
  basis_ = {kSlacks, 0, 1};
  latency_penalty_ = accuracy_penalty_ = 0;
  rhs_[0] = 1;
  rhs_[2] = -std::min(min_accuracy, feasible.accuracy);
  Change(objective, std::max(max_latency_s, feasible.latency_s));
}

void MeanMaster::StartElastic(const MeanPoint& any, const Score& objective, double max_latency_s, double min_accuracy,
                              double latency_penalty, double accuracy_penalty) {
  columns_.resize(kSlacks);
  columns_.push_back(any);
  basis_ = {kSlacks, any.latency_s <= max_latency_s ? size_t{0} : 2, any.accuracy >= min_accuracy ? size_t{1} : 3};
  latency_penalty_ = latency_penalty;
  accuracy_penalty_ = accuracy_penalty;
  rhs_[0] = 1;
  rhs_[2] = -min_accuracy;
  Change(objective, max_latency_s);
}

void MeanMaster::Change(const Score& objective, double max_latency_s) {
  objective_ = objective;
  scale_s_ = max_latency_s;
  rhs_[1] = 1;
  Factor();
}

size_t MeanMaster::Add(const MeanPoint& column) {
  columns_.push_back(column);
  return columns_.size() - kSlacks - 1;
}

// Inverse of the basis by cofactors, the solution and the duals. The basis is built afresh every time, so nothing drifts.
void MeanMaster::Factor() {
  std::array<Row, kRows> b;   // b[j]: column j
  for (size_t j = 0; j < kRows; ++j) b[j] = ColumnOf(basis_[j]);
  const auto cross = [](const Row& u, const Row& v) {
    return Row{u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
  };
  inverse_ = {cross(b[1], b[2]), cross(b[2], b[0]), cross(b[0], b[1])};
  const double determinant = b[0][0] * inverse_[0][0] + b[0][1] * inverse_[0][1] + b[0][2] * inverse_[0][2];
  dual_ = {0, 0, 0};
  for (size_t j = 0; j < kRows; ++j) {
    x_[j] = 0;
    for (size_t i = 0; i < kRows; ++i) {
      inverse_[j][i] /= determinant;
      x_[j] += inverse_[j][i] * rhs_[i];
    }
    const double worth = ObjectiveOf(basis_[j]);
    for (size_t i = 0; i < kRows; ++i) dual_[i] += worth * inverse_[j][i];
  }
  // Two averages in the basis may differ by little; one step of refinement makes up for the inverse's rounding.
  Row missing_rhs = rhs_, missing_dual{};
  for (size_t j = 0; j < kRows; ++j) {
    missing_dual[j] = ObjectiveOf(basis_[j]);
    for (size_t i = 0; i < kRows; ++i) {
      missing_rhs[i] -= b[j][i] * x_[j];
      missing_dual[j] -= dual_[i] * b[j][i];
    }
  }
  for (size_t j = 0; j < kRows; ++j) {
    for (size_t i = 0; i < kRows; ++i) {
      x_[j] += inverse_[j][i] * missing_rhs[i];
      dual_[i] += missing_dual[j] * inverse_[j][i];
    }
  }
  level_ = dual_[0];
}

void MeanMaster::Optimize() {
  for (int pivot = 0; pivot < kMostPivots; ++pivot) {
    // Dantzig's rule; after many pivots Bland's, which cannot cycle.
    const bool first = pivot > kMostPivots / 2;
    size_t enter = columns_.size();
    double most = kTiny * (1 + std::abs(level_));
    for (size_t j = 0; j < columns_.size(); ++j) {
      if ((j == 2 && latency_penalty_ == 0) || (j == 3 && accuracy_penalty_ == 0)) continue;
      if (std::find(basis_.begin(), basis_.end(), j) != basis_.end()) continue;
      const Row a = ColumnOf(j);
      const double gain = ObjectiveOf(j) - dual_[0] * a[0] - dual_[1] * a[1] - dual_[2] * a[2];
      if (gain <= most) continue;
      enter = j;
      most = gain;
      if (first) break;
    }
    if (enter == columns_.size()) return;
    const Row a = ColumnOf(enter);
    size_t leave = kRows;
    double step = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < kRows; ++i) {
      const double rate = inverse_[i][0] * a[0] + inverse_[i][1] * a[1] + inverse_[i][2] * a[2];
      if (rate <= kTiny) continue;
      const double limit = std::max(x_[i], 0.0) / rate;
      if (limit < step || (limit == step && basis_[i] < basis_[leave])) {
        step = limit;
        leave = i;
      }
    }
    if (leave == kRows) return;   // only rounding makes a mixture unbounded
    basis_[leave] = enter;
    Factor();
  }
}

double MeanMaster::value() const {
  double value = 0;
  for (size_t i = 0; i < kRows; ++i) value += ObjectiveOf(basis_[i]) * std::max(x_[i], 0.0);
  return value;
}

Score MeanMaster::prices() const {
  const double lambda = std::max(dual_[1], 0.0) / scale_s_, mu = std::max(dual_[2], 0.0);
  return {objective_.k, objective_.latency - lambda, objective_.accuracy + mu};
}

MeanMaster::Basis MeanMaster::basis() const {
  Basis basis;
  for (size_t i = 0; i < kRows; ++i) {
    if (basis_[i] >= kSlacks) basis.part[basis.count++] = {basis_[i] - kSlacks, std::max(x_[i], 0.0)};
  }
  return basis;
}

std::vector<MeanMaster::Part> MeanMaster::parts() const {
  std::vector<Part> parts;
  for (const Part& part : basis()) {
    if (part.share > 0) parts.push_back(part);
  }
  return parts;
}

namespace {

// Adds columns until none improves. Returns what the prices promise at most.
double Generate(const BestAverage& best, MeanMaster* master, std::vector<MeanPoint>* points, std::vector<Score>* scores) {
  double promised = std::numeric_limits<double>::infinity();
  while (true) {
    master->Optimize();
    const Score prices = master->prices();
    const MeanPoint point = best(prices);
    const double gain = prices.Of(point) - master->level();
    promised = std::min(promised, master->value() + std::max(gain, 0.0));
    if (gain <= kGap * (1 + std::abs(master->level())) || points->size() >= kMostColumns) return promised;
    // Without a new average only rounding is left.
    if (point == points->back()) return promised;
    master->Add(point);
    points->push_back(point);
    scores->push_back(prices);
  }
}

}   // namespace

MeanOptimum SolveMean(const BestAverage& best, double max_latency_s, double min_accuracy) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kRounding = 1e-12;
  MeanOptimum optimum;
  MeanMaster master;
  std::vector<MeanPoint> points;
  std::vector<Score> scores;
  const auto begin = [&](const Score& score) {
    scores = {score};
    points = {best(score)};
    return points[0];
  };

  const MeanPoint fastest = begin({0, -1, 0});
  if (fastest.latency_s <= max_latency_s * (1 + kRounding)) {
    master.Start(fastest, {0, 0, 1}, max_latency_s, 0);
    Generate(best, &master, &points, &scores);
    optimum.best_accuracy = master.value();
  }

  const MeanPoint most_accurate = begin({0, 0, 1});
  if (most_accurate.accuracy < min_accuracy - kRounding) {
    optimum.least_latency_s = kInfinity;
    return optimum;
  }
  master.Start(most_accurate, {0, -1, 0}, 2 * most_accurate.latency_s + max_latency_s, min_accuracy);   // latency free
  Generate(best, &master, &points, &scores);
  optimum.least_latency_s = -master.value();
  if (optimum.least_latency_s > max_latency_s * (1 + kRounding)) return optimum;

  optimum.feasible = true;
  master.Change({1, 0, 0}, std::max(max_latency_s, optimum.least_latency_s));
  optimum.k_above = Generate(best, &master, &points, &scores);
  optimum.prices = master.prices();
  for (const MeanMaster::Part& part : master.parts()) {
    optimum.parts.push_back({scores[part.column], part.share});
    const MeanPoint& p = points[part.column];
    optimum.mean.k += part.share * p.k;
    optimum.mean.latency_s += part.share * p.latency_s;
    optimum.mean.accuracy += part.share * p.accuracy;
  }
  return optimum;
}

}   // namespace partway::policy
