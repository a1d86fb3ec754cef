#include "device/session.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "device/session_impl.h"

namespace partway::device {

Session::Session(const SessionOptions& options) : impl_(std::make_unique<Impl>(options)) {
  assert(options.group_count >= 1 && options.depth >= 0 && options.depth_max >= 1);
  assert(options.compute_slots >= 1 && options.encode_slots >= 0 && options.waiting_max >= 1);
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
    const Stage stage = f->stage;
    --(stage == Stage::kEncode && s.options.encode_slots > 0 ? s.encoding : s.computing);
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

void Session::NotSent(Instant now, FrameId frame, uint32_t attempt, const std::string& why) {
  Impl& s = *impl_;
  s.SetNow(now);
  if (Frame* f = s.frames.FindInFlight(frame, attempt)) {
    f->attempt = 0;
    f->record.upload_at_s = -1;
    s.FinishLocally(f, why);
  }
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
