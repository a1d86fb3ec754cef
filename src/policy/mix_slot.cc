#include "policy/mix_slot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/slot_kernels.h"

namespace partway::policy {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kTiny = 1e-12;
constexpr double kWorthMore = 0.4;   // of a frame: what whole frames must have lost for more tries
constexpr int kMostPivots = 64;      // pieces of a slot: rarely ten

}   // namespace

MixSlot::MixSlot(const Problem& problem, std::vector<int32_t> rows)
    : options_(problem, std::move(rows)), slot_s_(problem.slot_s), edge_limits_(problem.edge_limits_frames) {
  const size_t room = options_.size() + 4;
  index_.resize(room);
  latency_.resize(room);
  worth_.resize(room);
  for (size_t r = 1; r < kRows; ++r) use_[r].resize(room);
}

// The best option alone, and the options of which at least one frame fits into the slot.
void MixSlot::Load(const Observation& seen, const Score& score) {
  const SlotModel& model = options_.model();
  const MixTerms terms = {score.latency, score.accuracy, seen.weights[cost::kDevice] / (slot_s_ * kWholeShare),
                          seen.uplink_bits > 0 ? 1 / (seen.uplink_bits * kWholeShare) : 0,
                          edge_limits_ ? seen.weights[cost::kEdge] / (slot_s_ * kWholeShare) : 0};
  count_ = 0;
  UsefulOptions::BestSoFar single(options_, seen, score);
  model.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    single.Offer(first, count, latency, frames);
    const MixColumns columns = {model.accuracy().data() + first, model.coefficient(cost::kDevice).data() + first,
                                model.coefficient(cost::kUplink).data() + first, model.coefficient(cost::kEdge).data() + first};
    const size_t few = EvaluateMix(columns, terms, latency, frames, count, worth_.data() + count_, use_[1].data() + count_,
                                   use_[2].data() + count_, use_[3].data() + count_);
    std::copy_n(latency, count, latency_.data() + count_);
    for (size_t i = 0; i < count; ++i) index_[count_ + i] = static_cast<int32_t>(first + i);
    if (few > 0) {
      DropUnfit(count_, count, frames);
    } else {
      count_ += count;
    }
  });
  single_ = single.choice();
  std::fill_n(worth_.begin() + static_cast<ptrdiff_t>(count_), 4, -kInfinity);
  for (size_t r = 1; r < kRows; ++r) std::fill_n(use_[r].begin() + static_cast<ptrdiff_t>(count_), 4, 0.0);
}

void MixSlot::DropUnfit(size_t first, size_t count, const double* frames) {
  for (size_t i = 0; i < count; ++i) {
    const size_t from = first + i;
    index_[count_] = index_[from];
    latency_[count_] = latency_[from];
    worth_[count_] = worth_[from];
    for (size_t r = 1; r < kRows; ++r) use_[r][count_] = use_[r][from];
    count_ += frames[i] >= 1 ? 1 : 0;
  }
}

