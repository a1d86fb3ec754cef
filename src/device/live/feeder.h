// Brings frames from a Source to the session at the asked pace, on a thread of its own. From files it brings a frame each time it is
// asked for one, so every frame is processed; from a camera it hands on what comes and the session drops the oldest.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "base/clock.h"
#include "media/source.h"

namespace partway::device {

struct FeederOptions {
  double fps = 0;   // 0: as fast as there is room
  // A file as a camera would be: a frame that is decoded late was captured late, at most one period before it came, so that a source that is too slow
  // for `fps` has fewer frames and not ever older ones.
  bool as_camera = false;
  std::optional<int64_t> frames_max;
  std::optional<Duration> duration;   // from the first frame
};

class Feeder {
 public:
  // `offer` is called on the feeder's thread with each frame and when it was captured; `ended` once, last, with the reason.
  using Offer = std::function<void(std::shared_ptr<media::Picture>, Instant captured)>;
  using Ended = std::function<void(const absl::Status&)>;
  Feeder(media::Source& source, const Clock& clock, FeederOptions options, Offer offer, Ended ended);
  ~Feeder();   // Stop and join

  // One more frame, of a source that waits. Any thread.
  void Ask();
  void Stop();

 private:
  void Loop();
  // Sleeps until `due` or Stop; false if stopped.
  bool WaitUntil(Instant due);
  bool WaitUntilAsked();

  media::Source& source_;
  const Clock& clock_;
  const FeederOptions options_;
  const Offer offer_;
  const Ended ended_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t asked_ = 0;
  bool stopped_ = false;
  std::thread thread_;
};

}   // namespace partway::device
