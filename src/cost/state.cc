#include "cost/state.h"

#include <cmath>

#include "base/status.h"

namespace partway::cost {

absl::Status CheckState(const State& state) {
  const auto at_least_0 = [](const char* what, double value, bool may_be_infinite) {
    if (value >= 0 && (may_be_infinite || std::isfinite(value))) return absl::OkStatus();
    return InvalidArgument(what, " is ", value, "; expected a number of 0 or more");
  };
  const auto speed = [](const char* what, double value) {
    if (value > 0 && std::isfinite(value)) return absl::OkStatus();
    return InvalidArgument(what, " is ", value, "; expected a number above 0");
  };
  RETURN_IF_ERROR(at_least_0("uplink", state.uplink_bps, true));
  RETURN_IF_ERROR(at_least_0("downlink", state.downlink_bps, true));
  RETURN_IF_ERROR(at_least_0("round trip", state.rtt_s, false));
  RETURN_IF_ERROR(speed("device speed", state.device_speed));
  RETURN_IF_ERROR(speed("edge speed", state.edge_speed));
  if (!(state.edge_load >= 0 && state.edge_load < 1)) {
    return InvalidArgument("edge load is ", state.edge_load, "; expected a share of 0 or more and below 1");
  }
  return absl::OkStatus();
}

Weights WeightsOf(const State& state) {
  const auto per_bit = [](double rate_bps) { return rate_bps > 0 ? 1 / rate_bps : kNoLinkSecondsPerBit; };
  return {1 / state.device_speed, per_bit(state.uplink_bps), state.rtt_s, 1 / (state.edge_speed * (1 - state.edge_load)),
          per_bit(state.downlink_bps)};
}

}   // namespace partway::cost
