#include "control/slot_loop.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace partway::control {
namespace {

constexpr size_t kMostProbes = 8;   // under way; no further ones are sent then
constexpr double kPresetFps = 30;   // of a source that does not say and was not counted yet
constexpr size_t kWarmPadding[] = {0, 0, 16 << 10, 16 << 10, 16 << 10};

}   // namespace

SlotLoop::SlotLoop(Controller* controller, std::optional<double> fps, SendProbe probe)
    : controller_(controller), fps_(fps), probe_(std::move(probe)) {}

void SlotLoop::Warm(Instant now) {
  for (const size_t padding : kWarmPadding) Probe(now, padding);
}

int SlotLoop::FramesOf(int64_t slot) const {
  if (!fps_) return std::max(1, slot > 0 ? before_ : static_cast<int>(std::lround(kPresetFps * controller_->slot_s())));
  const double each = *fps_ * controller_->slot_s();
  const auto upto = [&](int64_t s) { return std::floor(each * static_cast<double>(s) + 1e-6); };
  return std::max(1, static_cast<int>(upto(slot + 1) - upto(slot)));
}

void SlotLoop::Begin(Instant now, bool connected) {
  next_ = *first_ + FromSeconds(static_cast<double>(slot_ + 1) * controller_->slot_s());
  if (!probe_ || !connected) return;
  Probe(now, 0);   // the heartbeat, and what the clocks are compared by
  if (!controller_->WantsProbe(now)) return;
  // Two, so that the second waits behind the first and only the link shows.
  const size_t padding = controller_->uplink().ProbeBytes(now);
  Probe(now, padding);
  Probe(now, padding);
}

std::optional<SlotReport> SlotLoop::Turn(Instant now, bool connected) {
  if (!first_ || now < *next_) return std::nullopt;
  const auto length = FromSeconds(controller_->slot_s());
  slot_ = std::max<int64_t>(slot_ + 1, (now - *first_) / length);   // slots that were slept through are not made up for
  before_ = std::exchange(arrived_, 0);
  std::optional<SlotReport> ended = controller_->Begin(now, FramesOf(slot_), connected, before_);
  Begin(now, connected);
  return ended;
}

std::optional<int32_t> SlotLoop::Take(uint64_t frame, Instant now, Instant captured, bool connected) {
  if (!first_) {
    first_ = captured;
    controller_->Begin(captured, FramesOf(0), connected, 0);
    Begin(now, connected);
  }
  ++arrived_;
  return controller_->Take(frame, std::max(now, captured));
}

uint64_t SlotLoop::Handed(Instant now, int32_t row, int64_t bytes) {
  controller_->uplink().Handed(++last_message_, now, bytes, controller_->BesideUplink(row));
  return last_message_;
}

void SlotLoop::Answered(uint64_t message, Instant now, const device::ServerTimes& times, const std::optional<ServerWord>& word) {
  controller_->load().Served(times.compute);
  if (!word) return controller_->uplink().Forget(message);
  const Duration server = times.queue + times.compute;
  controller_->uplink().Answered(message, now, word->received, server);
  controller_->load().Reported(word->received + server, word->busy, word->workers);
}

void SlotLoop::Forget(uint64_t message, int32_t row) {
  controller_->uplink().Forget(message);
  if (row >= 0) controller_->load().Served(controller_->EdgeWork(row));
}

void SlotLoop::Probe(Instant now, size_t padding) {
  if (!probe_ || probes_.size() >= kMostProbes) return;
  const uint64_t message = ++last_message_;
  probes_.insert(message);
  controller_->uplink().Handed(message, now, static_cast<int64_t>(padding) + 32, Duration(0));
  probe_(message, padding);
}

void SlotLoop::ProbeEnded(uint64_t message, Instant now, const std::optional<ServerWord>& word) {
  if (probes_.erase(message) == 0) return;
  if (!word) return controller_->uplink().Forget(message);
  controller_->uplink().Answered(message, now, word->received, Duration(0));
  controller_->load().Reported(word->received, word->busy, word->workers);
}

void SlotLoop::Lost() {
  probes_.clear();
  controller_->Lost();
}

void SlotLoop::Reattached(Instant now) { Probe(now, 0); }   // clocks are compared before much is under way

std::optional<SlotReport> SlotLoop::End() { return controller_->End(std::exchange(arrived_, 0)); }

}   // namespace partway::control
