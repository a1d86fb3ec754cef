#include "cost/power.h"

#include <cmath>

#include "base/status.h"

namespace partway::cost {

absl::Status CheckPower(const PowerModel& power) {
  constexpr double kMaxWatts = 1e4, kMaxJoulesPerBit = 1e-3;
  const auto check = [&](const char* what, double value, double most) {
    if (value >= 0 && value <= most) return absl::OkStatus();
    return InvalidArgument("power of '", power.name, "': ", what, " is ", value, "; expected 0 to ", most);
  };
  RETURN_IF_ERROR(check("compute", power.compute_w, kMaxWatts));
  RETURN_IF_ERROR(check("transmit", power.transmit_w, kMaxWatts));
  RETURN_IF_ERROR(check("receive", power.receive_w, kMaxWatts));
  RETURN_IF_ERROR(check("idle", power.idle_w, kMaxWatts));
  RETURN_IF_ERROR(check("transmit_per_bps", power.transmit_w_per_bps, kMaxJoulesPerBit));
  RETURN_IF_ERROR(check("receive_per_bps", power.receive_w_per_bps, kMaxJoulesPerBit));
  if (power.compute_w == 0)
    return InvalidArgument("power of '", power.name, "': compute is 0; a device that computes draws power");
  return absl::OkStatus();
}

EnergyTerms EnergyOf(const PowerModel& power, const OptionTable& table, size_t row) {
  const auto coefficient = [&](Weight w) { return table.coefficient[w][row]; };
  EnergyTerms energy;
  energy.constant_j = power.transmit_w_per_bps * coefficient(kUplink) + power.receive_w_per_bps * coefficient(kDownlink);
  energy.joules[kDevice] = power.compute_w * coefficient(kDevice);
  energy.joules[kUplink] = power.transmit_w * coefficient(kUplink);
  energy.joules[kRoundTrip] = power.idle_w * coefficient(kRoundTrip);
  energy.joules[kEdge] = power.idle_w * coefficient(kEdge);
  energy.joules[kDownlink] = power.receive_w * coefficient(kDownlink);
  return energy;
}

}   // namespace partway::cost
