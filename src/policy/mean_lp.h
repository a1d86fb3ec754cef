// The linear programme behind the optimum: what time averages of (k, latency, accuracy) can be reached by playing in every slot one of
// its points, and which of them has the most of an objective while mean latency <= r_th and mean accuracy >= c_th.
//
// A trace of T slots with n points each gives n^T averages, but whoever knows prices (lambda for latency, mu for accuracy) finds the best
// of them slot by slot: argmax k - lambda R + mu C. So the programme is solved by column generation (Dantzig and Wolfe, 1960): a master of
// three rows (shares sum to 1, latency, accuracy) over the averages found so far gives prices; the prices give a new average; it ends when
// no average is worth more than the master's own. This is the cutting-plane method on the dual in (lambda, mu), and the master's basis, at
// most three averages with their shares, is the primal solution that goes with it.
//
// Not thread-safe. Does not allocate after Reserve unless more columns are added than that.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

namespace partway::policy {

// k, latency in seconds and accuracy: of one slot's option, or averages of them.
struct MeanPoint {
  double k = 0, latency_s = 0, accuracy = 0;
  bool operator==(const MeanPoint&) const = default;
};

// What a unit of each is worth.
struct Score {
  double k = 0, latency = 0, accuracy = 0;
  double Of(const MeanPoint& p) const { return k * p.k + latency * p.latency_s + accuracy * p.accuracy; }
};

// The master: greatest objective over mixtures of columns that keep both constraints, by the primal simplex method with a basis of three.
class MeanMaster {
 public:
  void Reserve(size_t columns) { columns_.reserve(columns + kSlacks); }
  // Forgets all columns and begins with one that keeps both constraints (up to rounding).
  void Start(const MeanPoint& feasible, const Score& objective, double max_latency_s, double min_accuracy);
  // Forgets all columns and begins with any one. Both constraints may be broken: by their whole latency at `latency_penalty` of the objective
  // (which is k), by an accuracy of 1 at `accuracy_penalty`.
  void StartElastic(const MeanPoint& any, const Score& objective, double max_latency_s, double min_accuracy,
                    double latency_penalty, double accuracy_penalty);
  // The same columns and basis under another objective and latency constraint. The basis must stay feasible.
  void Change(const Score& objective, double max_latency_s);
  // Index of the new column.
  size_t Add(const MeanPoint& column);
  // To the optimum over the columns there are.
  void Optimize();

  double value() const;
  // Objective plus prices: what a unit of each is worth under the constraints. A column of a greater score than `level` would improve.
  Score prices() const;
  double level() const { return level_; }
  size_t size() const { return columns_.size() - kSlacks; }

  struct Part {
    size_t column = 0;
    double share = 0;
  };
  // The at most three columns of the solution.
  std::vector<Part> parts() const;
  // Those in the basis, with shares of 0 too.
  struct Basis {
    std::array<Part, 3> part{};
    size_t count = 0;
    const Part* begin() const { return part.data(); }
    const Part* end() const { return part.data() + count; }
  };
  Basis basis() const;

 private:
  static constexpr size_t kRows = 3, kSlacks = 4;
  using Row = std::array<double, kRows>;

  Row ColumnOf(size_t index) const;
  double ObjectiveOf(size_t index) const;
  void Factor();

  std::vector<MeanPoint> columns_;   // the first two stand for the slacks of latency and accuracy, the next two for breaking them
  double latency_penalty_ = 0, accuracy_penalty_ = 0;   // 0: the constraints are not to be broken
  std::array<size_t, kRows> basis_{};
  std::array<Row, kRows> inverse_{};
  Row x_{}, rhs_{}, dual_{};
  Score objective_;
  double scale_s_ = 1, level_ = 0;
};

// The average of greatest score over all slots.
using BestAverage = std::function<MeanPoint(const Score&)>;

struct MeanOptimum {
  bool feasible = false;
  MeanPoint mean;               // of the solution; k is the greatest there is
  double k_above = 0;           // no average that keeps the constraints has more: equal to mean.k up to the solver's 1e-10
  Score prices;                 // {1, -lambda, mu}
  double least_latency_s = 0;   // at min_accuracy; infinite where no average is that accurate
  double best_accuracy = 0;     // at max_latency_s; 0 where no average is that fast
  // The solution as shares of the averages that these scores lead to.
  struct Part {
    Score score;
    double share = 0;
  };
  std::vector<Part> parts;
};

MeanOptimum SolveMean(const BestAverage& best, double max_latency_s, double min_accuracy);

}   // namespace partway::policy
