// What the outside world is like at the moment of a decision: link, load and speeds. Predictions are linear in the five weights
// that follow from it, which is why crossing points between options have closed forms (flips.h). A plain value.
#pragma once

#include <array>
#include <limits>

#include "absl/status/status.h"

namespace partway::cost {

struct State {
  double uplink_bps = 0;   // bit/s; 0: no link, so only what stays on the device ever ends
  double downlink_bps = std::numeric_limits<double>::infinity();   // infinite: the reply costs no time, as in the papers
  double rtt_s = 0;                                                // there and back, once for a frame that leaves the device
  double device_speed = 1;                                         // times as fast as the device's profile says
  double edge_speed = 1;                                           // times as fast as the edge's profile says
  // Share of the edge's time that others take, 0 up to but not 1. An edge that shares its processor out evenly serves us at 1 - load of
  // its speed (mean sojourn time in an M/G/1 queue with processor sharing; L. Kleinrock, Queueing Systems II, 1976, section 4.4).
  double edge_load = 0;
};

// Errors: InvalidArgument that names the quantity: not finite (downlink and uplink may be infinite), negative, a speed of 0, a load of 1.
absl::Status CheckState(const State& state);

// The weights of an option's coefficients (option_table.h) in paper eq. 2.
enum Weight { kDevice, kUplink, kRoundTrip, kEdge, kDownlink, kWeights };
using Weights = std::array<double, kWeights>;

// Seconds per bit where there is no link: so long that no option which sends is ever taken, and still finite, so that options
// which send nothing keep their value.
inline constexpr double kNoLinkSecondsPerBit = 1e30;

// {1 / device_speed, 1 / uplink, rtt, 1 / (edge_speed (1 - load)), 1 / downlink}.
Weights WeightsOf(const State& state);

}   // namespace partway::cost
