// The controller by the clock: turns its slots, sends the probes that tell of an idle link, and passes on what comes back. Live runs and replays
// (sim/controlled_run.h) both go through it. Pure: time comes in, probes go out through a function. Not thread-safe: used by the session's owner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_set>

#include "base/clock.h"
#include "control/controller.h"

namespace partway::control {

// What a server says of itself with an answer. Times are its steady clock's: only differences count.
struct ServerWord {
  Duration received{0};   // when the last byte of the request was there
  Duration busy{0};       // what its workers have worked in all
  int workers = 0;
};

class SlotLoop {
 public:
  // Sends a message with so much padding, to be answered through ProbeEnded.
  using SendProbe = std::function<void(uint64_t message, size_t padding)>;

  // `fps`: of the source where it is known; null: counted. `probe` empty: there is no server.
  SlotLoop(Controller* controller, std::optional<double> fps, SendProbe probe);

  // Some probes, to know the link before the first frame.
  void Warm(Instant now);
  bool warm() const { return probes_.empty(); }   // all were answered, or failed

  // The first slot begins with the first frame. Ends the slot at hand and begins the next if that is due; returns the report of the one
  // that ended.
  std::optional<SlotReport> Turn(Instant now, bool connected);
  std::optional<Instant> next() const { return next_; }
  std::optional<SlotReport> End();

  // A frame came. Null: it is left out.
  std::optional<int32_t> Take(uint64_t frame, Instant now, Instant captured, bool connected);

  bool WorthSending(uint64_t frame, Instant now, Instant captured, int64_t bytes) {
    return controller_->WorthSending(frame, now, captured, bytes);
  }
  // Messages that carry frames. Handed returns the name to answer or forget them by.
  uint64_t Handed(Instant now, int32_t row, int64_t bytes);
  // `word` null: a server that does not tell.
  void Answered(uint64_t message, Instant now, const device::ServerTimes& times, const std::optional<ServerWord>& word);
  // No answer will come; the server may have worked for it all the same, if `row` is given (not -1).
  void Forget(uint64_t message, int32_t row);
  // Null: no answer came.
  void ProbeEnded(uint64_t message, Instant now, const std::optional<ServerWord>& word);
  void Lost();
  void Reattached(Instant now);

 private:
  int FramesOf(int64_t slot) const;
  void Begin(Instant now, bool connected);
  void Probe(Instant now, size_t padding);

  Controller* const controller_;
  const std::optional<double> fps_;
  const SendProbe probe_;
  std::unordered_set<uint64_t> probes_;   // under way
  uint64_t last_message_ = 0;
  std::optional<Instant> first_, next_;
  int64_t slot_ = 0;
  int arrived_ = 0;   // in the slot at hand
  int before_ = 0;    // in the one before
};

}   // namespace partway::control
