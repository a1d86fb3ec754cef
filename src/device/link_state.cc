#include "device/link_state.h"

#include <algorithm>

namespace partway::device {
namespace {

constexpr int kUnansweredMax = 3;

}   // namespace

LinkState::LinkState(const SessionOptions& options)
    : silence_(options.silence),
      probe_first_(std::max(options.probe_first, Duration(1))),
      probe_max_(std::max(options.probe_max, probe_first_)),
      probe_timeout_(std::max(options.probe_timeout, Duration(1))),
      connected_(options.connected),
      pause_(probe_first_) {
  if (!connected_) {
    why_ = "not connected yet";
    next_probe_ = Instant{};
  }
}

std::optional<NoticeCommand> LinkState::Lose(Instant now, Cause cause, const std::string& why) {
  const bool news = connected_ || cause != cause_;
  if (connected_) {
    connected_ = false;
    next_probe_ = now + pause_;
    unanswered_ = 0;
    first_unanswered_.reset();
  }
  cause_ = cause;
  why_ = why;
  if (!news) return std::nullopt;
  return NoticeCommand{.kind = cause == Cause::kLost ? "lost" : "refused", .detail = why};
}

std::optional<NoticeCommand> LinkState::ProbeDone(Instant now, uint32_t probe, const absl::Status& status) {
  if (!probe_began_ || probe != probe_) return std::nullopt;
  if (status.ok()) {
    RoundTripMeasured(now - *probe_began_);
    probe_began_.reset();
    next_probe_.reset();
    connected_ = true;
    why_.clear();
    // Kept for the next loss, which may follow at once.
    pause_ = std::min(pause_ * 2, probe_max_);
    return NoticeCommand{.kind = "reattached", .detail = ""};
  }
  ProbeFailed(now);
  const bool refused = absl::IsFailedPrecondition(status) || absl::IsNotFound(status);
  return Lose(now, refused ? Cause::kRefused : Cause::kLost, std::string(status.message()));
}

void LinkState::ProbeFailed(Instant now) {
  probe_began_.reset();
  pause_ = std::min(pause_ * 2, probe_max_);
  next_probe_ = now + pause_;
}

std::optional<ProbeCommand> LinkState::Tick(Instant now) {
  if (probe_began_ && now >= *probe_began_ + probe_timeout_) ProbeFailed(now);
  if (!next_probe_ || now < *next_probe_) return std::nullopt;
  next_probe_.reset();
  probe_began_ = now;
  return ProbeCommand{.probe = ++probe_};
}

std::optional<Instant> LinkState::NextTick() const {
  if (probe_began_) return *probe_began_ + probe_timeout_;
  return next_probe_;
}

void LinkState::Heard(Instant now, bool served) {
  heard_ = now;
  unanswered_ = 0;
  first_unanswered_.reset();
  if (served) pause_ = probe_first_;
}

bool LinkState::Unanswered(Instant now, Instant sent, bool timed_out) {
  if (!connected_) return false;
  ++unanswered_;
  if (!first_unanswered_) first_unanswered_ = sent;
  if (timed_out && (!heard_ || *heard_ < sent)) return true;
  if (!silence_) return unanswered_ >= kUnansweredMax;
  return now - std::max(heard_.value_or(*first_unanswered_), *first_unanswered_) >= *silence_;
}

void LinkState::RoundTripMeasured(Duration round_trip) {
  if (round_trip < Duration(0)) return;
  least_round_trip_ = least_round_trip_ ? std::min(*least_round_trip_, round_trip) : round_trip;
}

}   // namespace partway::device
