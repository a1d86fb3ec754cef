// A progress line on stderr: shown only on a terminal and not with --quiet; rewritten in place, at most ten times a second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"

namespace partway::apps {

class Progress {
 public:
  // `total` 0: not known.
  Progress(const Clock& clock, bool quiet, std::string what, int64_t total);
  ~Progress();   // clears the line
  void Update(int64_t done);

 private:
  void Draw(int64_t done);

  const Clock& clock_;
  const bool shown_;
  const std::string what_;
  const int64_t total_;
  const Instant start_;
  std::optional<Instant> drawn_;
};

}   // namespace partway::apps
