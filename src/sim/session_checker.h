// Watches a session from outside and says what it did that its contract forbids. It keeps its own, simpler account of every frame,
// from the events that went in and the commands that came out, and shares no code with the session. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "device/session.h"

namespace partway::sim {

class SessionChecker {
 public:
  explicit SessionChecker(const device::SessionOptions& options);

  // --- What the session was told; call before it is ---
  void Offered(Instant now, device::FrameId frame, Instant captured, const device::Plan* own);
  void DeviceDone(Instant now, device::FrameId frame, const absl::Status& status, bool prepare);
  void Replied(device::FrameId frame, uint32_t attempt);
  void Failed(device::FrameId frame, uint32_t attempt);
  void ProbeDone(Instant now, uint32_t probe, const absl::Status& status);
  void LinkLost() { told_lost_ = true; }
  void Planned(const device::Plan& plan) { plans_.push_back(plan); }

  // What it said to that, and how it stands afterwards.
  void Said(Instant now, const std::vector<device::Command>& commands, const device::Session& session);
  // Nothing is left to happen.
  void Ended(Instant now, const device::Session& session);

  const std::vector<std::string>& violations() const { return violations_; }

 private:
  enum class At : uint8_t { kDevice, kChannel, kIdle };   // who has it; kIdle: the session
  struct Watched {
    Instant captured;
    std::optional<device::Plan> own;   // that it came with
    At at = At::kIdle;
    bool started = false;   // head, or sent
    bool prepared = false;
    bool preparing = false;
    uint32_t attempt = 0;                            // the one under way
    device::Plan plan;                               // as sent
    bool answered = false;                           // a reply came while its attempt was under way
    bool given_up = false;                           // an attempt ended without
    std::optional<device::ComputeCommand> compute;   // the last
    bool compute_done = false;
    bool encoding = false, encoded = false;   // for the upload that its plan asks for
    bool failed_on_device = false;
    int prepares = 0;
    int size = 0;          // as last prepared
    Instant device_done;   // when something on the device last ended
  };

  void Check(bool holds, Instant now, device::FrameId frame, const char* what);
  // Gives the frame a compute slot.
  void Occupy(Instant now, device::FrameId frame, bool encode, Watched* w);
  bool SlotFree(bool encode) const;
  int OnDevice(bool encoding) const;   // frames that its compute works for: encoded, or the rest
  Watched* Live(Instant now, device::FrameId frame, const char* command);
  void See(Instant now, const device::PrepareCommand& c);
  void See(Instant now, const device::ComputeCommand& c);
  void See(Instant now, const device::EncodeCommand& c);
  void See(Instant now, const device::SendCommand& c);
  void See(Instant now, const device::CancelCommand& c);
  void See(Instant now, const device::FinishCommand& c);
  void See(Instant now, const device::ProbeCommand& c);
  void See(Instant now, const device::NoticeCommand& c);
  void CheckLiveness(Instant now, const device::Session& session);
  bool TooLateHere(Instant now, const Watched& w) const;
  bool GaveWay(Instant now, device::FrameId frame, const Watched& w) const;
  void CheckRecord(Instant now, const device::FrameRecord& r, const Watched& w);
  // Frames count when they start: the depth may shrink under those that have.
  void Started(Instant now, device::FrameId frame, Watched* w);

  const device::SessionOptions options_;
  std::vector<device::Plan> plans_;   // every plan that was in force
  std::map<device::FrameId, Watched> live_;
  std::set<device::FrameId> finished_;
  std::set<uint32_t> attempts_;
  device::SessionCounts counts_;
  std::string notice_;   // the last one's kind
  bool connected_;
  bool probing_ = false;
  uint32_t probe_ = 0;
  Instant probe_began_;
  bool told_lost_ = false;
  int depth_ = 0;   // the session's own
  int under_way_ = 0;
  std::vector<std::string> violations_;   // the first few
};

}   // namespace partway::sim
