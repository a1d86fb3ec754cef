// The Channel seam: messages between device and edge as the live runtime sees them. Asynchronous, never blocks; grpc_channel.h
// is the live implementation, tests bring their own.
//
// A callback is called exactly once, on a thread of the channel's own, never inside the call that was given it. Errors that a callback gets:
// Unavailable (the peer cannot be reached, the connection broke, or the server drains), DeadlineExceeded (no answer within `timeout`, or the server
// refused work whose deadline passed), Cancelled, and whatever the server answers (device/session.h says what each means).
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "wire/messages.h"

namespace partway::device {

// Thread-safe.
class Channel {
 public:
  using AttachDone = std::function<void(absl::StatusOr<wire::AttachReply>)>;
  using ProfileDone = std::function<void(absl::StatusOr<wire::ProfileReply>)>;
  using ProbeDone = std::function<void(absl::StatusOr<wire::ProbeReply>)>;
  using InferDone = std::function<void(absl::StatusOr<wire::InferReply>)>;
  struct Sent {
    uint64_t token = 0;   // for Cancel; never 0 for a request that was taken
    int64_t bytes = 0;    // of the encoded message
  };

  virtual ~Channel() = default;   // as Shutdown
  virtual void Attach(const wire::AttachRequest& request, Duration timeout, AttachDone done) = 0;
  // How busy the edge is, and when this was there; over the connection that inference uses.
  virtual void Probe(const wire::ProbeRequest& request, Duration timeout, ProbeDone done) = 0;
  // What the groups take on the edge; it may have to measure first, so allow it a minute.
  virtual void Profile(const wire::ProfileRequest& request, Duration timeout, ProfileDone done) = 0;
  // Tensors are not copied: whoever holds the request's memory leaves it unchanged until `done` has been called.
  virtual Sent Infer(const wire::InferRequest& request, Duration timeout, InferDone done) = 0;
  // Its callback still comes: Cancelled, or the answer if that was quicker. Unknown and finished tokens are ignored.
  virtual void Cancel(uint64_t token) = 0;
  // Cancels everything and waits until the last callback has returned; not to be called inside one. Requests that come later are
  // not taken: token 0, and their callbacks are dropped.
  virtual void Shutdown() = 0;
};

}   // namespace partway::device
