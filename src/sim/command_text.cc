#include "base/text.h"
#include "sim/simulated_device.h"

namespace partway::sim {
namespace {

using device::ComputePurpose;

std::string Text(const device::PrepareCommand& c) { return Concat("prepare ", c.frame, " at ", c.size); }
std::string Text(const device::ComputeCommand& c) {
  const char* purpose = c.purpose == ComputePurpose::kHead ? "head " : c.purpose == ComputePurpose::kTail ? "tail " : "local ";
  return Concat(purpose, c.frame, " groups ", c.from, " to ", c.to);
}
std::string Text(const device::EncodeCommand& c) { return Concat("encode ", c.frame, " as ", c.plan.codec); }
std::string Text(const device::SendCommand& c) {
  return Concat("send ", c.frame, " as attempt ", c.attempt, ", groups ", c.plan.from, " to ", c.plan.to);
}
std::string Text(const device::CancelCommand& c) { return Concat("cancel ", c.frame, ", attempt ", c.attempt); }
std::string Text(const device::FinishCommand& c) {
  const device::FrameRecord& r = c.record;
  return Concat("finish ", r.id, ": ", OutcomeName(r.outcome), r.deadline_missed ? ", deadline missed" : "",
                r.reason.empty() ? "" : ", ", r.reason, " (prepare ", r.prepare_s, ", head ", r.head_s, ", encode ", r.encode_s,
                ", wait ", r.wait_s, ", upload ", r.upload_s, ", queue ", r.edge_queue_s, ", edge ", r.edge_s, ", reply ",
                r.reply_s, ", tail ", r.tail_s, ", latency ", r.latency_s, ")");
}
std::string Text(const device::ProbeCommand& c) { return Concat("probe ", c.probe); }
std::string Text(const device::NoticeCommand& c) { return Concat("notice ", c.kind, c.detail.empty() ? "" : ": ", c.detail); }

}   // namespace

std::string CommandText(const device::Command& command) {
  return std::visit([](const auto& c) { return Text(c); }, command);
}

}   // namespace partway::sim
