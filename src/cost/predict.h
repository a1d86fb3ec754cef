// What one option costs under a state, term by term, and how that stands against limits. For explanations and tables; a decision
// over all options is Chooser's (choose.h). Pure, thread-safe.
#pragma once

#include <vector>

#include "cost/goal.h"
#include "cost/option_table.h"
#include "cost/power.h"
#include "cost/state.h"

namespace partway::cost {

// Latencies of this length stand for "never": there is no link.
inline constexpr double kNeverSeconds = 1e20;

struct Prediction {
  double head_s = 0, encode_s = 0, device_s = 0;   // device_s = head + encode
  double upload_s = 0, rtt_s = 0;
  double decode_s = 0, tail_s = 0, edge_s = 0;   // edge_s = decode + tail
  double reply_s = 0;
  // Paper eq. 2 plus the round trip: device + upload + rtt + edge + reply.
  double latency_s = 0;
  // Stages overlap and queues between them are unbounded, so frames leave at the pace of the slowest stage: max(device, upload, edge,
  // reply) (Parecon, Fig. 1). The round trip delays a frame but occupies nothing.
  double period_s = 0;
  double energy_j = kNotKnown;   // of the device, by PowerModel; kNotKnown without one
  double throughput_fps() const { return 1 / period_s; }
};

// `power` may be null.
Prediction Predict(const OptionTable& table, size_t row, const State& state, const PowerModel* power);

double Value(const Objective& objective, const Prediction& prediction);

// What `constraint` is about: latency_s, period_s, energy_j, or the column of the table; kNotKnown where that is not known.
double Measure(Constraint constraint, const OptionTable& table, size_t row, const Prediction& prediction);
// False for kNotKnown.
bool Meets(Constraint constraint, double measure, double limit);
// Whether the constraint depends on the state at all.
bool DependsOnState(Constraint constraint);

}   // namespace partway::cost