MixSlot::Mix MixSlot::Best(const Observation& seen, const Score& score) {
  Mix best;
  Load(seen, score);
  if (single_.index < 0) return best;
  best.frames = SingleFrames(seen);
  best.count = 1;
  best.share[0] = 1;
  best.point = single_.point;
  if (count_ == 0) return best;
  double value = score.Of(best.point);

  const size_t start = FirstGreatest(worth_.data(), count_);
  basis_.member = {start, kSlack + 1, kSlack + 2, kSlack + 3};
  inverse_ = {{{1, 0, 0, 0}, {-use_[1][start], 1, 0, 0}, {-use_[2][start], 0, 1, 0}, {-use_[3][start], 0, 0, 1}}};
  Basis solution;
  double solution_frames = 0;
  const double most = seen.frames, per_frame = score.k / most;
  double u = kInfinity;
  for (int pivot = 0; pivot < kMostPivots; ++pivot) {
    Price();
    double next = 0;
    size_t leave = kRows;
    for (size_t i = 0; i < kRows; ++i) {
      if (basis_.slope[i] <= kTiny || -basis_.fixed[i] <= next * basis_.slope[i]) continue;
      next = -basis_.fixed[i] / basis_.slope[i];
      leave = i;
    }
    next = std::min(next, u);
    // Whole B with 1 / u <= B <= 1 / next.
    const double last = next * most <= 1 ? most : std::floor(kWholeShare / next);
    const double first = u == kInfinity ? last : std::ceil(1 / (u * kWholeShare));
    // A piece may be so short that no whole B is on it.
    for (const double frames : {first, last}) {
      if (frames < 1 || first > last) continue;
      const double worth = per_frame * frames + Worth(frames);
      if (worth <= value) continue;
      value = worth;
      solution = basis_;
      solution_frames = frames;
    }
    if (last >= most || leave == kRows || !Pivot(leave)) break;
    u = next;
  }
  if (solution_frames == 0) return best;
  best.frames = static_cast<int>(solution_frames);
  best.count = 0;
  best.point = {solution_frames / most, 0, 0};
  for (size_t i = 0; i < kRows; ++i) {
    const double share = solution.fixed[i] + solution.slope[i] / solution_frames;
    if (solution.member[i] >= kSlack || share <= kTiny) continue;
    const size_t j = solution.member[i];
    best.place[static_cast<size_t>(best.count)] = j;
    best.share[static_cast<size_t>(best.count++)] = share;
    best.point.latency_s += share * latency_[j];
    best.point.accuracy += share * options_.model().accuracy()[static_cast<size_t>(index_[j])];
  }
  return best;
}

// Of the basis: latency and accuracy of the mixture with so many frames.
double MixSlot::Worth(double frames) const {
  const double u = 1 / frames;
  double worth = 0;
  for (size_t i = 0; i < kRows; ++i) {
    if (basis_.member[i] < kSlack) worth += worth_[basis_.member[i]] * (basis_.fixed[i] + u * basis_.slope[i]);
  }
  return worth;
}

// Solution and duals of the basis.
void MixSlot::Price() {
  dual_ = {};
  for (size_t i = 0; i < kRows; ++i) {
    basis_.fixed[i] = inverse_[i][0];
    basis_.slope[i] = inverse_[i][1] + inverse_[i][2] + inverse_[i][3];
    if (basis_.member[i] >= kSlack) continue;
    const double worth = worth_[basis_.member[i]];
    for (size_t r = 0; r < kRows; ++r) dual_[r] += worth * inverse_[i][r];
  }
}

// Exchanges the variable of row `leave`, which is 0 and would fall below, for the one that keeps the prices right. False if none can be:
// no more frames fit.
bool MixSlot::Pivot(size_t leave) {
  double least = kInfinity;
  size_t enter = LeastRatio(dual_.data(), inverse_[leave].data(), frames(), &least);
  const bool option = enter < count_;
  if (!option) least = kInfinity;
  size_t slack = 0;
  for (size_t r = 1; r < kRows; ++r) {
    const double rate = inverse_[leave][r];
    if (rate < -kTiny && dual_[r] / -rate < least) {
      least = dual_[r] / -rate;
      slack = r;
    }
  }
  if (!option && slack == 0) return false;
  Row column;
  if (slack > 0) {
    enter = kSlack + slack;
    for (size_t i = 0; i < kRows; ++i) column[i] = inverse_[i][slack];
  } else {
    const Row a = {1, use_[1][enter], use_[2][enter], use_[3][enter]};
    for (size_t i = 0; i < kRows; ++i) {
      const Row& b = inverse_[i];
      column[i] = b[0] + b[1] * a[1] + b[2] * a[2] + b[3] * a[3];
    }
  }
  for (size_t r = 0; r < kRows; ++r) inverse_[leave][r] /= column[leave];
  for (size_t i = 0; i < kRows; ++i) {
    if (i == leave) continue;
    for (size_t r = 0; r < kRows; ++r) inverse_[i][r] -= column[i] * inverse_[leave][r];
  }
  basis_.member[leave] = enter;
  return true;
}

