// What the uplink carries, from our own messages: the server says when each was there, and the time that the link was busy with it is the
// time since the message before it was there or, if the link was idle, since it was handed over. So neither the server's computing nor the
// way back shows in it, and messages that queue behind each other measure the link and not their waiting.
//
//   busy(k) = received(k) - max(received(k-1), handed(k) + base)      rate = sum of bytes / sum of busy
//
// where `base` turns our clock into the server's, with the one-way delay in it: the least received - handed of small messages lately. The sum
// runs back from the newest message until it holds enough, and no further than to where the link was another one (a step). Where answers
// overtake one another, a message's bytes are added to the time in which it was there. What is on its way and takes longer than the estimate
// allows bounds it from above, so that a link that stalls is noticed without a word from it.
//
// Pure; not thread-safe. Device and server clocks may have any offset and drift apart slowly; neither may jump (both are monotonic).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace partway::control {

struct UplinkEstimate {
  double bits_per_second = 0;
  double error = 0;       // relative, one standard deviation as far as the messages' scatter tells
  Duration age{0};        // of the newest message in it
  bool bounded = false;   // less than was measured: something is overdue
};

class UplinkEstimator {
 public:
  static constexpr size_t kMostWaiting = 256;   // of which the oldest is forgotten
  static constexpr size_t kMostSamples = 64;

  // In the order of sending. `id` is new each time. `other`: what the message will take apart from the uplink, as far as is known (computing, the
  // way back), for judging what is overdue.
  void Handed(uint64_t id, Instant now, int64_t bytes, Duration other);
  // Its answer came now; the server had it at `received` on its clock and took `server` over it.
  void Answered(uint64_t id, Instant now, Duration received, Duration server);
  // No answer will come, so the next message says nothing of the link.
  void Forget(uint64_t id);
  // The connection is a new one, perhaps to a server that began anew: the rate measured stays, what is under way and the server's clock do not.
  void Restart();

  // Null until a message was large enough to tell.
  std::optional<UplinkEstimate> estimate(Instant now) const;
  // The least time that an answer took beyond its `other` lately; null before the first.
  std::optional<Duration> round_trip() const;
  // How long the link will be at what was handed over before, as far as the estimate tells: what is handed over now waits for that, also for messages
  // whose answers nobody waits for any more. Null before the first estimate.
  std::optional<Duration> Busy(Instant now) const;
  // A probe worth sending now: long enough on the link to be measured, short enough not to be in the way.
  size_t ProbeBytes(Instant now) const;

 private:
  struct Waiting {
    uint64_t id;
    Instant handed;
    int64_t bytes;
    Duration other;
  };
  struct Sample {
    double bytes;
    Duration before, begin, end;   // of the link's time with it, on the server's clock, and when the one before was there
    Instant at;
    double busy_s() const;
  };
  struct Least {   // of a running window: two halves, the older one given up whole
    std::optional<Duration> now, before;
    Instant since;
    void Add(Instant at, Duration value);
    std::optional<Duration> least() const;
  };

  void ForgetClock();
  bool Tells(int64_t bytes, double busy_s) const;
  void AddOvertaken(const Waiting& message, Duration received, Duration base);

  std::deque<Waiting> waiting_;   // in the order handed
  std::deque<Waiting>
      on_link_;                  // the same, with those forgotten, until an answer tells that a message was there that came after
  std::deque<Sample> samples_;   // newest last
  Least base_, round_trip_;
  std::array<Duration, 8> server_{};   // what it took over the newest messages
  size_t answered_ = 0;
  std::optional<Duration> last_received_;   // server's clock; null: whatever comes next may have waited behind something unknown
  uint64_t last_id_ = 0, forgotten_ = 0;    // the newest that was answered, and forgotten
};

}   // namespace partway::control
