// What the user wants: an objective to make small, and constraints that an option must meet. Plain values.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace partway::cost {

// value = latency * latency_s + period * period_s + energy * energy_j + energy_delay * energy_j * latency_s
// where period_s = 1 / throughput. All weights 0 or more, one of them above.
struct Objective {
  double latency = 0;        // per second
  double period = 0;         // per second between frames
  double energy = 0;         // per joule
  double energy_delay = 0;   // per joule-second
  bool needs_power() const { return energy > 0 || energy_delay > 0; }
  bool operator==(const Objective&) const = default;
};

// "latency", "throughput", "energy", "energy-delay", or a weighted sum "latency=1,energy=0.5" (a weight per second, per second
// between frames, per joule, per joule-second). Errors: InvalidArgument that says what it may be.
absl::StatusOr<Objective> ParseObjective(std::string_view text);
std::string ObjectiveText(const Objective& objective);   // "latency", "latency + 0.5 energy"

enum class Constraint {
  kLatency,
  kPeriod,
  kEnergy,
  kAccuracy,
  kDeviceMemory,
  kEdgeMemory,
  kDeviceGroups,
  kDistanceCorrelation,
  kReconstructionSsim,
};
inline constexpr int kConstraintCount = 9;
inline constexpr std::array<Constraint, kConstraintCount> kConstraints = {
    Constraint::kLatency,           Constraint::kPeriod,     Constraint::kEnergy,       Constraint::kAccuracy,
    Constraint::kDeviceMemory,      Constraint::kEdgeMemory, Constraint::kDeviceGroups, Constraint::kDistanceCorrelation,
    Constraint::kReconstructionSsim};

// Each bound includes its value: latency_s <= max_latency_s, accuracy >= min_accuracy.
struct Limits {
  std::optional<double> max_latency_s, max_period_s, max_energy_j, min_accuracy, max_device_memory_bytes, max_edge_memory_bytes,
      min_device_groups, max_distance_correlation, max_reconstruction_ssim;

  const std::optional<double>& of(Constraint constraint) const;
  std::optional<double>& of(Constraint constraint);
};

// "latency", "throughput", "energy", "accuracy", "device_memory", "edge_memory", "device_groups", "distance_correlation", "reconstruction_ssim".
const char* ConstraintName(Constraint constraint);
// Whether a value must be at least its limit (accuracy, groups) rather than at most.
bool IsFloor(Constraint constraint);

}   // namespace partway::cost