// Rounding down leaves room on device and link for a frame or two. Each start (the floors, and the floors with one frame less of each option)
// is filled up in the way that FillUp says; the best of them is taken. As many frames as the shares have often do not fit as whole ones: with one
// less as the target what is left goes to larger ones, in place of one small frame that squeezes in.
Decision MixSlot::WholeFrames(const Observation& seen, const Score& score) {
  const Mix mix = Best(seen, score);
  if (mix.count == 0) return {};
  const double per_frame = score.k / seen.frames;
  double most = score.Of(single_.point);
  Fill filled;
  if (mix.count > 1) {
    Fill floors;
    floors.left = {0, 1, 1, 1};
    for (size_t i = 0; i < static_cast<size_t>(mix.count); ++i) {
      AddFrames(mix.place[i], static_cast<int>(mix.share[i] * mix.frames + 1e-9), &floors);
    }
    const auto offer = [&](Fill fill, int target) {
      FillUp(per_frame, seen.frames, target, &fill);
      const double value = fill.Value(per_frame);
      if (value <= most) return;
      most = value;
      filled = fill;
    };
    const double shares = score.Of(mix.point);
    offer(floors, mix.frames);
    for (size_t i = 0; i < static_cast<size_t>(floors.count); ++i) {
      Fill less = floors;
      AddFrames(floors.place[i], -1, &less);
      offer(less, mix.frames);
      if (shares - most > kWorthMore * per_frame) offer(less, mix.frames - 1);
    }
  }
  if (filled.frames == 0) return Decision::Of(options_.row(static_cast<size_t>(single_.index)), SingleFrames(seen));
  Decision best;
  for (size_t i = 0; i < static_cast<size_t>(filled.count); ++i) {
    if (filled.each[i] > 0) best.Add({options_.row(static_cast<size_t>(index_[filled.place[i]])), filled.each[i]});
  }
  return best;
}

// Frames that are missing to the target share what is left evenly, as far as there are options so small, so that the first does not take the
// room of the others; beyond it frames are added as long as that is worth it. Each time the most valuable option that fits.
void MixSlot::FillUp(double per_frame, int most, int target, Fill* fill) const {
  double value = fill->Value(per_frame);
  while (fill->frames < most && fill->count < Decision::kMost) {
    size_t next = count_;
    if (const int missing = target - fill->frames; missing > 1) {
      const Row& left = fill->left;
      const Row part = {0, left[1] / missing, left[2] / missing, left[3] / missing};
      next = MostValuable(part.data(), frames());
    }
    if (next == count_) next = MostValuable(fill->left.data(), frames());
    if (next == count_) return;
    const int more = fill->frames + 1;
    const double then = (fill->worth + worth_[next]) / more + per_frame * more;
    if (then <= value) return;
    value = then;
    AddFrames(next, 1, fill);
  }
}

int MixSlot::SingleFrames(const Observation& seen) const { return static_cast<int>(std::lround(single_.point.k * seen.frames)); }

void MixSlot::AddFrames(size_t place, int frames, Fill* fill) const {
  if (frames == 0) return;
  fill->frames += frames;
  fill->worth += frames * worth_[place];
  for (size_t r = 1; r < kRows; ++r) fill->left[r] -= frames * use_[r][place];
  size_t i = 0;
  while (i < static_cast<size_t>(fill->count) && fill->place[i] != place) ++i;
  if (i == static_cast<size_t>(fill->count)) {
    fill->place[i] = place;
    fill->each[i] = 0;
    ++fill->count;
  }
  fill->each[i] += frames;
}

}   // namespace partway::policy
