#include "device/live/control_loop.h"

#include <utility>

namespace partway::device {
namespace {

constexpr Duration kProbeTimeout = std::chrono::seconds(5);

control::ServerWord WordOf(const wire::ServerReport& report) { return {report.received, report.busy, report.workers}; }

control::SlotLoop::SendProbe ProbesOver(Channel* channel, std::string device, std::function<void(ProbeAnswer)> post) {
  if (channel == nullptr) return nullptr;
  return [channel, device = std::move(device), post = std::move(post)](uint64_t message, size_t padding) {
    channel->Probe({.device = device, .padding = padding}, kProbeTimeout,
                   [post, message](absl::StatusOr<wire::ProbeReply> reply) {
                     post({message, std::move(reply)});
                   });
  };
}

}   // namespace

ControlLoop::ControlLoop(control::Controller* controller, Channel* channel, std::string device, std::optional<double> fps,
                         std::function<void(ProbeAnswer)> post)
    : SlotLoop(controller, fps, ProbesOver(channel, std::move(device), std::move(post))) {}

void ControlLoop::Answered(uint64_t message, Instant now, const wire::InferReply& reply) {
  SlotLoop::Answered(message, now, {reply.queue, reply.compute},
                     reply.report ? std::optional(WordOf(*reply.report)) : std::nullopt);
}

void ControlLoop::On(Instant now, const ProbeAnswer& answer) {
  ProbeEnded(answer.message, now, answer.reply.ok() ? std::optional(WordOf(answer.reply->report)) : std::nullopt);
}

}   // namespace partway::device
