#include "device/live/control_loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace partway::device {
namespace {

constexpr Duration kProbeTimeout = std::chrono::seconds(5);
constexpr size_t kMostProbes = 8;   // under way; no further ones are sent then
constexpr double kPresetFps = 30;   // of a source that does not say and was not counted yet
constexpr size_t kWarmPadding[] = {0, 0, 16 << 10, 16 << 10, 16 << 10};

}   // namespace

ControlLoop::ControlLoop(control::Controller* controller, Channel* channel, std::string device, std::optional<double> fps,
                         std::function<void(ProbeAnswer)> post)
    : controller_(controller), channel_(channel), device_(std::move(device)), fps_(fps), post_(std::move(post)) {}

void ControlLoop::Warm(Instant now) {
  for (const size_t padding : kWarmPadding) Probe(now, padding);
}

int ControlLoop::FramesOf(int64_t slot) const {
  if (!fps_) return std::max(1, slot > 0 ? before_ : static_cast<int>(std::lround(kPresetFps * controller_->slot_s())));
  const double each = *fps_ * controller_->slot_s();
  const auto upto = [&](int64_t s) { return std::floor(each * static_cast<double>(s) + 1e-6); };
  return std::max(1, static_cast<int>(upto(slot + 1) - upto(slot)));
}

void ControlLoop::Begin(Instant now, bool connected) {
  next_ = *first_ + FromSeconds(static_cast<double>(slot_ + 1) * controller_->slot_s());
  if (channel_ == nullptr || !connected) return;
  Probe(now, 0);   // the heartbeat, and what the clocks are compared by
  if (!controller_->WantsProbe(now)) return;
  // Two, so that the second waits behind the first and only the link shows.
  const size_t padding = controller_->uplink().ProbeBytes(now);
  Probe(now, padding);
  Probe(now, padding);
}

std::optional<control::SlotReport> ControlLoop::Turn(Instant now, bool connected) {
  if (!first_ || now < *next_) return std::nullopt;
  const auto length = FromSeconds(controller_->slot_s());
  slot_ = std::max<int64_t>(slot_ + 1, (now - *first_) / length);   // slots that were slept through are not made up for
  before_ = std::exchange(arrived_, 0);
  std::optional<control::SlotReport> ended = controller_->Begin(now, FramesOf(slot_), connected, before_);
  Begin(now, connected);
  return ended;
}

std::optional<int32_t> ControlLoop::Take(uint64_t frame, Instant now, Instant captured, bool connected) {
  if (!first_) {
    first_ = captured;
    controller_->Begin(captured, FramesOf(0), connected, 0);
    Begin(now, connected);
  }
  ++arrived_;
  return controller_->Take(frame, std::max(now, captured));
}

uint64_t ControlLoop::Handed(Instant now, int32_t row, int64_t bytes) {
  controller_->uplink().Handed(++last_message_, now, bytes, controller_->BesideUplink(row));
  return last_message_;
}

void ControlLoop::Answered(uint64_t message, Instant now, const wire::InferReply& reply) {
  controller_->load().Served(reply.compute);
  if (!reply.report) return controller_->uplink().Forget(message);   // a server that does not tell
  controller_->uplink().Answered(message, now, reply.report->received, reply.queue + reply.compute);
  controller_->load().Reported(reply.report->received + reply.queue + reply.compute, reply.report->busy, reply.report->workers);
}

void ControlLoop::Forget(uint64_t message, int32_t row) {
  controller_->uplink().Forget(message);
  if (row >= 0) controller_->load().Served(controller_->EdgeWork(row));
}

void ControlLoop::Probe(Instant now, size_t padding) {
  if (channel_ == nullptr || probes_.size() >= kMostProbes) return;
  const uint64_t message = ++last_message_;
  probes_.insert(message);
  controller_->uplink().Handed(message, now, static_cast<int64_t>(padding) + 32, Duration(0));
  channel_->Probe({.device = device_, .padding = padding}, kProbeTimeout,
                  [post = post_, message](absl::StatusOr<wire::ProbeReply> reply) {
                    post({message, std::move(reply)});
                  });
}

void ControlLoop::On(Instant now, const ProbeAnswer& answer) {
  if (probes_.erase(answer.message) == 0) return;
  if (!answer.reply.ok()) return controller_->uplink().Forget(answer.message);
  const wire::ServerReport& report = answer.reply->report;
  controller_->uplink().Answered(answer.message, now, report.received, Duration(0));
  controller_->load().Reported(report.received, report.busy, report.workers);
}

void ControlLoop::Lost() {
  probes_.clear();
  controller_->Lost();
}

void ControlLoop::Reattached(Instant now) { Probe(now, 0); }   // clocks are compared before much is under way

std::optional<control::SlotReport> ControlLoop::End() { return controller_->End(std::exchange(arrived_, 0)); }

}   // namespace partway::device
