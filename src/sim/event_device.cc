#include "sim/event_device.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/status.h"
#include "control/load_estimator.h"

namespace partway::sim {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();   // nobody counts here what is in time

net::LinkModel Direction(const std::shared_ptr<const net::RateProfile>& rate, Duration delay, int64_t queue_bytes) {
  return net::LinkModel(rate != nullptr ? rate : *net::ConstantRate(BitsPerSecond(0)), delay, queue_bytes);
}

SimulatedDeviceOptions OptionsOf(const EventDevice& device, const Faults& faults, const OptionWorkload& work) {
  SimulatedDeviceOptions options{.name = device.name, .session = device.session, .faults = faults, .watched = device.watched};
  options.session.group_count = work.group_count();
  options.session.plan = work.plan(device.policy == nullptr ? device.option : 0);
  return options;
}

}   // namespace

DeviceRun::DeviceRun(const EventDevice& device, const EventScenario& scenario, OptionWorkload work, uint64_t seed,
                     EventQueue* events, SimulatedEdge* edge)
    : device_(device),
      scenario_(scenario),
      events_(events),
      edge_(edge),
      rng_(seed),
      work_(std::move(work)),
      known_(*device.options),
      slot_(FromSeconds(device.slot_s)) {
  const EventLink& link = device.link;
  simulated_ = std::make_unique<SimulatedDevice>(
      OptionsOf(device, scenario.faults, work_), Direction(link.up, link.delay_up, link.queue_bytes),
      Direction(link.down, link.delay_down, link.queue_bytes), events_, &rng_, edge, &work_, this);
  if (device.policy == nullptr) {
    work_.SetWeights(cost::WeightsOf(device.state));
    pump_.emplace(
        events_, device.frames, device.frame_interval, [this] { return simulated_->session().CanOffer(); },
        [this](device::FrameId frame) {
          work_.Add(frame, device_.option);
          simulated_->Offer(frame, nullptr);
        });
  } else {
    model_.emplace(policy::Problem{.options = device.options, .slot_s = device.slot_s});
    result_.slots.reserve(device.slots.size());
  }
}

Instant DeviceRun::BeginOf(size_t slot) const { return Instant{} + slot_ * device_.slots[slot].slot; }

void DeviceRun::Start() {
  simulated_->Start();
  if (pump_) {
    pump_->Start();
    all_offered_ = pump_->ended();
  } else if (device_.slots.empty()) {
    all_offered_ = true;
  } else {
    events_->At(BeginOf(0), [this] { BeginSlot(); });
  }
}

void DeviceRun::BeginSlot() {
  if (!failure_.ok()) return;
  if (in_slot_) EndSlot();
  if (slot_at_ == device_.slots.size()) {
    all_offered_ = true;
    return;
  }
  seen_ = See(device_.slots[slot_at_]);
  const policy::Observation& seen = seen_;
  const Instant begin = events_->now();
  const bool next_follows = slot_at_ + 1 < device_.slots.size();
  // A gap between slots is one in which nothing comes; the slot's account stays open until the next one, or for its own length.
  events_->At(next_follows ? BeginOf(slot_at_ + 1) : begin + slot_, [this] { BeginSlot(); });
  cost::Weights weights = device_.slots[slot_at_].weights;   // without what others take: that is queued for, not a speed
  weights[cost::kDevice] /= device_.actual_device;
  weights[cost::kEdge] /= device_.actual_edge;
  work_.SetWeights(weights);
  current_ = {};
  current_.slot = seen.slot;
  current_.uplink_bits = seen.uplink_bits;
  if (device_.keep_memory) current_.memory = device_.policy->memory();
  if (seen.frames > 0) current_.decision = device_.policy->Decide(seen);
  account_.Begin();
  in_slot_ = true;
  failure_ = CheckDecision(seen);
  if (!failure_.ok()) return;
  Spread(seen, begin);
  LeaveOut(seen.frames - current_.decision.frames());
  OfferNext();
}

policy::Observation DeviceRun::See(const policy::Observation& slot) {
  policy::Observation seen = slot;
  if (!scenario_.edge_reports_load) return seen;
  const double others_s = edge_->busy_s() - simulated_->edge_given_s();
  if (slot_at_ > 0) {
    const auto slots = static_cast<double>(slot.slot - device_.slots[slot_at_ - 1].slot);
    const double share = (others_s - others_s_) / (slots * device_.slot_s * scenario_.edge_workers);
    seen.state.edge_load = 1 - (1 - seen.state.edge_load) * (1 - std::clamp(share, 0.0, control::LoadEstimator::kMost));
    seen.weights = cost::WeightsOf(seen.state);
  }
  others_s_ = others_s;
  return seen;
}

