// The owner of a session in virtual time: offers frames, does what the session says, tells it what came of it. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "device/session.h"
#include "sim/event_queue.h"
#include "sim/session_checker.h"
#include "sim/session_simulation.h"
#include "sim/simulated_channel.h"

namespace partway::sim {

class SimulatedDevice {
 public:
  // All must outlive it.
  SimulatedDevice(const SessionSimulationOptions& options, EventQueue* events, Rng* rng, SimulatedEdge* edge, std::string name);

  void Start();
  // Every frame was offered and has its outcome.
  bool done() const { return offered_ == options_.frames && session_.idle(); }
  // Ends the watch and hands over what came of it.
  SessionSimulationResult Finish();

 private:
  void Offer();
  void OfferIfItMay();
  void Due();
  // After every event told to the session.
  void Obey();
  void Do(const device::PrepareCommand& c);
  void Do(const device::ComputeCommand& c);
  void Do(const device::EncodeCommand& c);
  void Do(const device::SendCommand& c);
  void Do(const device::CancelCommand& c);
  void Do(const device::FinishCommand& c);
  void Do(const device::ProbeCommand& c);
  void Do(const device::NoticeCommand& c);
  absl::Status DeviceFault(Fault fault, double probability);
  void Trace(const std::string& line);

  const SessionSimulationOptions& options_;
  EventQueue* events_;
  Rng* rng_;
  device::Session session_;
  SessionChecker checker_;
  std::unique_ptr<SimulatedChannel> channel_;
  std::map<device::FrameId, int> sizes_;   // as prepared, of frames without an outcome
  SessionSimulationResult result_;
  int64_t offered_ = 0;
  bool offering_ = false;
  std::optional<Instant> due_;   // when the session's Tick is on the event queue
};

// The command as a line of text.
std::string CommandText(const device::Command& command);

}   // namespace partway::sim
