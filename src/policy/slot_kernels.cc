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

using Lanes = double __attribute__((vector_size(32)));
constexpr size_t kLanes = 4;

inline __attribute__((always_inline)) void Get(const double* from, Lanes* lanes) { std::memcpy(lanes, from, sizeof(Lanes)); }

// The greatest of values that come four at a time, and where it was.
struct Greatest {
  Lanes most = {-kInfinity, -kInfinity, -kInfinity, -kInfinity};
  Lanes place = {}, next = {0, 1, 2, 3};

  inline __attribute__((always_inline)) void Offer(const Lanes& value) {
    const auto more = value > most;
    most = more ? value : most;
    place = more ? next : place;
    next += 4;
  }
  // The first of equal ones; `none` if all are -infinity.
  inline __attribute__((always_inline)) size_t Place(size_t none, double* greatest) const {
    size_t best = 0;
    for (size_t i = 1; i < kLanes; ++i) {
      if (most[i] > most[best] || (most[i] == most[best] && place[i] < place[best])) best = i;
    }
    *greatest = most[best];
    return most[best] == -kInfinity ? none : static_cast<size_t>(place[best]);
  }
};

// Four options at a time.
struct FourFrames {
  Lanes use1, use2, use3, worth;

  inline __attribute__((always_inline)) FourFrames(const Frames& frames, size_t first) {
    Get(frames.use1 + first, &use1);
    Get(frames.use2 + first, &use2);
    Get(frames.use3 + first, &use3);
    Get(frames.worth + first, &worth);
  }
};

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
  Greatest lanes;
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Lanes four;
    Get(value + i, &four);
    lanes.Offer(four);
  }
  double greatest = 0;
  size_t place = lanes.Place(count, &greatest);
  for (; i < count; ++i) {
    if (value[i] > greatest) {
      greatest = value[i];
      place = i;
    }
  }
  return place;
}

PARTWAY_VERSIONS size_t BestOf(double per_frame, const double* __restrict frames, double latency,
                               const double* __restrict latency_s, double accuracy, const double* __restrict accuracies,
                               size_t count, double* __restrict value) {
  for (size_t i = 0; i < count; ++i) value[i] = per_frame * frames[i] + latency * latency_s[i] + accuracy * accuracies[i];
  return FirstGreatest(value, count);
}

PARTWAY_VERSIONS size_t EvaluateMix(const MixColumns& columns, const MixTerms& terms, const double* __restrict latency_s,
                                    const double* __restrict frames, size_t count, double* __restrict worth,
                                    double* __restrict device, double* __restrict link, double* __restrict edge) {
  const double* __restrict accuracy = columns.accuracy;
  const double* __restrict device_s = columns.device_s;
  const double* __restrict bits = columns.bits;
  const double* __restrict edge_s = columns.edge_s;
  const MixTerms t = terms;
  int64_t few = 0;
  for (size_t i = 0; i < count; ++i) {
    worth[i] = t.latency * latency_s[i] + t.accuracy * accuracy[i];
    device[i] = t.device * device_s[i];
    link[i] = t.link * bits[i];
    edge[i] = t.edge * edge_s[i];
    few += frames[i] < 1 ? 1 : 0;
  }
  return static_cast<size_t>(few);
}

PARTWAY_VERSIONS size_t LeastRatio(const double* dual, const double* row, const Frames& frames, double* least) {
  const double d0 = dual[0], d1 = dual[1], d2 = dual[2], d3 = dual[3], r0 = row[0], r1 = row[1], r2 = row[2], r3 = row[3];
  const Lanes none = {-kInfinity, -kInfinity, -kInfinity, -kInfinity};
  Greatest negated;
  for (size_t i = 0; i < frames.count; i += kLanes) {
    const FourFrames f(frames, i);
    const Lanes gap = d0 + d1 * f.use1 + d2 * f.use2 + d3 * f.use3 - f.worth, rate = r0 + r1 * f.use1 + r2 * f.use2 + r3 * f.use3;
    negated.Offer(rate < -1e-12 ? gap / rate : none);
  }
  double greatest = 0;
  const size_t place = negated.Place(frames.count, &greatest);
  *least = -greatest;
  return place;
}

PARTWAY_VERSIONS size_t MostValuable(const double* left, const Frames& frames) {
  const double l1 = left[1], l2 = left[2], l3 = left[3];
  const Lanes none = {-kInfinity, -kInfinity, -kInfinity, -kInfinity};
  Greatest most;
  for (size_t i = 0; i < frames.count; i += kLanes) {
    const FourFrames f(frames, i);
    Lanes worth = f.use1 <= l1 ? f.worth : none;
    worth = f.use2 <= l2 ? worth : none;
    most.Offer(f.use3 <= l3 ? worth : none);
  }
  double greatest = 0;
  return most.Place(frames.count, &greatest);
}

}   // namespace partway::policy
