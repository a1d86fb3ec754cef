// An axis of a sweep as typed: A:B:STEP for equal steps, A:B:xF for steps by a factor.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace partway::apps {

struct AxisRange {
  std::vector<double> values;   // ascending, in base units
  bool logarithmic = false;
  std::string first;   // A as typed
};

// Whether the text has the form of a range, which a server's address has not.
bool IsRange(std::string_view text);

// `parse` reads A, B and STEP, each with its unit ("10Mbps:1000Mbps:10Mbps", "10Mbps:1Gbps:x1.1"). B counts as reached within a
// billionth of a step. Errors: usage errors that name `flag`: not a range, B below A, a step of 0, a factor of 1 or less, more than 5000 values,
// a range by factors from 0.
absl::StatusOr<AxisRange> ParseRange(std::string_view text, const std::string& flag,
                                     const std::function<absl::StatusOr<double>(std::string_view)>& parse);

}   // namespace partway::apps
