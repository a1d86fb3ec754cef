// When a link misbehaves: a schedule of faults that the relay follows (link_relay.h) and a simulator can. As values, checked once;
// it reads no clock. Times count from the beginning of the link's time, which is the first connection's.
//
//   stall    nothing enters the link for a while; what had left the queue still arrives, connections stay
//   reset    all connections are reset, new ones are welcome
//   outage   all connections are reset, and so is every new one until it is over
//
// Immutable once made; thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "net/link_model.h"

namespace partway::net {

struct LinkFault {
  enum class Kind : uint8_t { kStall, kReset, kOutage };
  Kind kind = Kind::kStall;
  Duration at{0};       // 0..30 days
  Duration length{0};   // 1 ms..30 days; none for a reset
};
const char* FaultName(LinkFault::Kind kind);   // "stall"

class FaultSchedule {
 public:
  FaultSchedule() = default;   // no faults
  // Up to 10,000 faults in any order. With `repeat` (up to 30 days) all happen again every so often; they must then end by it and leave some
  // time between them. Errors: InvalidArgument for what is out of range and for two faults that overlap; one may begin as another ends.
  static absl::StatusOr<FaultSchedule> Make(std::vector<LinkFault> faults, Duration repeat = Duration(0));

  bool empty() const { return faults_.empty(); }
  const std::vector<LinkFault>& faults() const { return faults_; }   // by time
  Duration repeat() const { return repeat_; }                        // 0: once

  struct Event {
    Instant at;
    LinkFault::Kind kind;
    bool begins;   // else: ends. A reset only begins.
  };
  // The n-th from 0, by time, ends before begins; nullopt when there are no more.
  std::optional<Event> event(int64_t n) const;

  struct Span {
    Instant begin, end;   // the end is not part of it
  };
  // The n-th stall from 0, by time; nullopt when there are no more.
  std::optional<Span> stall(int64_t n) const;
  // How many stalls are over at `t`, which is also the number of the first that is not.
  int64_t StallsOver(Instant t) const;

 private:
  std::vector<LinkFault> faults_;
  std::vector<Event> events_;   // of one period
  std::vector<Span> stalls_;    // of one period
  Duration repeat_{0};
};

// "stall at 5 s for 2 s, reset at 10 s, every 60 s"; at most the first four and how many more there are. Empty without faults.
std::string FaultText(const FaultSchedule& faults);

// What `profile` carries outside the schedule's stalls, while its time goes on; `profile` itself where there are none. What would have to wait for
// more than 10,000 stalls never finishes. Costs time in proportion to the stalls between its two instants (LinkModel::Settle).
std::shared_ptr<const RateProfile> Interrupted(std::shared_ptr<const RateProfile> profile, const FaultSchedule& faults);

}   // namespace partway::net
