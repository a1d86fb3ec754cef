// One direction of a link, as arithmetic: a bounded first-in first-out queue, drained at a rate that may depend on time, then a
// fixed delay. It moves no bytes and reads no clock: it says when bytes that enter now leave and arrive. The live relay
// (link_relay.h) and the simulator use the same one. A sender that finds the queue full waits; nothing is lost.
//
// Times are whole nanoseconds and amounts whole bytes. The end of every transmission is computed from the start of the busy
// period, not from the end of the one before, so that rounding never adds up: it is below 1 ns however long the link is busy.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/units.h"

namespace partway::net {

// How much a link carries as time goes by. Stateless; thread-safe.
class RateProfile {
 public:
  virtual ~RateProfile() = default;
  // The first instant by which `bits` bits could have passed since `start`; kNever if that is never.
  virtual Instant Finish(Instant start, int64_t bits) const = 0;
  // Whole bits that can have passed from `start` to `end` >= `start`. Carried(s, Finish(s, b)) >= b.
  virtual int64_t Carried(Instant start, Instant end) const = 0;
  // For choosing buffer and segment sizes; 0: no limit.
  virtual BitsPerSecond Typical() const = 0;
};

inline constexpr Instant kNever{Duration(INT64_MAX)};

// The same rate always; no rate (0) means no limit. Errors: InvalidArgument outside 0 or 1 kbps..100 Gbps, or NaN.
absl::StatusOr<std::shared_ptr<const RateProfile>> ConstantRate(BitsPerSecond rate);

// Not thread-safe.
class LinkModel {
 public:
  struct Passage {
    Instant admitted;    // the last byte entered the queue: the sender is free again
    Instant left;        // the last byte left the queue: the next one's transmission may begin
    Instant delivered;   // left + delay
  };

  // `queue_bytes` >= 1 counts what is waiting and what is being transmitted.
  LinkModel(std::shared_ptr<const RateProfile> rate, Duration delay, int64_t queue_bytes);

  // `bytes` >= 0 are offered at `now`, which must not go back between calls. They may exceed the queue: then they enter as it
  // drains, and what is offered before `admitted` stands behind them all the same.
  Passage Send(Instant now, int64_t bytes);

  // In the queue at `now` (admitted or not).
  int64_t Queued(Instant now) const;
  // The first instant >= now at which `bytes` (at most the queue's size; more is taken as that) fit without waiting.
  Instant RoomAt(Instant now, int64_t bytes) const;

  // Lets a busy period begin at `now`, as if what has left by then had never been: for profiles whose cost grows with the time between two
  // instants. Costs up to a bit's time. `now` as for Send.
  void Settle(Instant now);
  Instant busy_since() const { return busy_since_; }

  Duration delay() const { return delay_; }
  int64_t queue_bytes() const { return queue_bytes_; }
  const RateProfile& rate() const { return *rate_; }
  const std::shared_ptr<const RateProfile>& shared_rate() const { return rate_; }

 private:
  std::shared_ptr<const RateProfile> rate_;
  Duration delay_;
  int64_t queue_bytes_;
  Instant busy_since_{};     // start of the busy period at hand
  int64_t busy_bytes_ = 0;   // sent since then
  Instant idle_from_{};      // when the last byte sent so far leaves
};

}   // namespace partway::net
