// The flags that `plan` and `sweep` share, as typed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "base/quantity.h"

namespace partway::apps {

struct PlanFlags {
  std::string model, profile, edge_profile, accuracy, privacy;   // a model and files
  std::string sizes, codecs, groups;                             // no groups named: auto
  int device_threads = 0, edge_threads = 0;
  bool any_engine = false;
  // The state. For `sweep`, two of uplink, device, edge, rtt and min_accuracy are ranges A:B:STEP.
  std::string device, edge, uplink, rtt, min_accuracy;
  std::optional<BitsPerSecond> downlink;
  double edge_load = 0;
  // The goal.
  std::string objective = "latency", power, max_energy;
  std::optional<Duration> max_latency;
  std::optional<double> min_fps, max_distance_correlation, max_ssim;
  int min_device_groups = 0;
  std::optional<Bytes> max_device_memory, max_edge_memory;
};

void AddPlanFlags(CLI::App& command, PlanFlags* flags);

// A speed: a rate of multiply-adds ("5GFLOPS"), or how many times as fast as the profile says ("0.5x").
struct Speed {
  bool relative = false;
  double value = 0;   // MAC/s, or the factor
};
// Errors: a usage error that names `flag`.
absl::StatusOr<Speed> ParseSpeed(std::string_view text, const std::string& flag);
absl::StatusOr<double> ParseShare(std::string_view text, const std::string& flag);    // 0..1
absl::StatusOr<double> ParseEnergy(std::string_view text, const std::string& flag);   // "500mJ", "2J": joules

}   // namespace partway::apps
