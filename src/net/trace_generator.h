// Link traces made from a seed: what a link of some kind might have carried, as rates against time. They are models and no measurements, and
// are named so wherever they appear. Whole numbers and basic arithmetic only, so that a seed gives the same trace on any machine. Thread-safe.
//
//   lte-walk    a pedestrian on LTE: a mean of about 15 Mbit/s that wanders slowly, with fades of a second or two
//   5g-drive    a car on 5G: up to several hundred Mbit/s in a cell, steps down at hand-overs with a gap of 0.3 to 1.2 s
//   busy-wifi   Wi-Fi shared with others: some 40 Mbit/s that others halve or quarter for seconds, with short stalls
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "net/trace.h"

namespace partway::net {

// Step of all generated traces.
inline constexpr Duration kTraceStep = std::chrono::milliseconds(100);
inline constexpr const char* kTraceKinds[] = {"lte-walk", "5g-drive", "busy-wifi"};

// `seconds` in 1..86400. Errors: InvalidArgument for an unknown kind (and which there are) or another length.
absl::StatusOr<std::vector<RateStep>> GenerateTrace(std::string_view kind, int seconds, uint64_t seed);
// As ParseRateCsv reads it, headed by a comment that says what it is.
std::string RateCsvText(const std::vector<RateStep>& steps, std::string_view comment);

}   // namespace partway::net
