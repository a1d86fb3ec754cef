#include "policy/mix_slot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/slot_kernels.h"

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
  single_ = options_.Best(seen, score);
  if (single_.index < 0) return best;
  best.frames = SingleFrames(seen);
  best.count = 1;
  best.index[0] = single_.index;
  best.share[0] = 1;
  best.point = single_.point;
  value = score.Of(best.point);

  Load(seen, score);
  if (count_ == 0) return best;
  basis_[0] = FirstGreatest(worth_.data(), count_);
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
  const Row row = inverse_[leave], dual = dual_;   // 0 beyond the rows that count
  DualRatios(dual.data(), row.data(), use_[1].data(), use_[2].data(), use_[3].data(), worth_.data(), count_, reduced_.data());
  const size_t option = FirstGreatest(reduced_.data(), count_);
  double least = option < count_ ? -reduced_[option] : kInfinity;
  size_t enter = option < count_ ? option : count_ + kMostRows;
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

// Rounding both down leaves room for a frame or two on device and link, which other options may fill better than those of the mixture. So
// each start (the floors, and the floors with one frame less of each option) is filled up, as long as that is worth it, by the most valuable
// option that still fits.
Decision MixSlot::WholeFrames(const Observation& seen, const Score& score) {
  const Mix mix = Best(seen, score);
  if (mix.count == 0) return {};
  Decision best = Decision::Of(options_.row(static_cast<size_t>(single_.index)), SingleFrames(seen));
  if (mix.count == 1) return best;
  double most = score.Of(single_.point);
  for (int less = -1; less < mix.count; ++less) {
    Fill fill;
    fill.left = {0, 1, 1, rows_ > 3 ? 1 : kInfinity};
    for (int i = 0; i < mix.count; ++i) {
      const auto at = static_cast<size_t>(i);
      const int floor = static_cast<int>(mix.share[at] * mix.frames + 1e-9);
      AddFrames(mix.place[at], i == less ? floor - 1 : floor, &fill);
    }
    while (fill.frames < seen.frames && fill.count < Decision::kMost) {
      const size_t next = MostValuable(fill.left);
      if (next == count_) break;
      const double now = fill.frames == 0 ? -kInfinity : fill.worth / fill.frames + score.k * fill.frames / seen.frames;
      const double then = (fill.worth + worth_[next]) / (fill.frames + 1) + score.k * (fill.frames + 1) / seen.frames;
      if (then <= now) break;
      AddFrames(next, 1, &fill);
    }
    if (fill.frames == 0) continue;
    const double value = fill.worth / fill.frames + score.k * fill.frames / seen.frames;
    if (value <= most) continue;
    most = value;
    best = {};
    for (int i = 0; i < fill.count; ++i) {
      const auto at = static_cast<size_t>(i);
      best.Add({options_.row(static_cast<size_t>(index_[fill.place[at]])), fill.each[at]});
    }
  }
  return best;
}

int MixSlot::SingleFrames(const Observation& seen) const { return static_cast<int>(std::lround(single_.point.k * seen.frames)); }

void MixSlot::AddFrames(size_t place, int frames, Fill* fill) const {
  if (frames <= 0) return;
  fill->frames += frames;
  fill->worth += frames * worth_[place];
  for (size_t r = 1; r < rows_; ++r) fill->left[r] -= frames * use_[r][place];
  int i = 0;
  while (i < fill->count && fill->place[static_cast<size_t>(i)] != place) ++i;
  const auto at = static_cast<size_t>(i);
  if (i == fill->count) {
    fill->place[at] = place;
    fill->each[at] = 0;
    ++fill->count;
  }
  fill->each[at] += frames;
}

// Among those of which a frame fits into what is left; count_ if there is none.
size_t MixSlot::MostValuable(const Row& left) {
  WorthOfFitting(left.data(), use_[1].data(), use_[2].data(), use_[3].data(), worth_.data(), count_, reduced_.data());
  return FirstGreatest(reduced_.data(), count_);
}

}   // namespace partway::policy
