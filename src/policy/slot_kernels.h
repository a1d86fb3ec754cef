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

// The columns of a slot's linear programme: worth of a frame by each option, and the share of each resource that it takes. Returns how many of
// `frames` are below 1.
struct MixColumns {
  const double *accuracy, *device_s, *bits, *edge_s;
};
struct MixTerms {
  double latency, accuracy, device, link, edge;   // prices; shares of a resource per second, per bit
};
size_t EvaluateMix(const MixColumns& columns, const MixTerms& terms, const double* latency_s, const double* frames, size_t count,
                   double* worth, double* device, double* link, double* edge);

// What a frame of each option takes of device, link and edge and is worth. All with room up to a multiple of 4, what is beyond `count` being 0
// and, in worth, -infinity.
struct Frames {
  const double *use1, *use2, *use3, *worth;
  size_t count;
};
// The ratio test of the dual simplex method: the option of least (dual . a - worth) / -(row . a), a = (1, use1, use2, use3), among those
// whose row . a is below -1e-12; `count` if there is none. dual and row have 4 elements.
size_t LeastRatio(const double* dual, const double* row, const Frames& frames, double* least);
// The most valuable option of which a frame fits into what is left ([1] to [3]) of each resource; `count` if there is none.
size_t MostValuable(const double* left, const Frames& frames);

}   // namespace partway::policy
