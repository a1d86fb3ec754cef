#include "policy/mix_slot.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace partway::policy {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTiny = 1e-12;
constexpr int kMostPivots = 64;   // pieces of a slot: rarely ten

}   // namespace

MixSlot::MixSlot(const Problem& problem) : options_(problem), rows_(problem.edge_limits_frames ? 4 : 3), slot_s_(problem.slot_s) {
  index_.resize(options_.size());
  latency_.resize(options_.size());
  worth_.resize(options_.size());
  reduced_.resize(options_.size());
  for (size_t r = 1; r < kMostRows; ++r) use_[r].resize(options_.size());
}

// The options of which at least one frame fits into the slot.
void MixSlot::Load(const Observation& seen, const Score& score) {
  const SlotModel& model = options_.model();
  const double device = seen.weights[cost::kDevice] / (slot_s_ * kWholeShare),
               edge = seen.weights[cost::kEdge] / (slot_s_ * kWholeShare);
  const double link = seen.uplink_bits > 0 ? 1 / (seen.uplink_bits * kWholeShare) : 0;
  count_ = 0;
  model.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    const double* const device_s = model.coefficient(cost::kDevice).data() + first;
    const double* const bits = model.coefficient(cost::kUplink).data() + first;
    const double* const edge_s = model.coefficient(cost::kEdge).data() + first;
    const double* const accuracy = model.accuracy().data() + first;
    for (size_t i = 0; i < count; ++i) {
      // Written whether it counts or not: no branch.
      index_[count_] = static_cast<int32_t>(first + i);
      latency_[count_] = latency[i];
      worth_[count_] = score.latency * latency[i] + score.accuracy * accuracy[i];
      use_[1][count_] = device * device_s[i];
      use_[2][count_] = link * bits[i];
      use_[3][count_] = edge * edge_s[i];
      count_ += frames[i] >= 1 ? 1 : 0;
    }
  });
}

MixSlot::Mix MixSlot::Best(const Observation& seen, const Score& score) {
  Mix best;
  double value = -kInfinity;
  const UsefulOptions::Choice single = options_.Best(seen, score);
  if (single.index < 0) return best;
  best.frames = static_cast<int>(std::lround(single.point.k * seen.frames));
  best.count = 1;
  best.index[0] = single.index;
  best.share[0] = 1;
  best.point = single.point;
  value = score.Of(best.point);

  Load(seen, score);
  if (count_ == 0) return best;
  basis_[0] =
      static_cast<size_t>(std::max_element(worth_.begin(), worth_.begin() + static_cast<ptrdiff_t>(count_)) - worth_.begin());
  inverse_[0] = {1, 0, 0, 0};
  for (size_t r = 1; r < rows_; ++r) {
    basis_[r] = count_ + r;
    inverse_[r] = {-use_[r][basis_[0]], 0, 0, 0};
    inverse_[r][r] = 1;
  }
  const double most = seen.frames;
  double u = kInfinity;
  for (int pivot = 0; pivot < kMostPivots; ++pivot) {
    Price();
    double next = 0;
    size_t leave = rows_;
    for (size_t i = 0; i < rows_; ++i) {
      if (slope_[i] <= kTiny || -fixed_[i] <= next * slope_[i]) continue;
      next = -fixed_[i] / slope_[i];
      leave = i;
    }
    next = std::min(next, u);
    // Whole B with 1 / u <= B <= 1 / next.
    const double last = next * most <= 1 ? most : std::floor(kWholeShare / next);
    const double first = u == kInfinity ? last : std::ceil(1 / (u * kWholeShare));
    if (first <= last) {
      if (first >= 1 && first < last) Consider(seen, score, first, &best, &value);
      if (last >= 1) Consider(seen, score, last, &best, &value);
    }
    if (last >= most || leave == rows_ || !Pivot(leave)) break;
    u = next;
  }
  return best;
}

// Solution and duals of the basis.
void MixSlot::Price() {
  dual_ = {};
  for (size_t i = 0; i < rows_; ++i) {
    fixed_[i] = inverse_[i][0];
    slope_[i] = 0;
    for (size_t r = 1; r < rows_; ++r) slope_[i] += inverse_[i][r];
    if (basis_[i] >= count_) continue;
    for (size_t r = 0; r < rows_; ++r) dual_[r] += worth_[basis_[i]] * inverse_[i][r];
  }
}

