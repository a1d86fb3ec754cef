// Accuracy tables as files: JSON, one document, versioned (docs/formats.md, "Accuracy table"). A file may come from anywhere, a text editor
// included, and is checked whole when it is read. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "profile/accuracy_table.h"

namespace partway::profile {

// What a table may hold at most; more is refused when it is read.
struct AccuracyLimits {
  uint64_t file_bytes = uint64_t{64} << 20;
  size_t rows = 100'000;
  int edge = 16384;   // pixels
  int cuts = 20'000;
  int64_t pictures = 1'000'000'000;
};

std::string AccuracyToJson(const AccuracyTable& table);

// Errors: InvalidArgument, one line with the field and what was expected ("table[3].top1: expected a share from 0 to 1, found 1.2"), also for a row
// that stands twice and for a hole: a size without its uncut row, or without a codec and cut that another size has.
absl::StatusOr<AccuracyTable> AccuracyFromJson(std::string_view text, const AccuracyLimits& limits = {});

// The same with the file's name in front of every error, and those of base/file.h.
absl::StatusOr<AccuracyTable> ReadAccuracy(const std::string& path, const AccuracyLimits& limits = {});
absl::Status WriteAccuracy(const std::string& path, const AccuracyTable& table);

}   // namespace partway::profile
