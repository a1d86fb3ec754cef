// The owner of a session in virtual time: does what the session says, and tells it what came of it. Who offers the frames, and when,
// is its user's business. Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "base/text.h"
#include "device/session.h"
#include "sim/event_queue.h"
#include "sim/session_checker.h"
#include "sim/simulated_channel.h"
#include "sim/workload.h"

namespace partway::sim {

struct SimulatedDeviceOptions {
  std::string name = "device";
  device::SessionOptions session;
  Faults faults;
  bool watched = true;       // by a SessionChecker
  bool keep_trace = false;   // every event and command as a line of text
};

class SimulatedDevice : private SimulatedChannel::Owner {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void Ended(const device::FrameRecord& record) = 0;
    // Whatever the session said was done; there may be room for another frame. Frames are to be offered in an event of their own.
    virtual void Obeyed() = 0;
  };

  // All but the options must outlive it.
  SimulatedDevice(const SimulatedDeviceOptions& options, net::LinkModel up, net::LinkModel down, EventQueue* events, Rng* rng,
                  SimulatedEdge* edge, Workload* work, User* user);
  SimulatedDevice(const SimulatedDevice&) = delete;
  SimulatedDevice& operator=(const SimulatedDevice&) = delete;

  void Start() { Obey(); }   // it may have something to say at once
  void Offer(device::FrameId frame, const device::Plan* own);
  void SetPlan(const device::Plan& plan);
  const device::Session& session() const { return session_; }

  // --- At the end ---
  std::vector<std::string> Violations();
  double edge_given_s() const { return channel_.given_s(); }   // of the edge's time
  const FaultCounts& fault_counts() const { return channel_.fault_counts(); }
  const std::vector<std::string>& notices() const { return notices_; }
  const std::string& trace() const { return trace_; }

 private:
  void Replied(device::FrameId frame, uint32_t attempt, const device::ServerTimes& times) override;
  void Failed(device::FrameId frame, uint32_t attempt, const absl::Status& status) override;
  void LinkLost(const std::string& why) override;
  void ProbeDone(uint32_t probe, const absl::Status& status) override;

  void Due();
  // After every event told to the session.
  void Obey();
  void Do(const device::PrepareCommand& c);
  void Do(const device::ComputeCommand& c);
  void Do(const device::EncodeCommand& c);
  void Do(const device::SendCommand& c);
  void Do(const device::CancelCommand& c) { channel_.Cancel(c); }
  void Do(const device::FinishCommand& c);
  void Do(const device::ProbeCommand& c) { channel_.Probe(c.probe); }
  void Do(const device::NoticeCommand& c);
  void After(Duration work, device::FrameId frame, const char* done, const absl::Status& status);
  absl::Status DeviceFault(Fault fault, double probability);
  template <class... Args>
  void Trace(const Args&... parts) {
    if (options_.keep_trace) Append(&trace_, events_->now().since_origin.count(), " ns  ", parts..., "\n");
  }

  const SimulatedDeviceOptions options_;
  EventQueue* events_;
  Rng* rng_;
  Workload* work_;
  User* user_;
  device::Session session_;
  std::optional<SessionChecker> checker_;
  SimulatedChannel channel_;
  std::vector<device::Command> commands_;   // being obeyed
  std::optional<Instant> due_;              // when the session's Tick is on the event queue
  std::vector<std::string> notices_;
  std::string trace_;
};

// The command as a line of text.
std::string CommandText(const device::Command& command);

}   // namespace partway::sim