// Exchanges the variable of row `leave`, which is 0 and would fall below, for the one that keeps the prices right. False if none can be:
// no more frames fit.
bool MixSlot::Pivot(size_t leave) {
  const Row row = inverse_[leave], dual = dual_;
  const double edge_dual = rows_ > 3 ? dual[3] : 0, edge_row = rows_ > 3 ? row[3] : 0;
  const double *const device = use_[1].data(), *const link = use_[2].data(), *const edge = use_[3].data();
  const double* const worth = worth_.data();
  double* const ratio = reduced_.data();
  for (size_t j = 0; j < count_; ++j) {
    const double z = dual[0] + dual[1] * device[j] + dual[2] * link[j] + edge_dual * edge[j] - worth[j];
    const double rate = row[0] + row[1] * device[j] + row[2] * link[j] + edge_row * edge[j];
    ratio[j] = rate < -kTiny ? z / -rate : kInfinity;
  }
  double least = kInfinity;
  size_t enter = count_ + kMostRows;
  for (size_t j = 0; j < count_; ++j) {
    if (ratio[j] < least) {
      least = ratio[j];
      enter = j;
    }
  }
  for (size_t r = 1; r < rows_; ++r) {
    if (row[r] < -kTiny && dual[r] / -row[r] < least) {
      least = dual[r] / -row[r];
      enter = count_ + r;
    }
  }
  if (enter == count_ + kMostRows) return false;
  Row column{};
  for (size_t i = 0; i < rows_; ++i) {
    if (enter > count_) {
      column[i] = inverse_[i][enter - count_];
    } else {
      column[i] = inverse_[i][0];
      for (size_t r = 1; r < rows_; ++r) column[i] += inverse_[i][r] * use_[r][enter];
    }
  }
  for (size_t r = 0; r < rows_; ++r) inverse_[leave][r] /= column[leave];
  for (size_t i = 0; i < rows_; ++i) {
    if (i == leave) continue;
    for (size_t r = 0; r < rows_; ++r) inverse_[i][r] -= column[i] * inverse_[leave][r];
  }
  basis_[leave] = enter;
  return true;
}

void MixSlot::Consider(const Observation& seen, const Score& score, double frames, Mix* best, double* value) const {
  const double u = 1 / frames;
  double worth = score.k * frames / seen.frames;
  for (size_t i = 0; i < rows_; ++i) {
    if (basis_[i] < count_) worth += worth_[basis_[i]] * (fixed_[i] + u * slope_[i]);
  }
  if (worth <= *value) return;
  *value = worth;
  best->frames = static_cast<int>(frames);
  best->count = 0;
  best->point = {frames / seen.frames, 0, 0};
  for (size_t i = 0; i < rows_; ++i) {
    const double share = fixed_[i] + u * slope_[i];
    if (basis_[i] >= count_ || share <= kTiny) continue;
    const size_t j = basis_[i];
    best->index[static_cast<size_t>(best->count)] = index_[j];
    best->place[static_cast<size_t>(best->count)] = j;
    best->share[static_cast<size_t>(best->count++)] = share;
    best->point.latency_s += share * latency_[j];
    best->point.accuracy += share * options_.model().accuracy()[static_cast<size_t>(index_[j])];
  }
}

Decision MixSlot::WholeFrames(const Observation& seen, const Score& score) {
  const Mix mix = Best(seen, score);
  Decision decision;
  if (mix.count == 0) return decision;
  const UsefulOptions::Choice single = options_.Best(seen, score);
  decision =
      Decision::Of(options_.row(static_cast<size_t>(single.index)), static_cast<int>(std::lround(single.point.k * seen.frames)));
  if (mix.count == 1) return decision;
  const auto count = static_cast<size_t>(mix.count);
  double most = score.Of(single.point);
  std::array<int, Mix::kMost> least{}, step{}, frames{};
  for (size_t i = 0; i < count; ++i) least[i] = std::max(0, static_cast<int>(mix.share[i] * mix.frames) - 1);
  // Every option at one less than its share's floor, at it, one and two above.
  constexpr int kSteps = 4;
  size_t combinations = 1;
  for (size_t i = 0; i < count; ++i) combinations *= kSteps;
  for (size_t code = 0; code < combinations; ++code) {
    size_t rest = code;
    int all = 0;
    Row use{};
    double worth = 0;
    for (size_t i = 0; i < count; ++i, rest /= kSteps) {
      step[i] = least[i] + static_cast<int>(rest % kSteps);
      all += step[i];
      worth += step[i] * worth_[mix.place[i]];
      for (size_t r = 1; r < rows_; ++r) use[r] += step[i] * use_[r][mix.place[i]];
    }
    if (all == 0 || all > seen.frames || std::max({use[1], use[2], use[3]}) > 1) continue;
    worth = worth / all + score.k * all / seen.frames;
    if (worth <= most) continue;
    most = worth;
    frames = step;
    decision.count = 0;
  }
  if (decision.count > 0) return decision;
  for (size_t i = 0; i < count; ++i) {
    if (frames[i] > 0) decision.Add({options_.row(static_cast<size_t>(mix.index[i])), frames[i]});
  }
  return decision;
}

}   // namespace partway::policy
