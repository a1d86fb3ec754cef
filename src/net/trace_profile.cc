// Traces as rate profiles: running sums over one period, searched by halves.
#include <algorithm>
#include <cassert>

#include "net/trace.h"

namespace partway::net {
namespace {

using Wide = __int128;
constexpr Wide kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;

Instant Clamped(Wide nanos) { return nanos >= INT64_MAX ? kNever : Instant{Duration(static_cast<int64_t>(nanos))}; }
int64_t ClampedBits(Wide bits) { return static_cast<int64_t>(std::min<Wide>(bits, INT64_MAX)); }

// Work is bits times nanoseconds per second, so that a rate in whole bit/s adds a whole number every nanosecond.
class SteppedRate final : public RateProfile {
 public:
  explicit SteppedRate(const std::vector<RateStep>& steps) {
    assert(!steps.empty());
    Wide work = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      at_.push_back(steps[i].at.count());
      rate_.push_back(steps[i].bits_per_second);
      work_.push_back(work);
      const int64_t length = i + 1 < steps.size() ? steps[i + 1].at.count() - steps[i].at.count()
                             : i > 0              ? steps[i].at.count() - steps[i - 1].at.count()
                                                  : static_cast<int64_t>(kNanosPerSecond);
      work += Wide{length} * steps[i].bits_per_second;
      period_ = steps[i].at.count() + length;
    }
    period_work_ = work;
  }

  Instant Finish(Instant start, int64_t bits) const override {
    if (bits <= 0) return start;
    const Wide target = WorkUntil(start) + Wide{bits} * kNanosPerSecond;
    // The first instant at which `target` is done lies in the period that begins with less.
    const Wide periods = (target - 1) / period_work_, rest = target - periods * period_work_;   // rest in 1..period_work_
    const auto after =
        std::lower_bound(work_.begin(), work_.end(), rest);   // the first step that begins with `rest` or more done
    const size_t step = static_cast<size_t>(after - work_.begin()) - 1;
    const Wide within = (rest - work_[step] + rate_[step] - 1) / rate_[step];   // rounded up: nothing leaves early
    return Clamped(periods * period_ + at_[step] + within);
  }
  int64_t Carried(Instant start, Instant end) const override {
    return ClampedBits((WorkUntil(end) - WorkUntil(start)) / kNanosPerSecond);
  }
  BitsPerSecond Typical() const override {
    return BitsPerSecond(static_cast<double>(period_work_) / static_cast<double>(period_));
  }

 private:
  Wide WorkUntil(Instant t) const {
    const int64_t nanos = t.since_origin.count(), periods = nanos / period_, rest = nanos % period_;
    const size_t step = static_cast<size_t>(std::upper_bound(at_.begin(), at_.end(), rest) - at_.begin()) - 1;
    return Wide{periods} * period_work_ + work_[step] + Wide{rest - at_[step]} * rate_[step];
  }

  std::vector<int64_t> at_;     // nanoseconds
  std::vector<int64_t> rate_;   // bit/s
  std::vector<Wide> work_;      // done by the step's begin
  int64_t period_ = 0;
  Wide period_work_ = 0;
};

class Packets final : public RateProfile {
 public:
  explicit Packets(const std::vector<int64_t>& milliseconds) : at_(milliseconds), period_(milliseconds.back()) {
    assert(period_ > 0);
  }

  Instant Finish(Instant start, int64_t bits) const override {
    if (bits <= 0) return start;
    const Wide packet = Until(start) + (Wide{bits} + kPacketBits - 1) / kPacketBits;   // the one that does it, from 1
    const auto count = static_cast<Wide>(at_.size());
    const Wide periods = (packet - 1) / count;
    return Clamped((periods * period_ + at_[static_cast<size_t>(packet - 1 - periods * count)]) * kNanosPerMilli);
  }
  int64_t Carried(Instant start, Instant end) const override { return ClampedBits((Until(end) - Until(start)) * kPacketBits); }
  BitsPerSecond Typical() const override {
    return BitsPerSecond(static_cast<double>(kPacketBits) * static_cast<double>(at_.size()) * 1e3 / static_cast<double>(period_));
  }

 private:
  static constexpr Wide kPacketBits = kMahimahiPacketBytes * 8;

  // Opportunities up to and with instant `t`, so that one at the very instant something arrives is not that one's.
  Wide Until(Instant t) const {
    const int64_t ms = t.since_origin.count() / kNanosPerMilli, periods = ms / period_;
    const auto in_period = [&](int64_t rest) { return std::upper_bound(at_.begin(), at_.end(), rest) - at_.begin(); };
    return Wide{periods} * static_cast<Wide>(at_.size()) + in_period(ms % period_);
  }

  const std::vector<int64_t> at_;   // ms, ascending
  const int64_t period_;            // ms
};

}   // namespace

std::shared_ptr<const RateProfile> RateOverTime(const std::vector<RateStep>& steps) {
  return std::make_shared<SteppedRate>(steps);
}

std::shared_ptr<const RateProfile> PacketTrace(const std::vector<int64_t>& milliseconds) {
  return std::make_shared<Packets>(milliseconds);
}

}   // namespace partway::net
