// How much a link carried as time went by, from files: rates against time as CSV, and Mahimahi's packet traces. As values, as text, and as
// what the relay and the simulators run on (RateProfile). A file may come from anywhere and is checked whole when it is read.
//
// Every trace repeats when it is over. Arithmetic is in whole nanoseconds and bits, so that it is the same on every machine. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/link_model.h"

namespace partway::net {

struct TraceLimits {
  uint64_t file_bytes = uint64_t{64} << 20;
  size_t lines = 5'000'000;
};

// A rate that holds from `at` until the next one's; the last holds as long as the one before it (a single one, always).
struct RateStep {
  Duration at{};
  int64_t bits_per_second = 0;
};
// "seconds,bits per second" a line, the first at 0, times ascending. Empty lines, and lines that begin with #, are skipped; so is one line of words at the
// head. Rates up to 100 Gbps, at least one above 0; times up to 30 days. Errors: InvalidArgument "ORIGIN:LINE: what, expected what".
absl::StatusOr<std::vector<RateStep>> ParseRateCsv(std::string_view text, const std::string& origin,
                                                   const TraceLimits& limits = {});

// Mahimahi's form (R. Netravali et al., "Mahimahi: Accurate Record-and-Replay for HTTP", USENIX ATC 2015): each line is a millisecond
// at which one packet of kMahimahiPacketBytes may leave; a millisecond may stand on several lines. The last one is the trace's length.
// The same errors; the last line must be above 0.
inline constexpr int64_t kMahimahiPacketBytes = 1500;
absl::StatusOr<std::vector<int64_t>> ParseMahimahi(std::string_view text, const std::string& origin,
                                                   const TraceLimits& limits = {});
std::string MahimahiText(const std::vector<int64_t>& milliseconds);
// The packets that `rate` lets through in its first `length` (whole milliseconds, at least 1), for writing: packet n leaves in the first
// millisecond by whose end n packets' bits could have passed. Errors: InvalidArgument for no packet at all, or more than limits.lines. If the last packet
// leaves before `length` the trace is that much shorter, since the form cannot say otherwise.
absl::StatusOr<std::vector<int64_t>> PacketsOf(const RateProfile& rate, Duration length, const TraceLimits& limits = {});

// One number a line, in the same form. Errors: the same; `what` names a number in them ("bits", "frames").
absl::StatusOr<std::vector<double>> ParseNumbers(std::string_view text, const std::string& origin, std::string_view what,
                                                 double low, double high, const TraceLimits& limits = {});

// As what a link runs on. `steps` and `milliseconds` as the parsers give them.
std::shared_ptr<const RateProfile> RateOverTime(const std::vector<RateStep>& steps);
// An opportunity serves what waits before its instant, and all of it that fits into its bytes; one that finds nothing waiting is lost, as in
// Mahimahi's queue.
std::shared_ptr<const RateProfile> PacketTrace(const std::vector<int64_t>& milliseconds);

// Reads a trace file: with a comma in its first line of numbers a CSV of rates, else Mahimahi's form. Errors: those above and of base/file.h.
absl::StatusOr<std::shared_ptr<const RateProfile>> ReadTrace(const std::string& path, const TraceLimits& limits = {});
absl::StatusOr<std::vector<double>> ReadNumbers(const std::string& path, std::string_view what, double low, double high,
                                                const TraceLimits& limits = {});

}   // namespace partway::net
