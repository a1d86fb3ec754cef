// The inner loops of deciding, over plain arrays. Each is compiled for the vector units that machines have and picked at start; the
// arithmetic is the same operation by operation (no fused multiply-adds, no reordered sums), so results are the same bits everywhere.
#pragma once

#include <cstddef>

namespace partway::policy {

// Columns of `count` options (cost::OptionTable) and the slot they are evaluated in.
struct SlotColumns {
  const double *device, *uplink, *round_trip, *edge, *downlink;
};
struct SlotTerms {
  double device, uplink, round_trip, edge, downlink;   // weights
  double frames, uplink_bits, slot_s;
  bool edge_limits;
};
// Latencies by eq. 2 and whole frames by eq. 11.
void EvaluateSlot(const SlotColumns& columns, const SlotTerms& slot, size_t count, double* latency_s, double* frames);

// value = per_frame * frames + latency * latency_s + accuracy * accuracies. Returns the place of the greatest, the first of equal ones.
size_t BestOf(double per_frame, const double* frames, double latency, const double* latency_s, double accuracy,
              const double* accuracies, size_t count, double* value);

// Place of the greatest value, the first of equal ones; `count` if none is above -infinity.
size_t FirstGreatest(const double* value, size_t count);

// (dual . a - worth) / -(row . a) with a = (1, use1, use2, use3) where row . a is below -1e-12, negated, and -infinity elsewhere: the
// ratio test of the dual simplex method, whose winner is the greatest.
void DualRatios(const double* dual, const double* row, const double* use1, const double* use2, const double* use3,
                const double* worth, size_t count, double* negated_ratio);

// worth where a frame fits into what is left of each resource, else -infinity.
void WorthOfFitting(const double* left, const double* use1, const double* use2, const double* use3, const double* worth,
                    size_t count, double* value);

}   // namespace partway::policy
