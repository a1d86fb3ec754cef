#include "net/link_model.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/status.h"

namespace partway::net {
namespace {

using Wide = __int128;
constexpr Wide kNanosPerSecond = 1'000'000'000;

Instant At(Instant start, Wide nanos) {
  const Wide t = Wide{start.since_origin.count()} + nanos;
  return t >= INT64_MAX ? kNever : Instant{Duration(static_cast<int64_t>(t))};
}

class Constant final : public RateProfile {
 public:
  explicit Constant(int64_t bits_per_second) : rate_(bits_per_second) {}

  Instant Finish(Instant start, int64_t bits) const override {
    return At(start, (Wide{bits} * kNanosPerSecond + rate_ - 1) / rate_);   // rounded up: nothing leaves early
  }
  int64_t Carried(Instant start, Instant end) const override {
    return static_cast<int64_t>(std::min<Wide>(Wide{(end - start).count()} * rate_ / kNanosPerSecond, INT64_MAX));
  }
  BitsPerSecond Typical() const override { return BitsPerSecond(static_cast<double>(rate_)); }

 private:
  int64_t rate_;
};

class Unlimited final : public RateProfile {
 public:
  Instant Finish(Instant start, int64_t) const override { return start; }
  int64_t Carried(Instant, Instant) const override { return INT64_MAX; }
  BitsPerSecond Typical() const override { return BitsPerSecond(0); }
};

}   // namespace

absl::StatusOr<std::shared_ptr<const RateProfile>> ConstantRate(BitsPerSecond rate) {
  if (rate.value() == 0) return std::make_shared<Unlimited>();
  if (!(rate.value() >= 1e3 && rate.value() <= 1e11)) {
    return InvalidArgument("a link's rate must be 1 kbps to 100 Gbps, or 0 for no limit; got ", rate.value(), " bit/s");
  }
  return std::make_shared<Constant>(std::llround(rate.value()));
}

LinkModel::LinkModel(std::shared_ptr<const RateProfile> rate, Duration delay, int64_t queue_bytes)
    : rate_(std::move(rate)), delay_(delay), queue_bytes_(queue_bytes) {
  assert(rate_ != nullptr && delay >= Duration(0) && queue_bytes >= 1);
}

LinkModel::Passage LinkModel::Send(Instant now, int64_t bytes) {
  assert(bytes >= 0);
  if (now >= idle_from_) {
    busy_since_ = now;
    busy_bytes_ = 0;
  }
  busy_bytes_ += bytes;
  idle_from_ = std::max(now, rate_->Finish(busy_since_, busy_bytes_ * 8));
  // The last byte stands in the queue once no more than the queue's size remains of all that was sent.
  const int64_t ahead = busy_bytes_ - queue_bytes_;
  const Instant admitted = ahead <= 0 ? now : std::max(now, rate_->Finish(busy_since_, ahead * 8));
  return {admitted, idle_from_, idle_from_ == kNever ? kNever : At(idle_from_, delay_.count())};
}

void LinkModel::Settle(Instant now) {
  if (now >= idle_from_) return;
  const int64_t gone = busy_bytes_ - Queued(now);
  busy_since_ = rate_->Finish(busy_since_, gone * 8);
  busy_bytes_ -= gone;
}

int64_t LinkModel::Queued(Instant now) const {
  if (now >= idle_from_) return 0;
  return busy_bytes_ - std::min(busy_bytes_, rate_->Carried(busy_since_, now) / 8);
}

Instant LinkModel::RoomAt(Instant now, int64_t bytes) const {
  const int64_t ahead = busy_bytes_ + std::min(bytes, queue_bytes_) - queue_bytes_;
  if (now >= idle_from_ || ahead <= 0) return now;
  return std::max(now, rate_->Finish(busy_since_, ahead * 8));
}

}   // namespace partway::net
