// A TCP relay that behaves as a link: what enters on one side comes out on the other at a rate, after a delay, through a bounded
// queue; up (from whoever connected to us) and down (from the server) apart. All connections share the one link, taking turns
// segment by segment. When the queue is full the relay stops reading, so TCP holds the sender back and nothing is lost.
//
// The rate counts the bytes that applications write, without TCP and IP headers. A new connection costs a round trip, as the
// handshake of TCP would: what a side sends right after connecting waits that long. End of stream and reset travel the same way
// as bytes do. A server that refuses the connection has the client's side reset.
//
// The link's time, by which traces and faults go, begins with the first connection, or when Rewind says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/units.h"
#include "net/address.h"
#include "net/link_faults.h"
#include "net/link_model.h"

namespace partway::net {

struct DirectionOptions {
  BitsPerSecond rate{0};                        // 0: no limit
  Duration delay{0};                            // one way; 0..60 s
  int64_t queue_bytes = 0;                      // 0: 40 ms at the rate, at least 64 KiB
  std::shared_ptr<const RateProfile> profile;   // instead of `rate`, for rates that change, as a trace does
  std::string profile_name;                     // what people call that
};

struct LinkOptions {
  Address listen;   // any free port on the loopback interface
  Address to;
  DirectionOptions up, down;
  int max_connections = 256;   // further ones are reset at once
  FaultSchedule faults;
};

struct DirectionCounters {
  int64_t bytes_in = 0, bytes_out = 0;
  int64_t queue_peak_bytes = 0;   // most that ever stood in the queue; never above queue_bytes
};

struct LinkCounters {
  int64_t accepted = 0, open = 0;
  int64_t refused = 0;                           // the server could not be reached
  int64_t rejected = 0;                          // beyond max_connections, or while the link was down
  int64_t cut = 0;                               // by CutAll, SetDown or a fault
  int64_t stalls = 0, resets = 0, outages = 0;   // of the schedule, that have begun
  DirectionCounters up, down;
};

// Owns one thread. All methods are thread-safe.
class LinkRelay {
 public:
  // Errors: InvalidArgument for options out of range; NotFound for a name that does not resolve; Unavailable when the address
  // cannot be bound ("cannot listen on 127.0.0.1:8001: Address already in use").
  static absl::StatusOr<std::unique_ptr<LinkRelay>> Start(const LinkOptions& options);
  ~LinkRelay();   // as Stop

  Address address() const;   // where it listens, with the port that was picked
  uint16_t port() const { return address().port; }
  LinkCounters counters() const;

  // Resets all connections, ends the thread, frees the port. Returns when done; a second call does nothing.
  void Stop();

  // Faults. Each returns when it has taken effect.
  void CutAll();                 // resets all connections; new ones are welcome
  void SetDown(bool down);       // while down, connections are cut and new ones reset at once
  void SetPaused(bool paused);   // while paused, the link's time stands still: nothing moves, nothing breaks
  // The link's time begins anew: the trace and the faults start from their beginnings. What is on the link arrives as it was going to, and an
  // outage of the schedule ends. Before the first connection it does nothing.
  void Rewind();

 private:
  class Loop;
  explicit LinkRelay(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}   // namespace partway::net
