#include "device/frame.h"

#include <algorithm>
#include <cassert>

namespace partway::device {

void BeginStage(Instant now, Stage stage, Frame* frame) {
  frame->stage = stage;
  frame->stage_began = now;
  FrameRecord& r = frame->record;
  switch (stage) {
    case Stage::kPreparing: r.prepare_at_s = now.seconds(); break;
    case Stage::kHead: r.head_at_s = now.seconds(); break;
    case Stage::kEncode: r.encode_at_s = now.seconds(); break;
    case Stage::kInFlight:
      frame->sent = now;
      r.upload_at_s = now.seconds();
      break;
    case Stage::kTail: r.tail_at_s = now.seconds(); break;
    case Stage::kLocal: (frame->whole_local ? r.head_at_s : r.tail_at_s) = now.seconds(); break;
    default: break;
  }
}

void EndDeviceStage(Instant now, Frame* frame) {
  const double seconds = ToSeconds(now - frame->stage_began);
  FrameRecord& r = frame->record;
  switch (frame->stage) {
    case Stage::kPreparing: r.prepare_s = seconds; break;   // of the last one, if it was prepared twice
    case Stage::kHead: r.head_s = seconds; break;
    case Stage::kEncode: r.encode_s = seconds; break;
    case Stage::kTail: r.tail_s = seconds; break;
    case Stage::kLocal: (frame->whole_local ? r.head_s : r.tail_s) = seconds; break;
    default: assert(false);
  }
}

void RecordReply(Instant now, const ServerTimes& times, std::optional<Duration> least_round_trip, Frame* frame) {
  const Duration elapsed = now - frame->sent;
  const Duration compute = std::clamp(times.compute, Duration(0), elapsed);
  const Duration queue = std::clamp(times.queue, Duration(0), elapsed - compute);
  const Duration network = elapsed - compute - queue;
  const Duration reply = std::min(least_round_trip.value_or(Duration(0)) / 2, network / 2);
  FrameRecord& r = frame->record;
  r.upload_s = ToSeconds(network - reply);
  r.edge_queue_s = ToSeconds(queue);
  r.edge_s = ToSeconds(compute);
  r.reply_s = ToSeconds(reply);
  r.edge_at_s = (now - reply - compute).seconds();
}

void RecordGivenUp(Instant now, Frame* frame) { frame->record.upload_s = ToSeconds(now - frame->sent); }

FrameRecord FinishedRecord(Instant now, Outcome outcome, const std::string& reason, bool for_deadline, const Frame& frame) {
  FrameRecord r = frame.record;
  r.id = frame.id;
  r.captured_s = frame.captured.seconds();
  r.latency_s = ToSeconds(now - frame.captured);
  const double parts = r.prepare_s + r.head_s + r.encode_s + r.upload_s + r.edge_queue_s + r.edge_s + r.reply_s + r.tail_s;
  r.wait_s = std::max(0.0, r.latency_s - parts);   // below 0 by rounding only
  r.outcome = outcome;
  r.reason = reason;
  r.deadline_missed = for_deadline || (frame.deadline && now > *frame.deadline);
  return r;
}

}   // namespace partway::device
