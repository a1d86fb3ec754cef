#include "apps/plan_flags.h"

#include <charconv>
#include <cmath>

#include "apps/options.h"
#include "apps/verb.h"
#include "base/status.h"

namespace partway::apps {
namespace {

// A finite number at the beginning of `text`, and what follows it.
std::optional<double> NumberBefore(std::string_view text, std::string_view* rest) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  *rest = text.substr(static_cast<size_t>(end - text.data()));
  return value;
}

}   // namespace

absl::StatusOr<Speed> ParseSpeed(std::string_view text, const std::string& flag) {
  std::string_view rest;
  const std::optional<double> number = NumberBefore(text, &rest);
  Speed speed;
  if (number && rest == "x") {
    speed = {true, *number};
  } else {
    const absl::StatusOr<MacsPerSecond> rate = ParseComputeRate(text);
    if (!rate.ok()) {
      return UsageError(Concat(flag, ": ", std::string_view(rate.status().message().data(), rate.status().message().size()),
                               ", or 0.5x for half as fast as profiled"));
    }
    speed = {false, rate->value()};
  }
  if (!(speed.value > 0)) return UsageError(Concat(flag, " '", text, "': a speed above 0 is needed, for example 5GFLOPS"));
  return speed;
}

absl::StatusOr<double> ParseShare(std::string_view text, const std::string& flag) {
  std::string_view rest;
  const std::optional<double> number = NumberBefore(text, &rest);
  if (!number || !rest.empty() || *number < 0 || *number > 1) {
    return UsageError(Concat(flag, " '", text, "' is not a share: expected a number from 0 to 1, for example 0.7"));
  }
  return *number;
}

absl::StatusOr<double> ParseEnergy(std::string_view text, const std::string& flag) {
  std::string_view unit;
  const std::optional<double> number = NumberBefore(text, &unit);
  const double factor = unit == "J" ? 1 : unit == "mJ" ? 1e-3 : unit == "uJ" ? 1e-6 : 0;
  if (!number || *number < 0 || factor == 0) {
    return UsageError(Concat(flag, " '", text, "' is not an energy: expected a number with J, mJ or uJ, for example 500mJ"));
  }
  return *number * factor;
}

void AddPlanFlags(CLI::App& command, PlanFlags* flags) {
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model; may be left away with --profile");
  command.add_option("--profile", flags->profile, "what the device needs for each group (partway profile)");
  command.add_option("--edge-profile", flags->edge_profile, "what the edge needs");
  command.add_option("--device", flags->device,
                     "the device's compute rate (5GFLOPS), or how many times as fast as profiled (0.5x)");
  command.add_option("--edge", flags->edge,
                     "the edge: a compute rate (100GFLOPS), how many times as fast as the device's profile (10x), "
                     "or the address of a running server");
  command.add_option("--uplink", flags->uplink, "from the device to the edge, for example 20Mbps");
  AddBitRate(command, "--downlink", &flags->downlink, "the way back; if left away the reply takes no time beyond the round trip");
  command.add_option("--rtt", flags->rtt, "round trip of the link, for example 10ms");
  command.add_option("--edge-load", flags->edge_load, "share of the edge's time that others take, 0 to below 1")
      ->check(CLI::Range(0.0, 0.999999));
  command.add_option("--accuracy", flags->accuracy, "how often each option is right (partway accuracy)");
  command.add_option("--privacy", flags->privacy, "what each upload gives away (partway privacy)");
  command.add_option("--sizes", flags->sizes, "input sizes, with commas; default: all profiled, or the model's own");
  command.add_option("--codecs", flags->codecs,
                     "codecs, with commas; default: those of the accuracy table, or raw,raw8,fp16,int8");
  command.add_option("--groups", flags->groups,
                     "auto (the default), all, paper, a number, or a JSON file of groups; of the MODEL");
  command.add_option("--threads", flags->device_threads, "of the device's profile; default: its fastest")
      ->check(WholeNumberFrom(1));
  command.add_option("--edge-threads", flags->edge_threads, "of the edge's profile; default: its fastest")
      ->check(WholeNumberFrom(1));
  command.add_flag("--any-engine", flags->any_engine, "take profiles that another engine version measured");
  command
      .add_option("--objective", flags->objective,
                  "latency, throughput, energy, energy-delay, or a weighted sum such as latency=1,energy=0.5 (per second, joule)")
      ->capture_default_str();
  command.add_option("--power", flags->power,
                     "what the device draws: a known board and radio (raspberry-pi-4+lte) or a TOML file");
  AddDuration(command, "--max-latency", &flags->max_latency, "longest latency of a frame");
  command.add_option("--min-accuracy", flags->min_accuracy, "least share of right answers, for example 0.7");
  command.add_option("--min-fps", flags->min_fps, "least frames per second")->check(NumberFrom(0));
  command.add_option("--max-energy", flags->max_energy, "most energy the device spends on a frame, for example 500mJ");
  command.add_option("--min-device-groups", flags->min_device_groups, "least groups that run on the device")
      ->check(WholeNumberFrom(0));
  AddBytes(command, "--max-device-memory", &flags->max_device_memory, "most weights and activations on the device");
  AddBytes(command, "--max-edge-memory", &flags->max_edge_memory, "most on the edge");
  command
      .add_option("--max-distance-correlation", flags->max_distance_correlation, "most that uploads may tell of pictures, 0 to 1")
      ->check(NumberFrom(0));
  command.add_option("--max-ssim", flags->max_ssim, "most likeness of a picture reconstructed from its upload, up to 1");
}

}   // namespace partway::apps
