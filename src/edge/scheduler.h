// The pure core of the edge server: which request is admitted, which runs next, which is refused and why. No thread, no socket,
// no clock of its own. Not thread-safe.
//
// Queues are bounded in number and bytes, over all and per device; a request over a bound is refused with ResourceExhausted and a
// reason. Peers share the server's time, and the devices of a peer share the peer's: a client gains nothing by calling itself many names. Time, not the
// number of requests: start-time fair queueing (fair_turns.h) on both levels with each request's cost as measured, so a device with dear requests
// gets as much time as one with cheap ones, and one that was idle earns nothing by it. Over any time in which two devices of a peer, or two peers, both have
// requests queued, what they were given differs by at most the largest cost of each (theorem 1 there). One device's requests run in the order they came. A
// request whose deadline passed before its turn is refused with DeadlineExceeded. While draining, new requests are refused with Unavailable
// and queued ones are finished.
//
// Batches: beside the job whose turn it is, others of its kind may begin where that pays (batch_times.h). They are taken peer by peer and device by device
// in the order of turns, each is charged to its device, and only where all of them meet their deadlines in the time that the batch will take. While somebody
// waits whose next job cannot be in the batch, nobody is more than one job ahead of its turn by it: no device gives the batch more than one, and if the one
// that waits is of another peer, no peer does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "edge/batch_times.h"

namespace partway::edge {

using JobId = uint64_t;

struct SchedulerLimits {
  int max_queued = 256;
  int max_queued_per_device = 32;   // of a peer that is named: half of max_queued, if that is more
  size_t max_queued_bytes = size_t{512} << 20;
  int max_devices = 1024;   // with something queued or running
};

struct Job {
  JobId id = 0;
  std::string device;   // a name within its peer
  size_t bytes = 0;
  Duration expected_cost{0};   // 0: not known yet
  std::optional<Instant> deadline = {};
  std::string peer = {};   // where it came from; empty: not told, and then all are one
  KindId kind = 0;         // jobs of one kind can run together; 0: alone
};

class Scheduler {
 public:
  explicit Scheduler(const SchedulerLimits& limits);
  ~Scheduler();

  absl::Status Offer(Instant now, const Job& job);   // ids are new each time (asserted)
  // The job to run now, if any; it counts as running until Done. Jobs found expired on the way are moved to TakeExpired.
  std::optional<JobId> Next(Instant now);
  // The same with others that are to run together with it, in their order; none if there is nothing to run. Each counts as running until its own Done.
  std::vector<JobId> Next(Instant now, const BatchTimes& times);
  std::vector<JobId> TakeExpired();
  void Done(Instant now, JobId job, Duration cost);
  // True if it was still queued (and is now gone); a running one goes on.
  bool Cancel(JobId job);
  void Drain();

  int queued() const;
  int queued(const std::string& device, const std::string& peer = "") const;
  int running() const;
  size_t queued_bytes() const;
  bool draining() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::edge
