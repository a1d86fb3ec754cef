// Whether the server may be used, and the probing while it may not: the session's part that knows about losing and finding the
// server. Pure; not thread-safe.
//
// The first probe follows a loss by `probe_first`, each later one a failed one by twice the pause before it, up to `probe_max`. The
// pause starts anew only once the server has answered a frame: a server that takes probes and fails frames is asked ever less often.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "device/session.h"

namespace partway::device {

class LinkState {
 public:
  // Not connected: the first probe is due at once.
  explicit LinkState(const SessionOptions& options);

  enum class Cause : uint8_t { kLost, kRefused };
  // A notice if this is news. Refused: the server is there, but not with this model.
  std::optional<NoticeCommand> Lose(Instant now, Cause cause, const std::string& why);
  std::optional<NoticeCommand> ProbeDone(Instant now, uint32_t probe, const absl::Status& status);
  // Begins a probe that is due, or gives up one that takes too long.
  std::optional<ProbeCommand> Tick(Instant now);
  std::optional<Instant> NextTick() const;

  // A reply of any kind. `served`: it answered a frame.
  void Heard(Instant now, bool served);
  // A frame sent at `sent` was given up for its deadline, or (`timed_out`) for the reply timeout. Returns whether the server must be
  // taken for lost: nothing came since that frame was sent and it timed out, or it is the third frame in a row without an answer, or (in its place, with
  // SessionOptions::silence) nothing came for that long.
  bool Unanswered(Instant now, Instant sent, bool timed_out);

  // With SessionOptions::silence: nothing has come for that long, nor since something that still waits for its answer was sent at `sent`.
  bool Silent(Instant now, Instant sent) const {
    return connected_ && silence_ && now - std::max(heard_.value_or(sent), sent) >= *silence_;
  }

  bool connected() const { return connected_; }
  const std::string& why() const { return why_; }
  // The least round trip that a probe took, if one was answered.
  std::optional<Duration> least_round_trip() const { return least_round_trip_; }
  void RoundTripMeasured(Duration round_trip);

 private:
  void ProbeFailed(Instant now);

  std::optional<Duration> silence_;
  std::optional<Instant> first_unanswered_;   // of those since the last word, when it was sent
  Duration probe_first_, probe_max_, probe_timeout_;
  bool connected_;
  Cause cause_ = Cause::kLost;
  std::string why_;
  Duration pause_;
  uint32_t probe_ = 0;                   // the newest probe's id
  std::optional<Instant> probe_began_;   // set while one is under way
  std::optional<Instant> next_probe_;
  std::optional<Instant> heard_;
  int unanswered_ = 0;   // frames in a row
  std::optional<Duration> least_round_trip_;
};

}   // namespace partway::device
