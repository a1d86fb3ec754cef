// Emulates a slower device: what runs in its scope takes `factor` times as long, the rest of it slept. Whoever shows results of such a
// run says "emulated".
#pragma once

#include <thread>

#include "base/clock.h"

namespace partway::device {

class Stretched {
 public:
  // `clock`: the machine's. A factor of 1 or less changes nothing.
  Stretched(const Clock& clock, double factor) : clock_(clock), factor_(factor), begun_(clock.Now()) {}
  ~Stretched() {
    if (factor_ > 1) std::this_thread::sleep_for(FromSeconds(ToSeconds(clock_.Now() - begun_) * (factor_ - 1)));
  }
  Stretched(const Stretched&) = delete;
  Stretched& operator=(const Stretched&) = delete;

 private:
  const Clock& clock_;
  const double factor_;
  const Instant begun_;
};

}   // namespace partway::device
