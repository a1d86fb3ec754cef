// One frame under way, and its row while it is being filled in. Used by the session alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "device/frame_record.h"
#include "device/session.h"

namespace partway::device {

// Where a frame is. The device's compute works for it in kHead, kEncode, kTail and kLocal, the channel in kInFlight.
enum class Stage : uint8_t {
  kArrived,   // waits for its prepare
  kPreparing,
  kPrepared,   // waits for its head
  kHead,
  kNeedsEncode,   // waits for a compute slot
  kEncode,
  kInFlight,    // handed to the channel, no answer yet
  kNeedsTail,   // answered; waits for a compute slot
  kTail,
  kNeedsLocal,   // given up on the edge; waits for a compute slot
  kLocal,
};

struct Frame {
  FrameId id = 0;
  Stage stage = Stage::kArrived;
  Instant captured;
  std::optional<Instant> deadline;
  bool own_plan = false;   // came with it
  Plan plan;               // else from its prepare on, and final from the start of its head on
  bool prepared_again = false;
  bool whole_local = false;   // runs as one [0, N) on the device
  uint32_t attempt = 0;       // 0: none under way
  Instant started;            // its head began, or was handed to the channel at cut 0
  Instant stage_began;
  Instant sent;
  std::optional<double> arrival_gap_s;
  FrameRecord record;

  bool waiting() const { return stage == Stage::kArrived || stage == Stage::kPrepared; }
  // Counts against the depth.
  bool under_way() const { return stage >= Stage::kHead; }
  // When it is to be finished on the device so that it is in time, with a tenth to spare, but not before its answer is overdue; null: it is not at
  // the edge, has no deadline, or nobody knows what that takes.
  std::optional<Instant> take_back_at() const {
    if (stage != Stage::kInFlight || !deadline || plan.here <= Duration(0)) return std::nullopt;
    return std::max(*deadline - plan.here - plan.here / 10, sent + plan.answer);
  }
  // Only the device can answer it, which would be later than its plan's limit if it began now; a limit that leaves no time to wait counts for half as
  // long again as the work takes.
  bool too_late_here(Instant now, bool may_upload) const {
    const bool here = stage == Stage::kNeedsLocal || (waiting() && (plan.from == plan.to || !may_upload));
    if (!here || plan.limit <= Duration(0)) return false;
    const Duration rest = waiting() ? plan.whole : plan.here;
    return now + rest > captured + std::max(plan.limit, rest + rest / 2);
  }
  // Something on the device works for it and cannot be stopped.
  bool on_device() const {
    return stage == Stage::kPreparing || stage == Stage::kHead || stage == Stage::kEncode || stage == Stage::kTail ||
           stage == Stage::kLocal;
  }
};

// --- What became of its time ---
void BeginStage(Instant now, Stage stage, Frame* frame);
// Ends kPreparing, kHead, kEncode, kTail, kLocal.
void EndDeviceStage(Instant now, Frame* frame);
// The answer came. The server's own times are taken as they are, cut to what elapsed; of what is left the reply's way gets half of
// `least_round_trip` (nothing if that is not known), the upload the rest: uploads are megabytes and replies a few kilobytes.
void RecordReply(Instant now, const ServerTimes& times, std::optional<Duration> least_round_trip, Frame* frame);
// No answer came: all the time since the hand-over counts as upload.
void RecordGivenUp(Instant now, Frame* frame);
// The rest of the row; wait_s is what no stage accounts for.
FrameRecord FinishedRecord(Instant now, Outcome outcome, const std::string& reason, bool for_deadline, const Frame& frame);

}   // namespace partway::device
