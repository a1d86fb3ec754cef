#include "sim/simulated_device.h"

#include <utility>

#include "base/status.h"
#include "control/slot_account.h"

namespace partway::sim {

SimulatedDevice::SimulatedDevice(const SimulatedDeviceOptions& options, net::LinkModel up, net::LinkModel down,
                                 EventQueue* events, Rng* rng, SimulatedEdge* edge, Workload* work, User* user)
    : options_(options),
      events_(events),
      rng_(rng),
      work_(work),
      user_(user),
      session_(options.session),
      channel_(events, rng, edge, std::move(up), std::move(down), options.faults, options.name, this, options.call) {
  if (options.watched) checker_.emplace(options.session);
}

void SimulatedDevice::Offer(device::FrameId frame, const device::Plan* own, std::optional<Instant> captured) {
  const Instant now = events_->now(), begun = captured.value_or(now);
  Trace("frame ", frame);
  if (checker_) checker_->Offered(now, frame, begun, own);
  session_.FrameArrived(now, frame, begun, own);
  Obey();
}

void SimulatedDevice::SetPlan(const device::Plan& plan) {
  Trace("plan: groups ", plan.from, " to ", plan.to, " at ", plan.size);
  if (checker_) checker_->Planned(plan);
  session_.SetPlan(events_->now(), plan);
  Obey();
}

void SimulatedDevice::Replied(device::FrameId frame, uint32_t attempt, const device::ServerTimes& times,
                              const ServerStamp& stamp) {
  Trace("reply to ", frame, ", attempt ", attempt);
  if (checker_) checker_->Replied(frame, attempt);
  user_->Replied(frame, attempt, times, stamp);
  session_.ReplyArrived(events_->now(), frame, attempt, times);
  Obey();
}

void SimulatedDevice::Failed(device::FrameId frame, uint32_t attempt, const absl::Status& status) {
  if (options_.keep_trace) Trace("failure of ", frame, ", attempt ", attempt, ": ", status.ToString());
  if (checker_) checker_->Failed(frame, attempt);
  user_->Failed(frame, attempt, status);
  session_.ReplyFailed(events_->now(), frame, attempt, status);
  Obey();
}

void SimulatedDevice::LinkLost(const std::string& why) {
  Trace("link lost: ", why);
  if (checker_) checker_->LinkLost();
  session_.LinkLost(events_->now(), why);
  Obey();
}

void SimulatedDevice::ProbeDone(uint32_t probe, const absl::Status& status) {
  if (options_.keep_trace) Trace("probe ", probe, " done: ", status.ToString());
  if (checker_) checker_->ProbeDone(events_->now(), probe, status);
  session_.ProbeDone(events_->now(), probe, status);
  Obey();
}

void SimulatedDevice::Measured(uint64_t message, const ServerStamp* stamp) {
  user_->Measured(message, stamp);
  if (stamp == nullptr) return;
  session_.Heard(events_->now());
  Obey();
}

// What is done here is told to the session by later events only, so that one list of commands is obeyed at a time.
void SimulatedDevice::Obey() {
  session_.TakeCommands(&commands_);
  if (checker_) checker_->Said(events_->now(), commands_, session_);
  for (const device::Command& command : commands_) {
    if (options_.keep_trace) Trace("  ", CommandText(command));
    std::visit([this](const auto& c) { Do(c); }, command);
  }
  Due();
  user_->Obeyed();
}

void SimulatedDevice::Due() {
  const std::optional<Instant> next = session_.NextTick();
  if (!next || (due_ && *due_ <= *next)) return;
  due_ = *next;
  events_->At(*next, [this, at = *next] {
    if (due_ != at) return;   // an earlier one was put in since
    due_.reset();
    session_.Tick(events_->now());
    Obey();
  });
}

absl::Status SimulatedDevice::DeviceFault(Fault fault, double probability) {
  if (probability <= 0 || channel_.FaultsEnded() || !rng_->Chance(probability)) return absl::OkStatus();
  channel_.CountFault(fault);
  return InternalError(FaultName(fault), ", by a fault");
}

void SimulatedDevice::Do(const device::PrepareCommand& c) {
  const absl::Status status = DeviceFault(Fault::kPrepareError, options_.faults.prepare_error);
  events_->After(work_->Prepare(c), [this, frame = c.frame, status] {
    Trace("prepared ", frame);
    if (checker_) checker_->DeviceDone(events_->now(), frame, status, true);
    session_.PrepareDone(events_->now(), frame, status);
    Obey();
  });
}

void SimulatedDevice::After(Duration work, device::FrameId frame, const char* done, const absl::Status& status) {
  events_->After(work, [this, frame, done, status] {
    Trace(done, " ", frame);
    if (checker_) checker_->DeviceDone(events_->now(), frame, status, false);
    session_.ComputeDone(events_->now(), frame, status);
    Obey();
  });
}

void SimulatedDevice::Do(const device::ComputeCommand& c) {
  const absl::Status status = DeviceFault(Fault::kComputeError, options_.faults.compute_error);
  After(work_->Compute(c), c.frame, "computed", status);
}

void SimulatedDevice::Do(const device::EncodeCommand& c) {
  const absl::Status status = DeviceFault(Fault::kComputeError, options_.faults.compute_error);
  After(work_->Encode(c), c.frame, "encoded", status);
}

void SimulatedDevice::Do(const device::SendCommand& c) {
  const Upload upload = work_->UploadOf(c);
  if (!user_->WorthSending(c.frame, upload.bytes)) {
    return session_.NotSent(events_->now(), c.frame, c.attempt, control::kLinkBehind);
  }
  user_->Sent(c.frame, c.attempt, upload.bytes);
  session_.UploadBytes(c.frame, c.attempt, upload.bytes);
  channel_.Send(c, upload);
}

void SimulatedDevice::Do(const device::CancelCommand& c) {
  user_->Cancelled(c.frame, c.attempt);
  channel_.Cancel(c);
}

void SimulatedDevice::Do(const device::NoticeCommand& c) {
  notices_.push_back(Concat(c.kind, c.detail.empty() ? "" : ": ", c.detail));
  user_->Noticed(c);
}

void SimulatedDevice::Do(const device::FinishCommand& c) {
  user_->Ended(c.record);
  work_->Ended(c.record.id);
}

std::vector<std::string> SimulatedDevice::Violations() {
  if (!checker_) return {};
  checker_->Ended(events_->now(), session_);
  return checker_->violations();
}

}   // namespace partway::sim
