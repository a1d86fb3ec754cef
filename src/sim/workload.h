// What a simulated device asks while it does what its session says: how long each piece of work takes, and what an upload weighs. By
// layer groups (session_simulation.h) or by rows of an option table (option_workload.h). Not thread-safe.
#pragma once

#include "base/clock.h"
#include "device/session.h"
#include "sim/simulated_channel.h"

namespace partway::sim {

class Workload {
 public:
  virtual ~Workload() = default;
  virtual Duration Prepare(const device::PrepareCommand& prepare) = 0;
  virtual Duration Compute(const device::ComputeCommand& compute) = 0;
  virtual Duration Encode(const device::EncodeCommand& encode) = 0;
  virtual Upload UploadOf(const device::SendCommand& send) = 0;
  virtual void Ended(device::FrameId frame) = 0;   // nothing more will be asked about it
};

}   // namespace partway::sim
