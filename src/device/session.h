// The session: decides what happens to every frame on the device. A pure state machine: events in, commands out, no thread,
// no socket, no clock of its own; time comes with each event. A live runtime (device/live) feeds it from threads and gRPC, the
// simulator from an event queue in virtual time. Not thread-safe: one owner calls it.
//
// Stages of a frame (Parecon, Fig. 1b and 1c): prepare (decode, resize), head on the device, encoding of what crosses the cut (codec
// raw needs none), upload, edge, and where the plan says so a tail on the device. They overlap between frames: at most one Prepare and
// `compute_slots` Computes and Encodes together are under way, any number of uploads up to the pipeline depth. Depth counts frames from the start of their head to their outcome; 0 lets the
// session choose the smallest depth that keeps the slowest stage busy (sum of stage times over the slowest, rounded up), so
// that a head starts only when its upload can follow the one before it back to back.
//
// Every frame that was offered ends in exactly one Finish command: edge, local, or dropped with a reason. If the server is lost,
// frames in flight are finished locally from the values kept at their cut, the session probes with growing pauses, and returns to the
// edge on the first probe that succeeds. A server that lets a frame run into the reply timeout with no word since, or three
// frames in a row into their deadlines, counts as lost. A frame that can still be finished on the device in time, and only just, is taken back
// from the server (Plan::here). What the device alone could only finish too late gives way to newer frames (Plan::limit), so that it never stays
// behind. A frame that is late is dropped, unless the device is at work for it:
// that work ends first, and if it brings the answer the frame counts as answered late; work that would be late is not begun for a frame that was to be answered by the edge. Replies that come late, twice, or for an
// attempt that was given up change nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "device/frame_record.h"

namespace partway::device {

using FrameId = uint64_t;

// Where a frame runs: groups [0, from) on the device, [from, to) on the edge, [to, N) on the device. from == to: all local.
struct Plan {
  int from = 0, to = 0;
  int size = 0;
  std::string codec = "raw";
  // What finishing a frame on the device takes from its values at the cut, as far as is known; 0: not known. With a deadline, a frame whose answer
  // has not come by the time this is needed is finished here.
  Duration here{0};
  // How long the answer is expected to take from the hand-over, with some patience; before that it is not taken back. 0: not known.
  Duration answer{0};
  // A frame that the device alone would finish later than this after its capture gives way to newer ones that wait. 0: it never does.
  Duration limit{0};
  // What all of it takes on the device, as far as is known.
  Duration whole{0};
  bool operator==(const Plan&) const = default;
};

struct SessionOptions {
  int group_count = 0;
  Plan plan;
  int depth = 0;   // 0: chosen, at most depth_max
  int depth_max = 8;
  int compute_slots = 1;
  int encode_slots = 0;       // of Encodes, beside the Computes, on a device with cores to spare; 0: they take compute slots
  int waiting_max = 4;        // frames waiting for their head, apart from the one being prepared
  bool drop_oldest = false;   // camera: a new frame pushes out the oldest waiting one; else CanOffer() tells the source to wait
  std::optional<Duration> deadline;                   // from capture
  Duration reply_timeout = std::chrono::seconds(5);   // no reply in this time (nor the deadline before it): finished locally
  // With a deadline, frames that miss it say little where somebody else watches the link: then the server counts as lost only when nothing has come
  // from it for this long although something was sent. Null: when three frames in a row were not answered in time.
  std::optional<Duration> silence;
  Duration probe_first = std::chrono::milliseconds(100);   // doubled up to probe_max
  Duration probe_max = std::chrono::seconds(2);
  Duration probe_timeout = std::chrono::seconds(2);
  bool connected = true;   // false: begins by probing, all local until then
};

// Times the server reports with a reply.
struct ServerTimes {
  Duration queue{0}, compute{0};
};

// --- Commands ---
// May come a second time for a frame whose head has not started, when the plan's size changed meanwhile.
struct PrepareCommand {
  FrameId frame;
  int size;
};
enum class ComputePurpose : uint8_t { kHead, kTail, kLocal };   // kLocal: in place of the edge, or all-local
struct ComputeCommand {
  FrameId frame;
  int from, to;
  ComputePurpose purpose;
};
// Turn the values at the plan's cut into what its codec sends. Takes a compute slot and ends with ComputeDone. Never for codec "raw",
// whose values are sent as they are.
struct EncodeCommand {
  FrameId frame;
  Plan plan;
};
struct SendCommand {
  FrameId frame;
  uint32_t attempt;
  Plan plan;
  std::optional<Instant> deadline;
};
struct CancelCommand {
  FrameId frame;
  uint32_t attempt;
};
// The frame's values may be freed: no Prepare, Compute or Encode of it is under way. top1 and correct are filled in by the owner.
struct FinishCommand {
  FrameRecord record;
};
struct ProbeCommand {
  uint32_t probe;
};
struct NoticeCommand {
  std::string kind, detail;
};   // "lost", "reattached", "refused": for the record and the log
using Command = std::variant<PrepareCommand, ComputeCommand, EncodeCommand, SendCommand, CancelCommand, FinishCommand,
                             ProbeCommand, NoticeCommand>;

struct SessionCounts {
  int64_t offered = 0, edge = 0, local = 0, dropped = 0, deadline_misses = 0;
};

class Session {
 public:
  explicit Session(const SessionOptions& options);
  ~Session();