absl::Status DeviceRun::CheckDecision(const policy::Observation& seen) const {
  const policy::Decision& decision = current_.decision;
  int64_t frames = 0;
  for (const policy::Share& share : decision.used()) {
    const bool known =
        share.option == policy::kOwnOption || (share.option >= 0 && static_cast<size_t>(share.option) < device_.options->size());
    if (!known || share.frames < 0) {
      return InternalError(device_.name, ": the policy answers slot ", seen.slot, " with option ", share.option, " for ",
                           share.frames, " frames; there are options 0 to ", device_.options->size() - 1);
    }
    frames += share.frames;
  }
  if (frames <= seen.frames) return absl::OkStatus();
  return InternalError(device_.name, ": the policy answers slot ", seen.slot, " with ", frames, " frames; it brings ",
                       seen.frames);
}

void DeviceRun::Spread(const policy::Observation& seen, Instant begin) {
  shares_.clear();
  for (const policy::Share& share : current_.decision.used()) {
    shares_.push_back(control::ShareOf(share.frames, model_->CostOf(current_.decision, share), seen));
  }
  planned_ = spreader_.Spread(shares_, device_.slot_s);
  next_planned_ = 0;
  began_ = begin;
}

void DeviceRun::LeaveOut(int frames) {
  result_.left_out += frames;
  for (int i = 0; i < frames; ++i) {
    ++last_frame_;
    if (!device_.keep_records && !device_.ended) continue;
    const device::FrameRecord record{.id = last_frame_,
                                     .captured_s = events_->now().seconds(),
                                     .arrived_at_s = events_->now().seconds(),
                                     .outcome = device::Outcome::kDropped,
                                     .reason = control::kLeftOut};
    if (device_.ended) device_.ended(record);
    if (device_.keep_records) result_.records.push_back(record);
  }
}

void DeviceRun::OfferNext() {
  if (next_planned_ == planned_.size()) return;
  // Within the slot also where its last instant is rounded up.
  const Instant at = began_ + std::min(FromSeconds(planned_[next_planned_].at_s), slot_ - Duration(1));
  events_->At(at, [this] {
    const policy::Share share = current_.decision.shares[static_cast<size_t>(planned_[next_planned_].share)];
    ++next_planned_;
    OfferNext();
    const device::FrameId frame = ++last_frame_;
    const device::Plan* plan =
        share.option == policy::kOwnOption ? work_.AddOwn(frame, current_.decision.own) : work_.Add(frame, share.option);
    const policy::OptionCost cost = model_->CostOf(current_.decision, share);
    expected_.Put(frame, control::ExpectedOf(cost, device_.slots[slot_at_].weights));
    simulated_->Offer(frame, plan);
  });
}

void DeviceRun::Ended(const device::FrameRecord& record) {
  if (device_.ended) device_.ended(record);
  if (device_.keep_records) result_.records.push_back(record);
  const bool answered = record.outcome != device::Outcome::kDropped;
  const double accuracy = answered ? work_.Accuracy(record.id, record.outcome) : 0;
  if (const control::ExpectedTimes* expected = expected_.Find(record.id)) {
    account_.Ended(record, *expected, accuracy, kNoLimit);
    expected_.Erase(record.id);
  }
  if (!answered) return;
  result_.latency_s += record.latency_s;   // sums until the end
  result_.accuracy += accuracy;
}

void DeviceRun::Obeyed() {
  if (!pump_) return;
  pump_->Obeyed();
  all_offered_ = pump_->ended();
}

void DeviceRun::EndSlot() {
  in_slot_ = false;
  ++slot_at_;
  const policy::Observation& seen = seen_;
  policy::Outcome predicted = model_->Apply(seen, current_.decision);
  current_.predicted_latency_s = predicted.latency_s;
  if (!known_.Of(current_.decision)) predicted.accuracy = cost::kNotKnown;
  current_.outcome = account_.End(seen.frames, current_.decision, predicted);
  current_.accuracy = current_.outcome.accuracy;
  if (std::isnan(current_.accuracy)) current_.outcome.accuracy = 0;
  if (seen.frames > 0) device_.policy->Update(seen, current_.decision, current_.outcome);
  result_.slots.push_back(current_);
}

EventDeviceResult DeviceRun::Finish() {
  const device::Session& session = simulated_->session();
  result_.counts = session.counts();
  const auto answered = static_cast<double>(result_.counts.edge + result_.counts.local);
  result_.counts.offered += result_.left_out;
  result_.counts.dropped += result_.left_out;
  result_.latency_s = answered > 0 ? result_.latency_s / answered : 0;
  result_.accuracy = answered > 0 ? result_.accuracy / answered : 0;
  result_.notices = simulated_->notices();
  result_.faults = simulated_->fault_counts();
  result_.connected = session.connected();
  result_.depth = session.depth();
  result_.violations = simulated_->Violations();
  return std::move(result_);
}

}   // namespace partway::sim
