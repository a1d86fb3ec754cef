// The pause that a full server is left in peace: `first` after its first refusal, doubled with each refusal of an upload that was
// begun after the pause before it, up to `longest`; an answered frame ends it. Pure; not thread-safe.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"

namespace partway::device {

class HoldOff {
 public:
  HoldOff(Duration first, Duration longest) : first_(first), longest_(longest), pause_(first) {}

  void Refused(Instant now, Instant sent) {
    // Refusals of uploads that were under way together count once.
    if (until_ && sent < *until_) return;
    if (until_) pause_ = std::min(pause_ * 2, longest_);
    until_ = now + pause_;
  }
  void Served() {
    until_.reset();
    pause_ = first_;
  }
  bool Holding(Instant now) const { return until_ && now < *until_; }

 private:
  Duration first_, longest_, pause_;
  std::optional<Instant> until_;
};

}   // namespace partway::device
