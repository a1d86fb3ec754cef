#include "wire/server_report.h"

#include <chrono>

#include "base/status.h"

namespace partway::wire {

absl::StatusOr<ServerReport> CheckedReport(int64_t received_us, int64_t busy_us, int64_t workers) {
  if (received_us < 0 || received_us > kMostReportedUs)
    return InvalidArgument("received_us of ", received_us, ", expected 0 to ", kMostReportedUs);
  if (busy_us < 0 || busy_us > kMostReportedUs)
    return InvalidArgument("busy_us of ", busy_us, ", expected 0 to ", kMostReportedUs);
  if (workers < 1 || workers > kMostWorkers) return InvalidArgument("workers of ", workers, ", expected 1 to ", kMostWorkers);
  return ServerReport{std::chrono::microseconds(received_us), std::chrono::microseconds(busy_us), static_cast<int>(workers)};
}

}   // namespace partway::wire
