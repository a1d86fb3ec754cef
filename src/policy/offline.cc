#include "policy/offline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status.h"
#include "policy/mean_lp.h"
#include "policy/useful_options.h"

namespace partway::policy {
namespace {

constexpr int kMostSwaps = 4000;

class Trace {
 public:
  explicit Trace(const Problem& problem) : problem_(problem), options_(problem) {
    for (const Observation& seen : problem.future) {
      if (seen.frames >= 1 && options_.Best(seen, {1, 0, 0}).index >= 0) slots_.push_back(&seen);
    }
  }

  absl::Status Settle() {
    if (slots_.empty()) return InvalidArgument("there is no slot to come in which an option runs; offline needs to know them");
    const auto count = static_cast<double>(slots_.size());
    const MeanOptimum optimum = SolveMean(
        [&](const Score& score) {
          MeanPoint sum;
          for (const Observation* seen : slots_) Add(options_.Best(*seen, score).point, 1 / count, &sum);
          return sum;
        },
        problem_.max_latency_s, problem_.min_accuracy);
    if (!optimum.feasible) {
      return FailedPrecondition("no choice keeps a mean latency of ", problem_.max_latency_s, " s at a mean accuracy of ",
                                problem_.min_accuracy, ": the least latency is ", optimum.least_latency_s,
                                " s, the best accuracy ", optimum.best_accuracy);
    }
    Begin(optimum);
    for (int swaps = 0; swaps < kMostSwaps && Violation(sum_) > 0; ++swaps) {
      if (!Swap(optimum.prices, /*repair=*/true)) break;
    }
    for (int swaps = 0; swaps < kMostSwaps; ++swaps) {
      if (!Swap(optimum.prices, /*repair=*/false)) break;
    }
    return absl::OkStatus();
  }

  std::vector<Decision> Decisions() const {
    const int64_t first = problem_.future.front().slot;
    std::vector<Decision> decisions;
    for (size_t t = 0; t < slots_.size(); ++t) {
      const Observation& seen = *slots_[t];
      const auto at = static_cast<size_t>(seen.slot - first);
      if (decisions.size() <= at) decisions.resize(at + 1);
      decisions[at] = Decision::Of(options_.row(static_cast<size_t>(choices_[t].index)),
                                   static_cast<int>(std::lround(choices_[t].point.k * seen.frames)));
    }
    return decisions;
  }

 private:
  static void Add(const MeanPoint& point, double times, MeanPoint* sum) {
    sum->k += times * point.k;
    sum->latency_s += times * point.latency_s;
    sum->accuracy += times * point.accuracy;
  }

  // How far sums over the slots lie on the wrong side, in slots' r_th and in accuracy of a slot.
  double Violation(const MeanPoint& sum) const {
    const auto count = static_cast<double>(slots_.size());
    constexpr double kRounding = 1e-10;
    const double latency = sum.latency_s / problem_.max_latency_s - count,
                 accuracy = problem_.min_accuracy * count - sum.accuracy;
    return std::max(latency - kRounding * count, 0.0) + std::max(accuracy - kRounding * count, 0.0);
  }

  // Slots in which the parts of the solution choose alike are settled; the others are dealt out in proportion to the parts' shares.
  void Begin(const MeanOptimum& optimum) {
    std::vector<double> due(optimum.parts.size());
    for (const Observation* seen : slots_) {
      std::vector<UsefulOptions::Choice> wanted;
      bool alike = true;
      for (const MeanOptimum::Part& part : optimum.parts) {
        wanted.push_back(options_.Best(*seen, part.score));
        alike = alike && wanted.back().index == wanted.front().index;
      }
      size_t chosen = 0;
      if (!alike) {
        for (size_t i = 0; i < due.size(); ++i) due[i] += optimum.parts[i].share;
        chosen = static_cast<size_t>(std::max_element(due.begin(), due.end()) - due.begin());
        due[chosen] -= 1;
      }
      choices_.push_back(wanted[chosen]);
      Add(wanted[chosen].point, 1, &sum_);
    }
  }

  // The best exchange of one slot's option. Repairing: what lessens the violation at the least loss by the prices for each of it. Else:
  // what gains the most frames and keeps the constraints. False if there is none.
  bool Swap(const Score& prices, bool repair) {
    const double violation = Violation(sum_);
    double best = repair ? std::numeric_limits<double>::infinity() : 1e-9;
    size_t slot = slots_.size();
    UsefulOptions::Choice choice;
    MeanPoint sum;
    for (size_t t = 0; t < slots_.size(); ++t) {
      const Observation& seen = *slots_[t];
      const MeanPoint now = choices_[t].point;
      options_.model().ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
        for (size_t i = 0; i < count; ++i) {
          if (seen.uplink_bits <= 0 && options_.model().coefficient(cost::kUplink)[first + i] > 0) continue;
          const MeanPoint then = {frames[i] / seen.frames, latency[i], options_.model().accuracy()[first + i]};
          if (!repair && then.k - now.k <= best) continue;
          MeanPoint moved = sum_;
          Add(now, -1, &moved);
          Add(then, 1, &moved);
          const double left = Violation(moved);
          const double merit = repair ? (prices.Of(now) - prices.Of(then)) / (violation - left) : then.k - now.k;
          if (repair ? left >= violation - 1e-12 || merit >= best : left > 0) continue;
          best = merit;
          slot = t;
          choice = {static_cast<int32_t>(first + i), then};
          sum = moved;
        }
      });
    }
    if (slot == slots_.size()) return false;
    choices_[slot] = choice;
    sum_ = sum;
    return true;
  }

  const Problem& problem_;
  UsefulOptions options_;
  std::vector<const Observation*> slots_;
  std::vector<UsefulOptions::Choice> choices_;
  MeanPoint sum_;
};

}   // namespace

absl::StatusOr<std::unique_ptr<Offline>> Offline::Make(const Problem& problem) {
  Trace trace(problem);
  RETURN_IF_ERROR(trace.Settle());
  return std::unique_ptr<Offline>(new Offline(trace.Decisions(), problem.future.front().slot));
}

Decision Offline::Decide(const Observation& seen) const {
  const int64_t at = seen.slot - first_slot_;
  if (at < 0 || at >= static_cast<int64_t>(decisions_.size())) return {};
  return decisions_[static_cast<size_t>(at)];
}

Entry OfflineEntry() {
  return {"offline",
          "the optimum of this trace, known in advance, one option a slot",
          /*mixes=*/false,
          /*needs_future=*/true,
          {},
          [](const Problem& problem, const Parameters& /*p*/, uint64_t /*seed*/) -> absl::StatusOr<std::unique_ptr<Policy>> {
            return Offline::Make(problem);
          }};
}

}   // namespace partway::policy
