#include "cost/goal.h"

#include <charconv>
#include <cmath>

#include "base/status.h"

namespace partway::cost {
namespace {

constexpr const char kExpected[] =
    "expected latency, throughput, energy, energy-delay or a weighted sum such as latency=1,energy=0.5";

double* WeightOf(Objective* objective, std::string_view name) {
  if (name == "latency") return &objective->latency;
  if (name == "throughput") return &objective->period;
  if (name == "energy") return &objective->energy;
  if (name == "energy-delay") return &objective->energy_delay;
  return nullptr;
}

}   // namespace

absl::StatusOr<Objective> ParseObjective(std::string_view text) {
  Objective objective;
  if (double* alone = WeightOf(&objective, text)) {
    *alone = 1;
    return objective;
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view term = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), term.size() + 1));
    const size_t equals = term.find('=');
    double* weight = equals == std::string_view::npos ? nullptr : WeightOf(&objective, term.substr(0, equals));
    if (weight == nullptr) return InvalidArgument("objective '", text, "' is not known; ", kExpected);
    const std::string_view number = term.substr(equals + 1);
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value) || value <= 0) {
      return InvalidArgument("objective '", text, "': '", number, "' is not a weight above 0; ", kExpected);
    }
    if (*weight > 0) return InvalidArgument("objective '", text, "' names ", term.substr(0, equals), " twice");
    *weight = value;
  }
  if (objective == Objective()) return InvalidArgument("objective '' is empty; ", kExpected);
  return objective;
}

std::string ObjectiveText(const Objective& objective) {
  std::string text;
  const auto add = [&](double weight, const char* name) {
    if (weight <= 0) return;
    if (!text.empty()) text += " + ";
    if (weight == 1) {
      text += name;
    } else {
      Append(&text, weight, " ", name);
    }
  };
  add(objective.latency, "latency");
  add(objective.period, "throughput");
  add(objective.energy, "energy");
  add(objective.energy_delay, "energy-delay");
  return text;
}

const std::optional<double>& Limits::of(Constraint constraint) const { return const_cast<Limits*>(this)->of(constraint); }

std::optional<double>& Limits::of(Constraint constraint) {
  switch (constraint) {
    case Constraint::kLatency: return max_latency_s;
    case Constraint::kPeriod: return max_period_s;
    case Constraint::kEnergy: return max_energy_j;
    case Constraint::kAccuracy: return min_accuracy;
    case Constraint::kDeviceMemory: return max_device_memory_bytes;
    case Constraint::kEdgeMemory: return max_edge_memory_bytes;
    case Constraint::kDeviceGroups: return min_device_groups;
    case Constraint::kDistanceCorrelation: return max_distance_correlation;
    case Constraint::kReconstructionSsim: break;
  }
  return max_reconstruction_ssim;
}

const char* ConstraintName(Constraint constraint) {
  switch (constraint) {
    case Constraint::kLatency: return "latency";
    case Constraint::kPeriod: return "throughput";
    case Constraint::kEnergy: return "energy";
    case Constraint::kAccuracy: return "accuracy";
    case Constraint::kDeviceMemory: return "device_memory";
    case Constraint::kEdgeMemory: return "edge_memory";
    case Constraint::kDeviceGroups: return "device_groups";
    case Constraint::kDistanceCorrelation: return "distance_correlation";
    case Constraint::kReconstructionSsim: break;
  }
  return "reconstruction_ssim";
}

bool IsFloor(Constraint constraint) { return constraint == Constraint::kAccuracy || constraint == Constraint::kDeviceGroups; }

}   // namespace partway::cost
