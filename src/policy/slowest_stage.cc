#include "policy/slowest_stage.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace partway::policy {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double Dot(const std::array<double, 3>& a, const std::array<double, 3>& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

}   // namespace

SlowestStageCut::SlowestStageCut(const OperatorDag& dag) : dag_(dag), cut_(dag), best_(dag.operators.size(), 0) {
  // Prefix p has the first p operators. A tensor crosses prefixes producer + 1 .. its last consumer.
  appear_bits_.assign(dag.operators.size() + 1, 0);
  vanish_bits_.assign(dag.operators.size() + 1, 0);
  never_.assign(dag.operators.size() + 2, 0);
  for (const OperatorDag::Tensor& tensor : dag.tensors) {
    if (tensor.consumers.empty()) continue;
    const auto from = static_cast<size_t>(int64_t{tensor.producer} + 1);
    const auto last = static_cast<size_t>(*std::max_element(tensor.consumers.begin(), tensor.consumers.end()));
    if (std::isinf(tensor.bits)) {
      ++never_[from];
      --never_[last + 1];
    } else {
      appear_bits_[from] += tensor.bits;
      vanish_bits_[last + 1] += tensor.bits;
    }
  }
}

void SlowestStageCut::Consider(const std::vector<uint8_t>& set, const StageWeights& w) {
  const SetCost cost = CostOfSet(dag_, set);
  const double upload = cost.upload_bits == 0 ? 0 : cost.upload_bits * w.uplink;
  const Stages stages = {cost.device_s * w.device, upload, cost.edge_s * w.edge};
  if (!std::isfinite(upload)) return;
  found_[static_cast<size_t>(count_++)] = stages;
  const double slowest = std::max({stages[0], stages[1], stages[2]});
  if (slowest >= slowest_s_) return;
  slowest_s_ = slowest;
  std::copy(set.begin(), set.end(), best_.begin());
}

void SlowestStageCut::ConsiderPrefixes(const StageWeights& w) {
  double device = 0, edge = 0, bits = 0;
  int never = 0;
  for (const OperatorDag::Operator& op : dag_.operators) edge += op.edge_s;
  const size_t n = dag_.operators.size();
  size_t best = n + 1;
  for (size_t p = 0; p <= n; ++p) {
    if (p > 0) {
      device += dag_.operators[p - 1].device_s;
      edge = std::max(edge - dag_.operators[p - 1].edge_s, 0.0);
    }
    bits = std::max(bits + appear_bits_[p] - vanish_bits_[p], 0.0);
    never += never_[p];
    if (never > 0) continue;
    const double slowest = std::max({device * w.device, p == n ? 0 : bits * w.uplink, p == n ? 0 : edge * w.edge});
    if (slowest >= slowest_s_) continue;
    slowest_s_ = slowest;
    best = p;
  }
  if (best > n) return;
  for (size_t i = 0; i < n; ++i) best_[i] = i < best ? 1 : 0;
}

SlowestStageCut::Stages SlowestStageCut::BestWeights(double* value) const {
  Stages best = {1.0 / 3, 1.0 / 3, 1.0 / 3};
  double largest = -1;
  const auto offer = [&](const Stages& l) {
    double least = kInfinity;
    for (int j = 0; j < count_ && least > largest; ++j) least = std::min(least, Dot(l, found_[static_cast<size_t>(j)]));
    if (least <= largest) return;
    largest = least;
    best = l;
  };
  for (size_t i = 0; i < 3; ++i) {
    Stages corner{};
    corner[i] = 1;
    offer(corner);
  }
  for (int p = 0; p < count_; ++p) {
    for (int q = p + 1; q < count_; ++q) {
      Stages u;
      for (size_t i = 0; i < 3; ++i) u[i] = found_[static_cast<size_t>(p)][i] - found_[static_cast<size_t>(q)][i];
      // On each side of the simplex the point where both are equal.
      for (size_t i = 0; i < 3; ++i) {
        const size_t j = (i + 1) % 3;
        const double x = u[j] / (u[j] - u[i]);   // of l_i; l_j = 1 - x
        if (!(x > 0 && x < 1)) continue;
        Stages l{};
        l[i] = x;
        l[j] = 1 - x;
        offer(l);
      }
      // And inside it, where three are.
      for (int r = q + 1; r < count_; ++r) {
        Stages v;
        for (size_t i = 0; i < 3; ++i) v[i] = found_[static_cast<size_t>(p)][i] - found_[static_cast<size_t>(r)][i];
        Stages l = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
        const double sum = l[0] + l[1] + l[2];
        if (sum == 0) continue;
        for (double& part : l) part /= sum;
        if (l[0] > 0 && l[1] > 0 && l[2] > 0) offer(l);
      }
    }
  }
  *value = largest;
  return best;
}

const std::vector<uint8_t>& SlowestStageCut::Solve(const StageWeights& w) {
  count_ = rounds_ = 0;
  slowest_s_ = kInfinity;
  bound_s_ = 0;
  std::fill(best_.begin(), best_.end(), 1);
  Consider(best_, w);   // all on the device
  ConsiderPrefixes(w);
  Stages l = {1.0 / 3, 1.0 / 3, 1.0 / 3};
  double reach = kInfinity;   // the largest value that g may have, by what was found
  while (rounds_ < kRounds) {
    ++rounds_;
    Consider(cut_.Solve({l[0] * w.device, l[2] * w.edge, l[1] * w.uplink, 0}), w);
    const double g = Dot(l, found_[static_cast<size_t>(count_ - 1)]);
    bound_s_ = std::max(bound_s_, g);
    if (g >= reach * (1 - 1e-9) || bound_s_ >= slowest_s_ * (1 - 1e-9)) break;
    l = BestWeights(&reach);
  }
  return best_;
}

}   // namespace partway::policy
