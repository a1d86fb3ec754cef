#include "device/session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/status.h"
#include "base/text.h"
#include "device/depth_estimator.h"
#include "device/frame_list.h"
#include "device/hold_off.h"
#include "device/link_state.h"

namespace partway::device {
namespace {

// gRPC's own timer may fire this much before the session's; the answer to such a frame is not worth beginning.
constexpr Duration kDeadlineGrace = std::chrono::milliseconds(1);

constexpr char kSilence[] = "frames were sent and nothing came back";

std::string Milliseconds(Duration d) { return Concat(ToSeconds(d) * 1e3, " ms"); }
std::string Message(const absl::Status& status) {
  return status.message().empty() ? absl::StatusCodeToString(status.code()) : std::string(status.message());
}

}   // namespace

struct Session::Impl {
  explicit Impl(const SessionOptions& o)
      : options(o), plan(o.plan), link(o), hold_off(o.probe_first, o.probe_max), estimator(o.depth_max, o.compute_slots) {}

  const SessionOptions options;
  Plan plan;
  LinkState link;
  HoldOff hold_off;
  DepthEstimator estimator;
  // In order of arrival; at most waiting_max + 1 in prepare + the depth (or what it was when they started).
  FrameList frames;
  std::vector<Command> commands;
  SessionCounts counts;
  Instant now;
  uint32_t last_attempt = 0;
  bool preparing = false;
  bool paced = false;   // the newest frame came with its own plan
  int computing = 0;
  // The last answered frame, for the distance between arrivals.
  uint32_t answered_attempt = 0;
  Instant answered_arrival;

  bool IsPlan(const Plan& p) const { return 0 <= p.from && p.from <= p.to && p.to <= options.group_count; }
  int depth() const {
    if (options.depth > 0) return options.depth;
    return paced ? options.depth_max : estimator.depth();
  }

  void SetNow(Instant t) {
    assert(t >= now && "time goes back");
    now = std::max(now, t);
  }
  template <class C>
  void Emit(C command) {
    commands.emplace_back(std::move(command));
  }
  void EmitIf(std::optional<NoticeCommand> notice) {
    if (notice) Emit(*std::move(notice));
  }

  // --- Ends of frames ---
  void Finish(Frame* f, Outcome outcome, const std::string& reason, bool for_deadline = false) {
    FrameRecord record = FinishedRecord(now, outcome, reason, for_deadline, *f);
    counts.deadline_misses += record.deadline_missed ? 1 : 0;
    ++(outcome == Outcome::kEdge ? counts.edge : outcome == Outcome::kLocal ? counts.local : counts.dropped);
    Emit(FinishCommand{.record = std::move(record)});
    frames.Remove(f);
  }
  void FinishFromEdge(Frame* f) {
    const FrameRecord& r = f->record;
    if (!f->own_plan && f->plan == plan) {
      estimator.Observe({.device_s = r.head_s + r.encode_s + r.tail_s,
                         .network_s = r.upload_s + r.reply_s,
                         .edge_s = r.edge_s,
                         .arrival_gap_s = f->arrival_gap_s});
    }
    Finish(f, Outcome::kEdge, "");
  }
  void Drop(Frame* f, const std::string& reason) { Finish(f, Outcome::kDropped, reason); }
  void DropForDeadline(Frame* f) {
    const std::string within = Milliseconds(*f->deadline - f->captured);
    Finish(f, Outcome::kDropped,
           f->under_way() ? Concat("deadline: no answer within ", within) : Concat("deadline: still waiting after ", within),
           true);
  }
  bool Late(const Frame& f) const { return f.deadline && now >= *f.deadline; }

  // --- Between device and edge ---
  void Send(Frame* f) {
    f->attempt = ++last_attempt;
    BeginStage(now, Stage::kInFlight, f);
    Emit(SendCommand{.frame = f->id, .attempt = f->attempt, .plan = f->plan, .deadline = f->deadline});
  }
  static bool Encodes(const Plan& p) { return p.codec != "raw"; }
  void Encode(Frame* f) {
    ++computing;
    BeginStage(now, Stage::kEncode, f);
    Emit(EncodeCommand{.frame = f->id, .plan = f->plan});
  }
  void FinishLocally(Frame* f, const std::string& reason) {
    f->stage = Stage::kNeedsLocal;
    f->record.reason = reason;
  }
  // No answer from the edge is waited for any more. `cancel`: the server may still be at it.
  void GiveUp(Frame* f, bool cancel, const std::string& reason) {
    RecordGivenUp(now, f);
    if (cancel) Emit(CancelCommand{.frame = f->id, .attempt = f->attempt});
    f->attempt = 0;
    FinishLocally(f, reason);
  }
  void Lose(LinkState::Cause cause, const std::string& why) {
    EmitIf(link.Lose(now, cause, why));
    for (Frame& f : frames) {
      if (f.stage == Stage::kInFlight) GiveUp(&f, true, WhyNoUpload());
    }
  }
  std::string WhyNoUpload() const {
    if (!link.connected()) return Concat("no server: ", link.why());
    return "server full: pausing uploads";
  }
  bool MayUpload() const { return link.connected() && !hold_off.Holding(now); }

