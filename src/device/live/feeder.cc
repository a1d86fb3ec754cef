#include "device/live/feeder.h"

#include <algorithm>
#include <utility>

namespace partway::device {

Feeder::Feeder(media::Source& source, const Clock& clock, FeederOptions options, Offer offer, Ended ended)
    : source_(source), clock_(clock), options_(options), offer_(std::move(offer)), ended_(std::move(ended)), thread_([this] {
        Loop();
      }) {}

Feeder::~Feeder() {
  Stop();
  thread_.join();
}

void Feeder::Ask() {
  std::lock_guard lock(mutex_);
  ++asked_;
  changed_.notify_all();
}

void Feeder::Stop() {
  source_.Interrupt();
  std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool Feeder::WaitUntil(Instant due) {
  std::unique_lock lock(mutex_);
  const Duration wait = due - clock_.Now();
  if (wait > Duration(0)) changed_.wait_for(lock, wait, [&] { return stopped_; });
  return !stopped_;
}

bool Feeder::WaitUntilAsked() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || asked_ > 0; });
  --asked_;
  return !stopped_;
}

void Feeder::Loop() {
  const Instant start = clock_.Now();
  for (int64_t n = 0; !options_.frames_max || n < *options_.frames_max; ++n) {
    // A camera has its own pace; a file is paced here. The n-th frame is due n/fps after the start, so that pauses do not add up.
    // The frame counts as captured when it was due: a pipeline that lags behind shows as waiting, as it would with a camera.
    const bool paced = options_.fps > 0 && !source_.live();
    const Instant due = start + FromSeconds(paced ? static_cast<double>(n) / options_.fps : 0);
    if (paced && !WaitUntil(due)) break;
    if (options_.duration && clock_.Now() - start >= *options_.duration) break;
    if (!source_.live() && !WaitUntilAsked()) break;
    absl::StatusOr<std::optional<media::Picture>> picture = source_.Next();
    if (!picture.ok()) return ended_(picture.status());
    if (!picture->has_value()) break;
    {
      std::lock_guard lock(mutex_);
      if (stopped_) break;
    }
    const Instant now = clock_.Now();
    const Instant oldest = options_.as_camera && paced ? now - FromSeconds(1 / options_.fps) : due;
    offer_(std::make_shared<media::Picture>(*std::move(*picture)), paced ? std::max(due, oldest) : now);
  }
  ended_(absl::OkStatus());
}

}   // namespace partway::device
