// The live side of the control loop (control/slot_loop.h): its probes go over the channel, and the server's answers come to it. Used by the session's owner, on
// whose thread all of it runs.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "control/slot_loop.h"
#include "device/live/channel.h"

namespace partway::device {

struct ProbeAnswer {
  uint64_t message = 0;
  absl::StatusOr<wire::ProbeReply> reply;
};

class ControlLoop : public control::SlotLoop {
 public:
  // `channel` may be null: no server, nothing to probe. `post` is called on the channel's threads with answers, which come back through On.
  // `fps`: of the source where it is known; null: counted.
  ControlLoop(control::Controller* controller, Channel* channel, std::string device, std::optional<double> fps,
              std::function<void(ProbeAnswer)> post);

  using SlotLoop::Answered;
  void Answered(uint64_t message, Instant now, const wire::InferReply& reply);
  void On(Instant now, const ProbeAnswer& answer);
};

}   // namespace partway::device
