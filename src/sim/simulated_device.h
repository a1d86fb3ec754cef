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
  CallBytes call;
};

class SimulatedDevice : private SimulatedChannel::Owner {
 public:
  class User {
   public:
    virtual ~User() = default;
    virtual void Ended(const device::FrameRecord& record) = 0;
    // Whatever the session said was done; there may be room for another frame. Frames are to be offered in an event of their own.
    virtual void Obeyed() = 0;
    // What a control loop wants to know of its messages; each before the session is told.
    virtual void Sent(device::FrameId frame, uint32_t attempt, int64_t bytes) {
      static_cast<void>(frame), static_cast<void>(attempt), static_cast<void>(bytes);
    }
    // Else the session is told that it was not.
    virtual bool WorthSending(device::FrameId frame, int64_t bytes) {
      static_cast<void>(frame), static_cast<void>(bytes);
      return true;
    }
    virtual void Replied(device::FrameId frame, uint32_t attempt, const device::ServerTimes& times, const ServerStamp& stamp) {
      static_cast<void>(frame), static_cast<void>(attempt), static_cast<void>(times), static_cast<void>(stamp);
    }
    virtual void Failed(device::FrameId frame, uint32_t attempt, const absl::Status& status) {
      static_cast<void>(frame), static_cast<void>(attempt), static_cast<void>(status);
    }
    virtual void Cancelled(device::FrameId frame, uint32_t attempt) { static_cast<void>(frame), static_cast<void>(attempt); }
    // Of MeasureLink; null: the server is not there.
    virtual void Measured(uint64_t message, const ServerStamp* stamp) { static_cast<void>(message), static_cast<void>(stamp); }
    virtual void Noticed(const device::NoticeCommand& notice) { static_cast<void>(notice); }
  };

  // All but the options must outlive it.
  SimulatedDevice(const SimulatedDeviceOptions& options, net::LinkModel up, net::LinkModel down, EventQueue* events, Rng* rng,
                  SimulatedEdge* edge, Workload* work, User* user);
  SimulatedDevice(const SimulatedDevice&) = delete;
  SimulatedDevice& operator=(const SimulatedDevice&) = delete;

  void Start() { Obey(); }   // it may have something to say at once
  // Captured now, or earlier.
  void Offer(device::FrameId frame, const device::Plan* own, std::optional<Instant> captured = std::nullopt);
  // A message that only measures the link (SimulatedChannel::Measure).
  void MeasureLink(uint64_t message, int64_t bytes) { channel_.Measure(message, bytes); }
  void SetPlan(const device::Plan& plan);
  const device::Session& session() const { return session_; }

  // --- At the end ---
  std::vector<std::string> Violations();
  double edge_given_s() const { return channel_.given_s(); }   // of the edge's time
  const FaultCounts& fault_counts() const { return channel_.fault_counts(); }
  const std::vector<std::string>& notices() const { return notices_; }
  const std::string& trace() const { return trace_; }

 private:
  void Replied(device::FrameId frame, uint32_t attempt, const device::ServerTimes& times, const ServerStamp& stamp) override;
  void Failed(device::FrameId frame, uint32_t attempt, const absl::Status& status) override;
  void LinkLost(const std::string& why) override;
  void ProbeDone(uint32_t probe, const absl::Status& status) override;
  void Measured(uint64_t message, const ServerStamp* stamp) override;

  void Due();
  // After every event told to the session.
  void Obey();
  void Do(const device::PrepareCommand& c);
  void Do(const device::ComputeCommand& c);
  void Do(const device::EncodeCommand& c);
  void Do(const device::SendCommand& c);
  void Do(const device::CancelCommand& c);
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
