// Quantities as people type them: "20Mbps", "2.5MB", "80ms", "5GFLOPS", "956MHz".
//
// k, M, G, T are powers of ten; Ki, Mi, Gi powers of two. A bare number is refused where a unit is needed. One multiply-add
// counts as one FLOP, as in the papers, so FLOPS and MAC/s are one unit. Errors: InvalidArgument that names the text and
// gives an example of what it may be. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/units.h"

namespace partway {

absl::StatusOr<Duration> ParseDuration(std::string_view text);           // ns us ms s min h
absl::StatusOr<Bytes> ParseBytes(std::string_view text);                 // B kB MB GB KiB MiB GiB
absl::StatusOr<BitsPerSecond> ParseBitRate(std::string_view text);       // bps kbps Mbps Gbps Kibps Mibps
absl::StatusOr<MacsPerSecond> ParseComputeRate(std::string_view text);   // MACS GMACS FLOPS GFLOPS TFLOPS
absl::StatusOr<Hertz> ParseFrequency(std::string_view text);             // Hz kHz MHz GHz

// For tables: "1.61 MB", "12.3 ms", "20.0 Mbps".
std::string FormatBytes(double bytes);
std::string FormatSeconds(double seconds);
std::string FormatBitRate(double bits_per_second);
std::string FormatCount(double count);         // "4.12 G", "361 M"
std::string SizeText(int height, int width);   // of a picture: "224" where it is square, else "192x256"

}   // namespace partway