  // --- Events. `now` never goes back (asserted). Unknown or finished frames and stale attempts are ignored. ---
  // Whether a frame may be offered; always true with drop_oldest.
  bool CanOffer() const;
  // Ids are new each time (asserted). With `own` the frame runs by that plan, whatever SetPlan says: so a controller that changes its
  // mind every slot, or mixes options within one, loses no frame and prepares none twice. Such frames are paced by who offers them:
  // if the depth is the session's to choose, it is depth_max for them, a bound and no pace.
  void FrameArrived(Instant now, FrameId frame, Instant captured, const Plan* own = nullptr);
  void PrepareDone(Instant now, FrameId frame, const absl::Status& status);   // an error drops the frame with its message
  // Of a Compute or an Encode. An error drops the frame with its message, but what could not be encoded is finished locally.
  void ComputeDone(Instant now, FrameId frame, const absl::Status& status);
  // The upload's size, once the channel has taken the Send.
  void UploadBytes(FrameId frame, uint32_t attempt, int64_t bytes);
  void ReplyArrived(Instant now, FrameId frame, uint32_t attempt, const ServerTimes& times);
  // Unavailable: the link or server is lost. ResourceExhausted: the server is full, this frame goes local and uploads pause a while
  // (growing). DeadlineExceeded: too late. FailedPrecondition, NotFound: the server no longer has this model or grouping: as lost. Else: this frame goes local.
  void ReplyFailed(Instant now, FrameId frame, uint32_t attempt, const absl::Status& status);
  // In place of obeying a Send: it was not worth it. The frame is finished here, unless that would be late.
  void NotSent(Instant now, FrameId frame, uint32_t attempt, const std::string& why);
  void LinkLost(Instant now, const std::string& why);
  // The server said something that is no answer to a frame: it is there.
  void Heard(Instant now);
  // OK: attached again. Stale probes are ignored.
  void ProbeDone(Instant now, uint32_t probe, const absl::Status& status);
  // A round trip without payload that the owner saw (attaching, a health call); probes are measured anyway. Half of the least one is
  // what a record says a reply took; while none is known all time on the network counts as upload.
  void RoundTripMeasured(Duration round_trip);
  // From the next frame whose head has not started, for frames without a plan of their own.
  void SetPlan(Instant now, const Plan& plan);
  void Tick(Instant now);
  // The run is broken off: requests under way are cancelled and every frame without an outcome is dropped with `reason`, also those
  // whose Prepare, Compute or Encode is still under way. Nothing may be offered afterwards.
  void Abandon(Instant now, const std::string& reason);

  // When Tick is next due, if ever.
  std::optional<Instant> NextTick() const;
  // What to do now, in order; empties the list. Call after every event.
  std::vector<Command> TakeCommands();
  void TakeCommands(std::vector<Command>* into);   // the same, in place of what was in `into`, whose memory is used again

  bool idle() const;   // no frame waiting or under way
  bool connected() const;
  int depth() const;   // in force
  const SessionCounts& counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}   // namespace partway::device
