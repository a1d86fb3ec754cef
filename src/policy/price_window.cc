#include "policy/price_window.h"

#include <algorithm>

namespace partway::policy {
namespace {

constexpr double kGap = 1e-5;   // of k: far below what the slots' own scatter makes of it
constexpr size_t kMostColumns = 40;
constexpr double kLatencyPenalty = 100;     // k for breaking the latency constraint by all of itself
constexpr double kAccuracyPenalty = 1000;   // k for an accuracy of 1

}   // namespace

PriceWindow::PriceWindow(const PriceWindowSize& size, double best_accuracy) : size_(size), best_accuracy_(best_accuracy) {
  k_.resize(size_.slots * size_.points);
  latency_s_.resize(size_.slots * size_.points);
  accuracy_.resize(size_.slots * size_.points);
  used_.resize(size_.slots);
  next_.resize(size_.slots);
  seen_.resize(size_.slots);
  master_.Reserve(kMostColumns);
  scores_.reserve(kMostColumns);
  warm_.reserve(kMostColumns);
}

bool PriceWindow::Wants() {
  if (until_next_ > 0) {
    --until_next_;
    return false;
  }
  until_next_ = stride_ - 1;
  return true;
}

void PriceWindow::Add(const Observation& seen, std::span<const MeanPoint> points) {
  if (points.empty()) return;
  if (count_ == size_.slots && 2 * stride_ * size_.slots <= size_.span) Thin();
  newest_ = (newest_ + 1) % size_.slots;
  count_ = std::min(count_ + 1, size_.slots);
  seen_[newest_] = seen;
  Write(newest_, points);
}

void PriceWindow::Write(size_t slot, std::span<const MeanPoint> points) {
  const size_t used = std::min(points.size(), size_.points), first = slot * size_.points;
  used_[slot] = used;
  next_[slot] = 0;
  for (size_t i = 0; i < used; ++i) {
    k_[first + i] = points[i].k;
    latency_s_[first + i] = points[i].latency_s;
    accuracy_[first + i] = points[i].accuracy;
  }
}

void PriceWindow::Offer(size_t age, const MeanPoint& point) {
  const size_t slot = At(age), first = slot * size_.points;
  for (size_t i = first; i < first + used_[slot]; ++i) {
    if (MeanPoint{k_[i], latency_s_[i], accuracy_[i]} == point) return;
  }
  size_t place = used_[slot];
  if (place < size_.points) {
    ++used_[slot];
  } else {
    place = next_[slot];
    next_[slot] = (place + 1) % size_.points;
  }
  k_[first + place] = point.k;
  latency_s_[first + place] = point.latency_s;
  accuracy_[first + place] = point.accuracy;
}

// Every second slot goes, never the newest; those that stay move to the front, oldest first.
void PriceWindow::Thin() {
  const size_t half = (count_ + 1) / 2, first = (count_ + 1) % 2;   // first: of those that stay
  // In order of age the places wrap around once; bring the oldest to place 0 first.
  const size_t oldest = At(count_ - 1);
  const auto rotate = [&](std::vector<double>* column) {
    std::rotate(column->begin(), column->begin() + static_cast<ptrdiff_t>(oldest * size_.points), column->end());
    for (size_t to = 0; to < half; ++to) {
      std::copy_n(column->begin() + static_cast<ptrdiff_t>((2 * to + first) * size_.points), size_.points,
                  column->begin() + static_cast<ptrdiff_t>(to * size_.points));
    }
  };
  rotate(&k_);
  rotate(&latency_s_);
  rotate(&accuracy_);
  std::rotate(used_.begin(), used_.begin() + static_cast<ptrdiff_t>(oldest), used_.end());
  std::rotate(next_.begin(), next_.begin() + static_cast<ptrdiff_t>(oldest), next_.end());
  std::rotate(seen_.begin(), seen_.begin() + static_cast<ptrdiff_t>(oldest), seen_.end());
  for (size_t to = 0; to < half; ++to) {
    used_[to] = used_[2 * to + first];
    next_[to] = next_[2 * to + first];
    seen_[to] = seen_[2 * to + first];
  }
  count_ = half;
  newest_ = half - 1;
  stride_ *= 2;
  until_next_ = stride_ - 1;
}

void PriceWindow::Forget(size_t slots) {
  count_ = std::min(count_, (slots + stride_ - 1) / stride_);
  stride_ = 1;
  until_next_ = 0;
}

MeanPoint PriceWindow::Best(const Score& score) const {
  MeanPoint sum;
  for (size_t age = 0; age < count_; ++age) {
    const size_t slot = At(age), first = slot * size_.points, used = used_[slot];
    const double *const k = k_.data() + first, *const latency = latency_s_.data() + first,
                        *const accuracy = accuracy_.data() + first;
    size_t best = 0;
    double most = score.k * k[0] + score.latency * latency[0] + score.accuracy * accuracy[0];
    for (size_t i = 1; i < used; ++i) {
      const double value = score.k * k[i] + score.latency * latency[i] + score.accuracy * accuracy[i];
      best = value > most ? i : best;
      most = std::max(most, value);
    }
    sum.k += k[best];
    sum.latency_s += latency[best];
    sum.accuracy += accuracy[best];
  }
  // As many optimistic slots as slots were seen to those that are kept.
  const double optimistic = size_.optimistic_slots / static_cast<double>(stride_), all = static_cast<double>(count_) + optimistic;
  return {(sum.k + optimistic) / all, sum.latency_s / all, (sum.accuracy + optimistic * best_accuracy_) / all};
}

Score PriceWindow::Solve(const Score& objective, double max_latency_s, double min_accuracy) {
  // The scores of the last solution's averages lead close to the new one.
  std::swap(warm_, scores_);
  scores_.clear();
  scores_.push_back(warm_.empty() ? Score{1, 0, 1} : warm_[0]);
  master_.StartElastic(Best(scores_[0]), objective, max_latency_s, min_accuracy, kLatencyPenalty, kAccuracyPenalty);
  for (size_t i = 1; i < warm_.size(); ++i) {
    scores_.push_back(warm_[i]);
    master_.Add(Best(warm_[i]));
  }
  while (true) {
    master_.Optimize();
    const Score prices = master_.prices();
    const MeanPoint point = Best(prices);
    if (prices.Of(point) - master_.level() <= kGap || scores_.size() == kMostColumns) {
      warm_.clear();
      warm_.push_back(prices);
      for (const MeanMaster::Part& part : master_.basis()) warm_.push_back(scores_[part.column]);
      std::swap(warm_, scores_);
      return prices;
    }
    master_.Add(point);
    scores_.push_back(prices);
  }
}

}   // namespace partway::policy