  // --- What time alone decides ---
  void Expire() {
    bool silent = false;
    int back = 0;   // frames taken back, each of which wants a free slot
    for (size_t i = 0; i < frames.size();) {
      Frame& f = frames[i];
      if (f.stage == Stage::kInFlight) {
        const bool timed_out = now - f.sent >= options.reply_timeout;
        silent = silent || link.Silent(now, f.sent);
        if (timed_out || Late(f)) {
          silent = link.Unanswered(now, f.sent, timed_out) || silent;
          GiveUp(&f, true, Concat("no reply within ", Milliseconds(options.reply_timeout)));
        } else if (const auto at = f.take_back_at();
                   at && now >= *at && now + f.plan.here <= *f.deadline && computing + back < options.compute_slots) {
          ++back;
          silent = link.Unanswered(now, f.sent, false) || silent;
          GiveUp(&f, true, "no reply in time for the deadline");
        }
      }
      if (!Late(f) || f.on_device()) {
        ++i;
      } else {
        DropForDeadline(&f);   // takes it out; the next one is at i now
      }
    }
    if (silent) Lose(LinkState::Cause::kLost, kSilence);
    if (const std::optional<ProbeCommand> probe = link.Tick(now)) Emit(*probe);
  }

  // --- Starting work ---
  bool SlotFree() const { return computing < options.compute_slots; }
  void Compute(Frame* f, Stage stage, int from, int to, ComputePurpose purpose) {
    ++computing;
    BeginStage(now, stage, f);
    Emit(ComputeCommand{.frame = f->id, .from = from, .to = to, .purpose = purpose});
  }
  // Frames that are nearly done come before new ones, the oldest first.
  void StartFinishing() {
    for (Frame& f : frames) {
      if (!SlotFree()) return;
      if (f.stage == Stage::kNeedsEncode) {
        if (MayUpload()) {
          Encode(&f);
        } else {
          FinishLocally(&f, WhyNoUpload());
        }
      }
      if (f.stage == Stage::kNeedsTail) Compute(&f, Stage::kTail, f.plan.to, options.group_count, ComputePurpose::kTail);
      if (f.stage == Stage::kNeedsLocal) Compute(&f, Stage::kLocal, f.plan.from, options.group_count, ComputePurpose::kLocal);
    }
  }
  void StartNew() {
    int under_way = frames.UnderWay();
    for (Frame& f : frames) {
      if (under_way >= depth()) return;
      if (f.stage != Stage::kPrepared) continue;
      if (!f.own_plan && f.plan.size != plan.size &&
          !f.prepared_again) {   // once, so that a restless plan cannot hold a frame for ever
        f.prepared_again = true;
        f.stage = Stage::kArrived;
        continue;
      }
      const Plan next = !f.own_plan && f.plan.size == plan.size ? plan : f.plan;
      const bool planned = next.from < next.to;
      const bool upload = planned && MayUpload();
      // A frame that only needs the link passes those that wait for the device.
      if ((!upload || next.from > 0 || Encodes(next)) && !SlotFree()) continue;
      f.plan = next;
      f.started = now;
      f.record.size = next.size;
      f.record.codec = planned ? next.codec : "";
      f.record.cut = upload ? next.from : options.group_count;
      ++under_way;
      if (!upload) {
        f.whole_local = true;
        if (planned) f.record.reason = WhyNoUpload();
        Compute(&f, Stage::kLocal, 0, options.group_count, ComputePurpose::kLocal);
      } else if (next.from > 0) {
        Compute(&f, Stage::kHead, 0, next.from, ComputePurpose::kHead);
      } else if (Encodes(next)) {
        Encode(&f);
      } else {
        Send(&f);
      }
    }
  }
  // Runs ahead of the heads: far enough to keep them busy, and for a camera no further, since the newest frames are wanted. Frames with plans
  // of their own were wanted one by one, and some may not need the device that those before them wait for.
  void StartPrepare() {
    if (preparing) return;
    const int ahead_max = paced ? options.waiting_max : options.compute_slots + (options.drop_oldest ? 0 : 1);
    int ahead = 0;
    for (const Frame& f : frames) ahead += f.stage == Stage::kPrepared ? 1 : 0;
    if (ahead >= ahead_max) return;
    for (Frame& f : frames) {
      if (f.stage != Stage::kArrived) continue;
      preparing = true;
      if (!f.own_plan) f.plan = plan;
      BeginStage(now, Stage::kPreparing, &f);
      Emit(PrepareCommand{.frame = f.id, .size = f.plan.size});
      return;
    }
  }
  void Advance() {
    Expire();
    StartFinishing();
    StartNew();
    StartPrepare();
    if (PushOut()) StartPrepare();
  }
  // Not only an arrival makes one too many: so does a prepare that ends while the device is busy.
  bool PushOut() {
    if (!options.drop_oldest) return false;
    bool pushed = false;
    for (int waiting = frames.Waiting(); waiting > options.waiting_max; --waiting) {
      Drop(frames.OldestWaiting(), "a newer frame took its place");
      pushed = true;
    }
    return pushed;
  }

