#include "graph/choose_positions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace partway::graph {
namespace {

constexpr int kBuckets = 256;
constexpr double kNear = 0.05;           // of the work, to either side
constexpr double kBoundaryFee = 0.004;   // 16 even groups instead of 15 save 0.0042
constexpr double kSizeFee = 0.01;        // per doubling
constexpr double kValueFee = 0.02;       // per value beyond the first
constexpr int kWeightSteps = 10;         // of bisection, for the weight of the run cost

// Larger frontiers cost more. Sizes not known count by their number of values.
double LogSize(const Candidate& c) {
  return std::log2(static_cast<double>(std::max<int64_t>(c.bytes < 0 ? c.values : c.bytes, 1)));
}

// Lower is better; of equals the later, behind the activation that ends a layer.
bool Better(const Candidate& a, const Candidate& b) {
  const double fee_a = kSizeFee * LogSize(a) + kValueFee * (a.values - 1),
               fee_b = kSizeFee * LogSize(b) + kValueFee * (b.values - 1);
  return fee_a != fee_b ? fee_a < fee_b : a.position > b.position;
}

std::vector<Candidate> Thin(const std::vector<Candidate>& all) {
  std::vector<Candidate> best;
  int bucket = -1;
  for (const Candidate& c : all) {
    const int b = std::min(kBuckets - 1, static_cast<int>(c.share * kBuckets));
    if (b != bucket)
      best.push_back(c);
    else if (Better(c, best.back()))
      best.back() = c;
    bucket = b;
  }
  return best;
}

// The fees that do not depend on the run cost.
std::vector<double> Fees(const std::vector<Candidate>& c) {
  const int m = static_cast<int>(c.size());
  std::vector<double> fees(m);
  for (int i = 0; i < m; ++i) {
    double smallest = LogSize(c[i]);
    for (int j = i - 1; j >= 0 && c[i].share - c[j].share <= kNear; --j) smallest = std::min(smallest, LogSize(c[j]));
    for (int j = i + 1; j < m && c[j].share - c[i].share <= kNear; ++j) smallest = std::min(smallest, LogSize(c[j]));
    fees[i] = kBoundaryFee + kSizeFee * (LogSize(c[i]) - smallest) + kValueFee * (c[i].values - 1);
  }
  return fees;
}

// The indices into `c` that minimise the sum of squared shares plus fees.
std::vector<int> Cheapest(const std::vector<Candidate>& c, const std::vector<double>& fee, const AutoRules& rules) {
  const int m = static_cast<int>(c.size());
  // cost[g][i]: the cheapest way to end group g at candidate i; m stands for the end of the graph.
  constexpr double kNever = std::numeric_limits<double>::infinity();
  std::vector<std::vector<double>> cost(rules.max_groups, std::vector<double>(m + 1, kNever));
  std::vector<std::vector<int>> from(rules.max_groups, std::vector<int>(m + 1, -1));
  const auto share = [&](int i) { return i == m ? 1.0 : c[i].share; };
  const auto group = [&](double s) { return s * s; };
  for (int i = 0; i <= m; ++i) {
    if (share(i) >= rules.min_share || i == m) cost[0][i] = group(share(i)) + (i < m ? fee[i] : 0);
  }
  for (int g = 1; g < rules.max_groups; ++g) {
    for (int i = 1; i <= m; ++i) {
      for (int j = 0; j < i; ++j) {
        const double s = share(i) - share(j);
        if (s < rules.min_share || cost[g - 1][j] == kNever) continue;
        const double total = cost[g - 1][j] + group(s) + (i < m ? fee[i] : 0);
        if (total < cost[g][i]) {
          cost[g][i] = total;
          from[g][i] = j;
        }
      }
    }
  }
  int g = 0;
  for (int k = 1; k < rules.max_groups; ++k) {
    if (cost[k][m] < cost[g][m]) g = k;
  }
  std::vector<int> chosen;
  for (int i = m; g > 0; --g) {
    i = from[g][i];
    chosen.push_back(i);
  }
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

}   // namespace

std::vector<int> ChooseAuto(const std::vector<Candidate>& candidates, const AutoRules& rules) {
  const std::vector<Candidate> c = Thin(candidates);
  const std::vector<double> fees = Fees(c);
  const auto choose = [&](double weight) {
    std::vector<double> weighted = fees;
    for (size_t i = 0; i < c.size(); ++i) weighted[i] += weight * c[i].run_cost;
    return Cheapest(c, weighted, rules);
  };
  const auto affordable = [&](const std::vector<int>& chosen) {
    double cost = 0;
    for (const int i : chosen) cost += c[i].run_cost;
    return cost <= rules.max_run_cost || static_cast<int>(chosen.size()) < rules.least_groups;
  };
  std::vector<int> chosen = choose(0);
  if (!affordable(chosen)) {
    // With this weight one boundary that alone breaks the limit costs more than cutting could ever save.
    double low = 0, high = 1 / rules.max_run_cost;
    chosen = choose(high);
    for (int step = 0; step < kWeightSteps; ++step) {
      const double middle = (low + high) / 2;
      std::vector<int> next = choose(middle);
      if (affordable(next)) {
        high = middle;
        chosen = std::move(next);
      } else {
        low = middle;
      }
    }
  }
  std::vector<int> positions;
  for (const int i : chosen) positions.push_back(c[i].position);
  return positions;
}

std::vector<int> ChooseEven(const std::vector<Candidate>& candidates, int groups) {
  std::vector<int> chosen;
  size_t begin = 0;
  for (int k = 1; k < groups && begin < candidates.size(); ++k) {
    const double target = static_cast<double>(k) / groups, half = 0.5 / groups;
    while (begin < candidates.size() && candidates[begin].share < target - half) ++begin;
    double smallest = std::numeric_limits<double>::infinity();
    size_t end = begin;
    for (; end < candidates.size() && candidates[end].share < target + half; ++end)
      smallest = std::min(smallest, LogSize(candidates[end]));
    double best_cost = std::numeric_limits<double>::infinity();
    size_t best = end;
    for (size_t i = begin; i < end; ++i) {   // half a group off weighs as much as a frontier twice the size, or as one more value
      const double off = std::abs(candidates[i].share - target) / half;
      const double cost = off * off + 0.5 * (LogSize(candidates[i]) - smallest) + (candidates[i].values - 1);
      if (cost <= best_cost) {
        best_cost = cost;
        best = i;
      }
    }
    if (best < end) {
      chosen.push_back(candidates[best].position);
      begin = best + 1;
    }
  }
  return chosen;
}

}   // namespace partway::graph
