#include "base/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <initializer_list>
#include <utility>

#include "base/status.h"

namespace partway {
namespace {

constexpr double kMost = 1e18;   // bytes, bits or operations a second: what still counts in 64 bits

struct Unit {
  std::string_view name;
  double factor;
};

absl::StatusOr<double> Parse(std::string_view text, std::initializer_list<Unit> units, std::string_view what,
                             std::string_view example) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto refuse = [&](std::string_view why) {
    return InvalidArgument("'", text, "' is not a ", what, ": ", why, ", expected for example ", example);
  };
  if (error != std::errc() || !std::isfinite(number)) return refuse("it does not begin with a number");
  if (number < 0) return refuse("it is negative");
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (unit.empty()) return refuse("it has no unit");
  for (const Unit& u : units) {
    if (u.name != unit) continue;
    if (number * u.factor > kMost) return refuse("it is too large");
    return number * u.factor;
  }
  return refuse("its unit is not known");
}

constexpr double kKi = 1024.0, kMi = kKi * 1024, kGi = kMi * 1024, kTi = kGi * 1024;

// Three significant digits with the largest prefix that keeps the number at 1 or more.
std::string WithPrefix(double value, std::string_view unit) {
  static constexpr std::array<std::pair<double, const char*>, 5> kPrefixes = {
      {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}};
  double scale = 1;
  const char* prefix = "";
  for (const auto& [factor, name] : kPrefixes) {
    if (std::fabs(value) >= factor * 0.9995) {
      scale = factor;
      prefix = name;
      break;
    }
  }
  const double shown = value / scale;
  const int decimals = shown >= 99.95 || (scale == 1 && shown == std::floor(shown)) ? 0 : shown >= 9.995 ? 1 : 2;
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f %s%.*s", decimals, shown, prefix, static_cast<int>(unit.size()), unit.data());
  std::string result = buffer;
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

}   // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  ASSIGN_OR_RETURN(const double s, Parse(text, {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}},
                                         "duration", "80ms"));
  if (s > 3.15e8) return InvalidArgument("'", text, "' is longer than ten years");
  return FromSeconds(s);
}

absl::StatusOr<Bytes> ParseBytes(std::string_view text) {
  ASSIGN_OR_RETURN(
      const double v,
      Parse(
          text,
          {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"KiB", kKi}, {"MiB", kMi}, {"GiB", kGi}, {"TiB", kTi}},
          "size", "2.5MB"));
  return Bytes(v);
}

absl::StatusOr<BitsPerSecond> ParseBitRate(std::string_view text) {
  ASSIGN_OR_RETURN(
      const double v,
      Parse(text, {{"bps", 1}, {"kbps", 1e3}, {"Mbps", 1e6}, {"Gbps", 1e9}, {"Kibps", kKi}, {"Mibps", kMi}, {"Gibps", kGi}},
            "bit rate", "20Mbps"));
  return BitsPerSecond(v);
}

absl::StatusOr<MacsPerSecond> ParseComputeRate(std::string_view text) {
  ASSIGN_OR_RETURN(const double v, Parse(text,
                                         {{"FLOPS", 1},
                                          {"kFLOPS", 1e3},
                                          {"MFLOPS", 1e6},
                                          {"GFLOPS", 1e9},
                                          {"TFLOPS", 1e12},
                                          {"MACS", 1},
                                          {"kMACS", 1e3},
                                          {"MMACS", 1e6},
                                          {"GMACS", 1e9},
                                          {"TMACS", 1e12}},
                                         "compute rate", "5GFLOPS"));
  return MacsPerSecond(v);
}

absl::StatusOr<Hertz> ParseFrequency(std::string_view text) {
  ASSIGN_OR_RETURN(const double v, Parse(text, {{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}}, "frequency", "956MHz"));
  return Hertz(v);
}

std::string FormatBytes(double bytes) { return WithPrefix(bytes, "B"); }
std::string FormatBitRate(double bps) { return WithPrefix(bps, "bps"); }
std::string FormatCount(double count) { return WithPrefix(count, ""); }
std::string SizeText(int height, int width) { return height == width ? Concat(height) : Concat(height, "x", width); }

std::string FormatSeconds(double s) {
  char buffer[64];
  const double a = std::fabs(s);
  if (a >= 60)
    std::snprintf(buffer, sizeof buffer, "%.0f s", s);
  else if (a >= 1)
    std::snprintf(buffer, sizeof buffer, "%.2f s", s);
  else if (a >= 0.1)
    std::snprintf(buffer, sizeof buffer, "%.0f ms", s * 1e3);
  else if (a >= 0.01)
    std::snprintf(buffer, sizeof buffer, "%.1f ms", s * 1e3);
  else if (a >= 0.001)
    std::snprintf(buffer, sizeof buffer, "%.2f ms", s * 1e3);
  else
    std::snprintf(buffer, sizeof buffer, "%.0f us", s * 1e6);
  return buffer;
}

}   // namespace partway
