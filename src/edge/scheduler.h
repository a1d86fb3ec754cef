// The pure core of the edge server: which request is admitted, which runs next, which is refused and why. No thread, no socket,
// no clock of its own. Not thread-safe.
//
// Queues are bounded in number and bytes, over all and per device; a request over a bound is refused with ResourceExhausted and a
// reason. Devices share the server's time, not its number of requests: start-time fair queueing (Goyal, Vin and Cheng, IEEE/ACM Trans.
// Networking 5(5), 1997) with each request's cost as measured, so a device with dear requests gets as much time as one with cheap ones,
// and one that was idle earns nothing by it. Over any time in which two devices both have requests queued, what they were given differs by at
// most the largest cost of each (theorem 1 there). One device's requests run in the order they came. A request whose deadline passed before its turn is refused with DeadlineExceeded. While draining, new requests
// are refused with Unavailable and queued ones are finished.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"

namespace partway::edge {

using JobId = uint64_t;

struct SchedulerLimits {
  int max_queued = 256;
  int max_queued_per_device = 32;
  size_t max_queued_bytes = size_t{512} << 20;
  int max_devices = 1024;   // with something queued or running
};

struct Job {
  JobId id = 0;
  std::string device;
  size_t bytes = 0;
  Duration expected_cost{0};   // 0: not known yet
  std::optional<Instant> deadline;
};

class Scheduler {
 public:
  explicit Scheduler(const SchedulerLimits& limits);
  ~Scheduler();

  absl::Status Offer(Instant now, const Job& job);   // ids are new each time (asserted)
  // The job to run now, if any; it counts as running until Done. Jobs found expired on the way are moved to TakeExpired.
  std::optional<JobId> Next(Instant now);
  std::vector<JobId> TakeExpired();
  void Done(Instant now, JobId job, Duration cost);
  // True if it was still queued (and is now gone); a running one goes on.
  bool Cancel(JobId job);
  void Drain();

  int queued() const;
  int queued(const std::string& device) const;
  int running() const;
  size_t queued_bytes() const;
  bool draining() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::edge
