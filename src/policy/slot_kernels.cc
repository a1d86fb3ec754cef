#include "policy/slot_kernels.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "policy/slot_model.h"

// Functions in several versions need the dynamic loader's help, before the sanitizers' run time is there: such a program ends before main.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(PARTWAY_SANITIZED)
#define PARTWAY_VERSIONS __attribute__((target_clones("avx2", "default")))
#else
#define PARTWAY_VERSIONS
#endif

namespace partway::policy {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}   // namespace

PARTWAY_VERSIONS void EvaluateSlot(const SlotColumns& columns, const SlotTerms& slot, size_t count, double* __restrict latency_s,
                                   double* __restrict frames) {
  const double* __restrict device = columns.device;
  const double* __restrict uplink = columns.uplink;
  const double* __restrict round_trip = columns.round_trip;
  const double* __restrict edge = columns.edge;
  const double* __restrict downlink = columns.downlink;
  const SlotTerms w = slot;
  const double edge_slot_s = w.edge_limits ? w.slot_s : kInfinity;
  for (size_t i = 0; i < count; ++i) {
    const double d = device[i] * w.device, e = edge[i] * w.edge;
    latency_s[i] = d + uplink[i] * w.uplink + round_trip[i] * w.round_trip + e + downlink[i] * w.downlink;
    // Divisions are done in any case, so that the loop has no branch. x / 0 is infinite, as it should; 0 / 0 (no link, nothing to send)
    // must be too, and is left out.
    const double sent = w.uplink_bits / uplink[i], computed = w.slot_s / d, served = edge_slot_s / e;
    const double uploads = uplink[i] == 0 ? w.frames : sent;
    double fit = uploads < w.frames ? uploads : w.frames;
    fit = computed < fit ? computed : fit;
    fit = served < fit ? served : fit;
    frames[i] = static_cast<double>(static_cast<int32_t>(fit * kWholeShare));
  }
}

PARTWAY_VERSIONS size_t FirstGreatest(const double* value, size_t count) {
  using Lanes = double __attribute__((vector_size(32)));
  Lanes most = {-kInfinity, -kInfinity, -kInfinity, -kInfinity};
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    Lanes next;
    std::memcpy(&next, value + i, sizeof(next));
    most = next > most ? next : most;
  }
  double greatest = std::max(std::max(most[0], most[1]), std::max(most[2], most[3]));
  for (; i < count; ++i) greatest = value[i] > greatest ? value[i] : greatest;
  if (greatest == -kInfinity) return count;
  size_t place = 0;
  while (value[place] != greatest) ++place;
  return place;
}

PARTWAY_VERSIONS size_t BestOf(double per_frame, const double* __restrict frames, double latency,
                               const double* __restrict latency_s, double accuracy, const double* __restrict accuracies,
                               size_t count, double* __restrict value) {
  for (size_t i = 0; i < count; ++i) value[i] = per_frame * frames[i] + latency * latency_s[i] + accuracy * accuracies[i];
  return FirstGreatest(value, count);
}

PARTWAY_VERSIONS void DualRatios(const double* dual, const double* row, const double* __restrict use1,
                                 const double* __restrict use2, const double* __restrict use3, const double* __restrict worth,
                                 size_t count, double* __restrict negated_ratio) {
  const double d0 = dual[0], d1 = dual[1], d2 = dual[2], d3 = dual[3], r0 = row[0], r1 = row[1], r2 = row[2], r3 = row[3];
  for (size_t j = 0; j < count; ++j) {
    const double gap = d0 + d1 * use1[j] + d2 * use2[j] + d3 * use3[j] - worth[j];
    const double rate = r0 + r1 * use1[j] + r2 * use2[j] + r3 * use3[j];
    const double ratio = gap / rate;
    negated_ratio[j] = rate < -1e-12 ? ratio : -kInfinity;
  }
}

PARTWAY_VERSIONS void WorthOfFitting(const double* left, const double* __restrict use1, const double* __restrict use2,
                                     const double* __restrict use3, const double* __restrict worth, size_t count,
                                     double* __restrict value) {
  const double l1 = left[1], l2 = left[2], l3 = left[3];
  for (size_t j = 0; j < count; ++j) {
    double v = use1[j] <= l1 ? worth[j] : -kInfinity;
    v = use2[j] <= l2 ? v : -kInfinity;
    value[j] = use3[j] <= l3 ? v : -kInfinity;
  }
}

}   // namespace partway::policy
