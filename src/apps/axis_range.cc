#include "apps/axis_range.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "apps/verb.h"
#include "base/status.h"

namespace partway::apps {
namespace {

constexpr double kMostValues = 5000;
constexpr char kForm[] = "A:B:STEP or A:B:xFACTOR, for example 10Mbps:1000Mbps:10Mbps or 10Mbps:1Gbps:x1.1";

}   // namespace

bool IsRange(std::string_view text) { return std::count(text.begin(), text.end(), ':') == 2; }

absl::StatusOr<AxisRange> ParseRange(std::string_view text, const std::string& flag,
                                     const std::function<absl::StatusOr<double>(std::string_view)>& parse) {
  const auto refuse = [&](std::string_view why) {
    return UsageError(Concat(flag, " '", text, "': ", why, "; expected ", kForm));
  };
  if (!IsRange(text)) return refuse("it is not a range");
  const size_t one = text.find(':'), two = text.find(':', one + 1);
  const std::string_view first = text.substr(0, one), last = text.substr(one + 1, two - one - 1), step = text.substr(two + 1);
  const auto read = [&](std::string_view part) -> absl::StatusOr<double> {
    absl::StatusOr<double> value = parse(part);
    if (!value.ok()) return UsageError(Concat(flag, ": ", std::string(value.status().message())));
    return value;
  };
  ASSIGN_OR_RETURN(const double a, read(first));
  ASSIGN_OR_RETURN(const double b, read(last));
  if (b < a) return refuse("it ends below its beginning");
  AxisRange range;
  range.first = std::string(first);
  range.logarithmic = step.starts_with("x");
  if (range.logarithmic) {
    double factor = 0;
    const auto [end, error] = std::from_chars(step.data() + 1, step.data() + step.size(), factor);
    if (error != std::errc() || end != step.data() + step.size() || !std::isfinite(factor) || factor <= 1) {
      return refuse("its factor is not a number above 1");
    }
    if (a <= 0) return refuse("steps by a factor cannot begin at 0");
    const double steps = std::floor(std::log(b / a) / std::log(factor) + 1e-9);
    if (steps + 1 > kMostValues) return refuse("more than 5000 values");
    for (int i = 0; i <= static_cast<int>(steps); ++i) range.values.push_back(a * std::pow(factor, i));
    return range;
  }
  ASSIGN_OR_RETURN(const double by, read(step));
  if (by <= 0) return refuse("its step is 0");
  const double steps = std::floor((b - a) / by + 1e-9);
  if (steps + 1 > kMostValues) return refuse("more than 5000 values");
  for (int i = 0; i <= static_cast<int>(steps); ++i) range.values.push_back(a + by * i);
  return range;
}

}   // namespace partway::apps
