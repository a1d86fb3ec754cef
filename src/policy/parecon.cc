#include "policy/parecon.h"

#include <algorithm>

#include "policy/least_option.h"

namespace partway::policy {

Parecon::Parecon(const Problem& problem, const PareconParameters& parameters)
    : model_(problem), max_latency_s_(problem.max_latency_s), min_accuracy_(problem.min_accuracy), parameters_(parameters) {}

double Parecon::Auxiliary() const {
  if (queues_.frames <= 0) return parameters_.x_max;
  return std::clamp(parameters_.V / queues_.frames, parameters_.x_min, parameters_.x_max);
}

// Eq. 9. Values first, in a loop that compilers turn into vector code; few of them are looked at further.
Decision Parecon::Decide(const Observation& seen) const {
  const double f = queues_.latency, g = queues_.accuracy, h = queues_.frames / seen.frames;
  const double* const accuracy = model_.accuracy().data();
  LeastOption least;
  model_.ForEachBlock(seen, [&](size_t first, size_t count, const double* latency, const double* frames) {
    double value[SlotModel::kBlock];
    for (size_t k = 0; k < count; ++k) value[k] = f * latency[k] - g * accuracy[first + k] - h * frames[k];
    for (size_t k = 0; k < count; ++k) {
      if (value[k] > least.value || !SlotModel::Runs(seen, model_.Cost(first + k))) continue;
      least.Offer(first + k, value[k], frames[k], latency[k]);
    }
  });
  return least.decision();
}

void Parecon::Update(const Observation& /*seen*/, const Decision& /*decision*/, const Outcome& outcome) {
  const double x = Auxiliary();   // of H(t), before it moves
  if (outcome.any) {
    queues_.latency = std::max(queues_.latency - max_latency_s_, 0.0) + outcome.latency_s;   // (4)
    queues_.accuracy = std::max(queues_.accuracy - outcome.accuracy, 0.0) + min_accuracy_;   // (5)
  }
  queues_.frames = std::max(queues_.frames - outcome.k(), 0.0) + x;   // (6)
}

}   // namespace partway::policy
