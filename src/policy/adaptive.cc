#include "policy/adaptive.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>

namespace partway::policy {
namespace {

constexpr size_t kMostPoints = 48;

// Prices at which a new slot's mixtures are found: the present ones and others around them, as factors; some that lie between nothing and
// much (of latency k for r_th, of accuracy k for 1); and two ends: the fastest, the most accurate at hardly any price of frames.
constexpr std::array<std::array<double, 2>, 3> kAround = {{{1, 1}, {2, 1}, {1, 2}}};
constexpr std::array<std::array<double, 2>, 3> kBetween = {{{0, 1}, {0.1, 10}, {0.5, 3}}};
constexpr size_t kFirstPoints = kAround.size() + kBetween.size() + 2;
constexpr size_t kMixPoints = 16;
constexpr double kFar = 1.25;   // prices that differ by more than this factor want points of their own
constexpr double kSmallLatency = 0.01, kSmallAccuracy = 0.05;   // below these prices are as good as none
constexpr int kMostRounds = 3;                                  // of new points a solution

std::vector<Memory> MemoryOf(const PriceControl& control) {
  const Score prices = control.Prices();
  return {{"latency price", -prices.latency},
          {"accuracy price", prices.accuracy},
          {"latency violation", control.latency_violation()},
          {"accuracy violation", control.accuracy_violation()},
          {"device factor", control.device_factor()},
          {"wait", control.wait_s()}};
}

// With one option a slot latency scatters more around what was planned, so less of it is lent.
constexpr double kSingleLatencyLoan = 5;

std::vector<ParameterSpec> Specs(double latency_loan) {
  const AdaptiveParameters preset;
  return {{"slots", "slots that are kept to find prices in", preset.slots, 16, 4096, false, true},
          {"span", "slots over which they are spread at most", preset.span, 16, 1e6, false, true},
          {"correction", "slots in which a violation shrinks by e", preset.correction, 10, 1e6},
          {"optimism", "slots of an optimistic kind that are counted in", preset.optimism, 0, 1e4},
          {"latency_loan", "slots' r_th of latency that need not be made up for", latency_loan, 0, 1e6},
          {"accuracy_loan", "slots at an accuracy lower by 1 that need not be made up for", preset.accuracy_loan, 0, 1e6}};
}

// The slots kept, with points as they would be seen now.
template <class Points>
void Restate(PriceWindow* window, const Points& points) {
  for (size_t age = 0; age < window->kept(); ++age) {
    const std::span<const MeanPoint> now = points(window->seen(age));
    if (!now.empty()) window->Restate(age, now);
  }
}

AdaptiveParameters Of(const Parameters& p) {
  return {p.numbers.at("slots"),    p.numbers.at("span"),         p.numbers.at("correction"),
          p.numbers.at("optimism"), p.numbers.at("latency_loan"), p.numbers.at("accuracy_loan")};
}

}   // namespace

AdaptiveSingle::AdaptiveSingle(const Problem& problem, const AdaptiveParameters& parameters)
    : options_(problem), control_(problem, parameters, kMostPoints) {
  by_accuracy_.resize(options_.size());
  std::iota(by_accuracy_.begin(), by_accuracy_.end(), 0);
  const std::vector<double>& accuracy = options_.model().accuracy();
  std::stable_sort(by_accuracy_.begin(), by_accuracy_.end(),
                   [&](int32_t a, int32_t b) { return accuracy[static_cast<size_t>(a)] > accuracy[static_cast<size_t>(b)]; });
  latency_s_.resize(options_.size());
  frames_.resize(options_.size());
  points_.resize(options_.size());
}

Decision AdaptiveSingle::Decide(const Observation& seen) const {
  const Observation corrected = control_.Corrected(seen);
  const UsefulOptions::Choice choice = options_.Best(corrected, control_.Prices());
  if (choice.index < 0) return {};
  return Decision::Of(options_.row(static_cast<size_t>(choice.index)),
                      static_cast<int>(std::lround(choice.point.k * seen.frames)));
}

// The slot's options that are best at some prices are among those of which no other one is as accurate, as fast and as many at once.
std::span<const MeanPoint> AdaptiveSingle::Points(const Observation& slot) {
  const Observation seen = control_.Corrected(slot);
  options_.model().ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    std::copy_n(latency, count, latency_s_.begin() + static_cast<ptrdiff_t>(first));
    std::copy_n(frames, count, frames_.begin() + static_cast<ptrdiff_t>(first));
  });
  size_t count = 0;
  for (const int32_t index : by_accuracy_) {
    const auto i = static_cast<size_t>(index);
    const MeanPoint point = {frames_[i] / seen.frames, latency_s_[i], options_.model().accuracy()[i]};
    bool useful = seen.uplink_bits > 0 || options_.model().coefficient(cost::kUplink)[i] == 0;
    for (size_t j = 0; j < count && useful; ++j) useful = points_[j].k < point.k || points_[j].latency_s > point.latency_s;
    if (useful) points_[count++] = point;
  }
  if (count <= kMostPoints) return {points_.data(), count};
  // Evenly, with both ends: the most accurate, the fastest.
  for (size_t i = 0; i < kMostPoints; ++i) points_[i] = points_[i * (count - 1) / (kMostPoints - 1)];
  return {points_.data(), kMostPoints};
}