  // --- Answers ---
  void Answered(Frame* f, const ServerTimes& times) {
    const std::optional<Duration> round_trip = link.least_round_trip();
    RecordReply(now, times, round_trip, f);
    link.Heard(now, true);
    hold_off.Served();
    const FrameRecord& r = f->record;
    const Instant arrival = now - FromSeconds(r.reply_s + r.edge_s + r.edge_queue_s);
    if (f->attempt == answered_attempt + 1 && f->started < answered_arrival && arrival > answered_arrival) {
      f->arrival_gap_s = ToSeconds(arrival - answered_arrival);
    }
    answered_attempt = f->attempt;
    answered_arrival = arrival;
    f->attempt = 0;
    if (f->plan.to < options.group_count) {
      f->stage = Stage::kNeedsTail;
    } else {
      FinishFromEdge(f);
    }
  }
  void Failed(Frame* f, const absl::Status& status) {
    const bool refused = absl::IsFailedPrecondition(status) || absl::IsNotFound(status);
    if (refused || absl::IsUnavailable(status)) {
      GiveUp(f, false, Concat("no server: ", Message(status)));
      Lose(refused ? LinkState::Cause::kRefused : LinkState::Cause::kLost, Message(status));
    } else if (absl::IsDeadlineExceeded(status)) {
      const bool silent = link.Unanswered(now, f->sent, false);
      GiveUp(f, false, Concat("too late for the edge: ", Message(status)));
      if (f->deadline && now >= *f->deadline - kDeadlineGrace) DropForDeadline(f);
      if (silent) Lose(LinkState::Cause::kLost, kSilence);
    } else if (absl::IsResourceExhausted(status)) {
      link.Heard(now, false);
      hold_off.Refused(now, f->sent);
      GiveUp(f, false, Concat("server full: ", Message(status)));
    } else {
      if (!absl::IsCancelled(status)) link.Heard(now, false);
      GiveUp(f, false, Concat("edge: ", Message(status)));
    }
  }
};

Session::Session(const SessionOptions& options) : impl_(std::make_unique<Impl>(options)) {
  assert(options.group_count >= 1 && options.depth >= 0 && options.depth_max >= 1);
  assert(options.compute_slots >= 1 && options.waiting_max >= 1);
  assert(impl_->IsPlan(options.plan));
}
Session::~Session() = default;

// The frame being prepared may be waiting by the time the one that is asked for now arrives, so its place is kept.
bool Session::CanOffer() const {
  const Impl& s = *impl_;
  return s.options.drop_oldest || s.frames.Waiting() + (s.preparing ? 1 : 0) < s.options.waiting_max;
}

void Session::FrameArrived(Instant now, FrameId frame, Instant captured, const Plan* own) {
  Impl& s = *impl_;
  s.SetNow(now);
  assert(s.frames.Find(frame) == nullptr && "a frame's id was used before");
  assert(own == nullptr || s.IsPlan(*own));
  ++s.counts.offered;
  s.paced = own != nullptr;
  Frame f{.id = frame, .captured = std::min(captured, now), .own_plan = s.paced, .record = {.arrived_at_s = now.seconds()}};
  if (own != nullptr) f.plan = *own;
  if (s.options.deadline) f.deadline = f.captured + *s.options.deadline;
  s.Expire();   // those that are too late make room
  const bool room = CanOffer();
  Frame* added = s.frames.Add(std::move(f));
  if (!room) s.Drop(added, Concat("offered while ", s.options.waiting_max, " frames were waiting"));
  s.Advance();
}

void Session::PrepareDone(Instant now, FrameId frame, const absl::Status& status) {
  Impl& s = *impl_;
  s.SetNow(now);
  Frame* f = s.frames.Find(frame);
  if (f != nullptr && f->stage == Stage::kPreparing) {
    s.preparing = false;
    EndDeviceStage(now, f);
    f->stage = Stage::kPrepared;
    f->record.size = f->plan.size;
    if (!status.ok()) s.Drop(f, Message(status));
  }
  s.Advance();
}

void Session::ComputeDone(Instant now, FrameId frame, const absl::Status& status) {
  Impl& s = *impl_;
  s.SetNow(now);
  Frame* f = s.frames.Find(frame);
  if (f != nullptr && f->on_device() && f->stage != Stage::kPreparing) {
    --s.computing;
    const Stage stage = f->stage;
    EndDeviceStage(now, f);
    if (stage == Stage::kEncode && !status.ok()) {
      s.FinishLocally(f, Concat("not encoded: ", Message(status)));
    } else if (!status.ok()) {
      s.Drop(f, Message(status));
    } else if (stage == Stage::kTail) {
      s.FinishFromEdge(f);
    } else if (stage == Stage::kLocal) {
      s.Finish(f, Outcome::kLocal, f->record.reason);
    } else if (s.Late(*f)) {
      s.DropForDeadline(f);
    } else if (!s.MayUpload()) {
      s.FinishLocally(f, s.WhyNoUpload());
    } else if (stage == Stage::kHead && s.Encodes(f->plan)) {
      f->stage = Stage::kNeedsEncode;
    } else {
      s.Send(f);
    }
  }
  s.Advance();
}

void Session::UploadBytes(FrameId frame, uint32_t attempt, int64_t bytes) {
  if (Frame* f = impl_->frames.FindInFlight(frame, attempt)) f->record.upload_bytes = bytes;
}

void Session::ReplyArrived(Instant now, FrameId frame, uint32_t attempt, const ServerTimes& times) {
  Impl& s = *impl_;
  s.SetNow(now);
  if (Frame* f = s.frames.FindInFlight(frame, attempt)) s.Answered(f, times);
  s.Advance();
}

void Session::ReplyFailed(Instant now, FrameId frame, uint32_t attempt, const absl::Status& status) {
  Impl& s = *impl_;
  s.SetNow(now);
  assert(!status.ok());
  if (Frame* f = s.frames.FindInFlight(frame, attempt)) s.Failed(f, status);
  s.Advance();
}

void Session::LinkLost(Instant now, const std::string& why) {
  Impl& s = *impl_;
  s.SetNow(now);
  if (s.link.connected()) s.Lose(LinkState::Cause::kLost, why);
  s.Advance();
}

void Session::ProbeDone(Instant now, uint32_t probe, const absl::Status& status) {
  Impl& s = *impl_;
  s.SetNow(now);
  s.EmitIf(s.link.ProbeDone(now, probe, status));
  s.Advance();
}

void Session::Heard(Instant now) {
  impl_->SetNow(now);
  impl_->link.Heard(now, false);
}

void Session::RoundTripMeasured(Duration round_trip) { impl_->link.RoundTripMeasured(round_trip); }

void Session::SetPlan(Instant now, const Plan& plan) {
  Impl& s = *impl_;
  s.SetNow(now);
  assert(s.IsPlan(plan));
  if (!(plan == s.plan)) s.estimator.Restart();
  s.plan = plan;
  s.Advance();
}

void Session::Tick(Instant now) {
  impl_->SetNow(now);
  impl_->Advance();
}

void Session::Abandon(Instant now, const std::string& reason) {
  Impl& s = *impl_;
  s.SetNow(now);
  while (!s.frames.empty()) {
    Frame* f = &s.frames.front();
    if (f->stage == Stage::kInFlight) s.GiveUp(f, true, reason);
    s.Drop(f, reason);
  }
}

std::optional<Instant> Session::NextTick() const {
  const Impl& s = *impl_;
  std::optional<Instant> next = s.link.NextTick();
  const auto at = [&next](Instant t) { next = next ? std::min(*next, t) : t; };
  for (const Frame& f : s.frames) {
    if (f.deadline && !f.on_device()) at(*f.deadline);
    if (f.stage == Stage::kInFlight) at(f.sent + s.options.reply_timeout);
    if (const auto back = f.take_back_at(); back && *back > s.now) at(*back);
  }
  return next;
}

std::vector<Command> Session::TakeCommands() { return std::exchange(impl_->commands, {}); }
void Session::TakeCommands(std::vector<Command>* into) { into->clear(), into->swap(impl_->commands); }

bool Session::idle() const { return impl_->frames.empty(); }
bool Session::connected() const { return impl_->link.connected(); }
int Session::depth() const { return impl_->depth(); }
const SessionCounts& Session::counts() const { return impl_->counts; }

}   // namespace partway::device
