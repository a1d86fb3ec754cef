// A server's report of itself, as its numbers come over the wire.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "wire/messages.h"

namespace partway::wire {

// What a device may believe: microseconds up to 2^62 / 1000, workers up to this.
inline constexpr int64_t kMostReportedUs = (int64_t{1} << 62) / 1000;
inline constexpr int64_t kMostWorkers = 1 << 16;

// Errors: InvalidArgument that names the number. Thread-safe.
absl::StatusOr<ServerReport> CheckedReport(int64_t received_us, int64_t busy_us, int64_t workers);

}   // namespace partway::wire