void AdaptiveSingle::Update(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  if (control_.Account(seen, decision, outcome)) control_.Keep(seen, Points(seen));
  if (control_.Outdated()) Restate(&control_.window(), [&](const Observation& kept) { return Points(kept); });
  control_.Follow();
}

std::vector<Memory> AdaptiveSingle::memory() const { return MemoryOf(control_); }

Adaptive::Adaptive(const Problem& problem, const AdaptiveParameters& parameters)
    : slot_(problem, MixableRows(*problem.options)),
      control_(problem, parameters, kMixPoints),
      max_latency_s_(problem.max_latency_s) {
  points_.resize(kFirstPoints);
}

Decision Adaptive::Decide(const Observation& seen) const {
  return slot_.WholeFrames(control_.Corrected(seen), control_.Prices());
}

// The slot's mixtures at prices around those given.
std::span<const MeanPoint> Adaptive::Points(const Observation& seen, const Score& prices) {
  const Observation corrected = control_.Corrected(seen);
  size_t count = 0;
  const auto add = [&](const Score& score) {
    const MixSlot::Mix mix = slot_.Best(corrected, score);
    if (mix.count > 0) points_[count++] = mix.point;
  };
  for (const auto& [latency, accuracy] : kAround) add({1, prices.latency * latency, prices.accuracy * accuracy});
  for (const auto& [latency, accuracy] : kBetween) add({1, -(latency + 1e-4) / max_latency_s_, accuracy});
  add({0, -1, 0});
  add({0, prices.latency * 1e-3, prices.accuracy});
  return std::span<const MeanPoint>(points_.data(), count);
}

// Column generation, slot by slot: at prices far from those that the slots kept have points for, each gets the point that is best at them,
// and the programme is solved again.
void Adaptive::Update(const Observation& seen, const Decision& decision, const Outcome& outcome) {
  if (control_.Account(seen, decision, outcome)) control_.Keep(seen, Points(seen, control_.Prices()));
  if (control_.Outdated()) {
    around_ = control_.Prices();
    Restate(&control_.window(), [&](const Observation& kept) { return Points(kept, around_); });
  }
  if (!control_.Follow()) return;
  for (int round = 0; round < kMostRounds; ++round) {
    const Score prices = control_.Prices();
    // Prices next to nothing are all alike.
    const auto far = [](double a, double b, double least) {
      a = std::max(std::abs(a), least);
      b = std::max(std::abs(b), least);
      return a > kFar * b || b > kFar * a;
    };
    if (!far(prices.latency, around_.latency, kSmallLatency / max_latency_s_) &&
        !far(prices.accuracy, around_.accuracy, kSmallAccuracy)) {
      return;
    }
    around_ = prices;
    PriceWindow& window = control_.window();
    for (size_t age = 0; age < window.kept(); ++age) {
      const MixSlot::Mix mix = slot_.Best(control_.Corrected(window.seen(age)), prices);
      if (mix.count > 0) window.Offer(age, mix.point);
    }
    control_.Solve();
  }
}

std::vector<Memory> Adaptive::memory() const { return MemoryOf(control_); }

Entry AdaptiveEntry() {
  return {"adaptive",
          "prices from the slots so far, options mixed within a slot (ours; the default)",
          /*mixes=*/true,
          /*needs_future=*/false,
          Specs(AdaptiveParameters().latency_loan),
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            return std::make_unique<Adaptive>(problem, Of(p));
          }};
}

Entry AdaptiveSingleEntry() {
  return {"adaptive-single",
          "prices from the slots so far, one option a slot (ours)",
          /*mixes=*/false,
          /*needs_future=*/false,
          Specs(kSingleLatencyLoan),
          [](const Problem& problem, const Parameters& p, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            return std::make_unique<AdaptiveSingle>(problem, Of(p));
          }};
}

}   // namespace partway::policy
