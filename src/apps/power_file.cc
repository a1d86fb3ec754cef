#include "apps/power_file.h"

#include <charconv>
#include <cmath>
#include <sstream>

#include "apps/toml_fields.h"
#include "apps/verb.h"
#include "base/file.h"
#include "base/status.h"

namespace partway::apps {
namespace {

constexpr uint64_t kMaxBytes = 1 << 20;

// "2.7W", "4.8mW": watts.
std::optional<double> Watts(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  const double factor = unit == "W" ? 1 : unit == "mW" ? 1e-3 : 0;
  if (error != std::errc() || !std::isfinite(value) || value < 0 || factor == 0) return std::nullopt;
  return value * factor;
}

}   // namespace

absl::StatusOr<cost::PowerModel> ParsePower(std::string_view text, const std::string& origin) {
  ASSIGN_OR_RETURN(const toml::table root, ParseToml(text, origin));
  cost::PowerModel power;
  bool compute = false, idle = false, transmit = false, receive = false;
  for (const auto& [key, node] : root) {
    const std::string where = Concat(origin, ":", node.source().begin.line, ": ");
    const std::string name(key.str());
    std::optional<std::string> value = node.value<std::string>();
    if (name == "name" || name == "source") {
      if (!value) return InvalidArgument(where, "'", name, "' must be text");
      (name == "name" ? power.name : power.source) = *value;
      continue;
    }
    double* figure = nullptr;
    double scale = 1;
    if (name == "compute") figure = &power.compute_w, compute = true;
    if (name == "idle") figure = &power.idle_w, idle = true;
    if (name == "transmit") figure = &power.transmit_w, transmit = true;
    if (name == "receive") figure = &power.receive_w, receive = true;
    if (name == "transmit_per_mbps") figure = &power.transmit_w_per_bps, scale = 1e-6;
    if (name == "receive_per_mbps") figure = &power.receive_w_per_bps, scale = 1e-6;
    if (figure == nullptr) {
      return InvalidArgument(where, "unknown key '", name,
                             "' (known: name, compute, idle, transmit, receive, transmit_per_mbps, receive_per_mbps, source)");
    }
    const std::optional<double> watts = value ? Watts(*value) : std::nullopt;
    if (!watts) return InvalidArgument(where, "'", name, "' must be a power with its unit, as in \"2.7W\" or \"480mW\"");
    *figure = *watts * scale;
  }
  if (!compute || !idle)
    return InvalidArgument(origin, ": '", compute ? "idle" : "compute", "' is missing, as in compute = \"6.4W\"");
  if (!transmit) power.transmit_w = power.idle_w;
  if (!receive) power.receive_w = power.idle_w;
  if (power.name.empty()) power.name = origin;
  if (power.source.empty()) power.source = origin;
  RETURN_IF_ERROR(Annotate(cost::CheckPower(power), origin));
  return power;
}

absl::StatusOr<cost::PowerModel> LoadPower(const std::string& text) {
  if (text.ends_with(".toml") || text.find('/') != std::string::npos) {
    ASSIGN_OR_RETURN(const std::string content, ReadFile(text, kMaxBytes));
    return ParsePower(content, text);
  }
  absl::StatusOr<cost::PowerModel> power = cost::FindPower(text);
  if (!power.ok()) return UsageError(Concat("--power: ", std::string(power.status().message()), "; or a .toml file"));
  return power;
}

}   // namespace partway::apps
