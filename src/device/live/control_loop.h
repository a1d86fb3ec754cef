// The live side of the control loop: turns the controller's slots by the clock, sends its probes, and tells it what came back. Used by
// the session's owner, on whose thread all of it runs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control/controller.h"
#include "device/live/channel.h"

namespace partway::device {

struct ProbeAnswer {
  uint64_t message = 0;
  absl::StatusOr<wire::ProbeReply> reply;
};

class ControlLoop {
 public:
  // `channel` may be null: no server, nothing to probe. `post` is called on the channel's threads with answers, which come back through On.
  // `fps`: of the source where it is known; null: counted.
  ControlLoop(control::Controller* controller, Channel* channel, std::string device, std::optional<double> fps,
              std::function<void(ProbeAnswer)> post);

  // Some probes, to know the link before the first frame.
  void Warm(Instant now);
  bool warm() const { return probes_.empty(); }   // all were answered, or failed

  // The first slot begins with the first frame. Ends the slot at hand and begins the next if that is due; returns the report of the one
  // that ended.
  std::optional<control::SlotReport> Turn(Instant now, bool connected);
  std::optional<Instant> next() const { return next_; }
  std::optional<control::SlotReport> End();

  // A frame came. Null: it is left out.
  std::optional<int32_t> Take(uint64_t frame, Instant now, Instant captured, bool connected);

  bool WorthSending(uint64_t frame, Instant now, Instant captured, int64_t bytes) {
    return controller_->WorthSending(frame, now, captured, bytes);
  }
  // Messages that carry frames. Handed returns the name to answer or forget them by.
  uint64_t Handed(Instant now, int32_t row, int64_t bytes);
  void Answered(uint64_t message, Instant now, const wire::InferReply& reply);
  // No answer will come; the server may have worked for it all the same, if `row` is given (not -1).
  void Forget(uint64_t message, int32_t row);
  void On(Instant now, const ProbeAnswer& answer);
  void Lost();
  void Reattached(Instant now);

  control::Controller& controller() { return *controller_; }

 private:
  int FramesOf(int64_t slot) const;
  void Begin(Instant now, bool connected);
  void Probe(Instant now, size_t padding);

  control::Controller* const controller_;
  Channel* const channel_;
  const std::string device_;
  const std::optional<double> fps_;
  const std::function<void(ProbeAnswer)> post_;
  std::unordered_set<uint64_t> probes_;   // under way
  uint64_t last_message_ = 0;
  std::optional<Instant> first_, next_;
  int64_t slot_ = 0;
  int arrived_ = 0;   // in the slot at hand
  int before_ = 0;    // in the one before
};

}   // namespace partway::device
