#include "control/controller.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace partway::control {
namespace {

constexpr double kFresh = 0.5;       // slots without news of the link before it is probed
constexpr double kPatience = 1.25;   // with an answer, of the time that it is expected to take
constexpr double kLateBy = 1.1;
constexpr double kFirstBeyond = 0.1;   // of the deadline, before anything was measured

device::Plan PlanOf(const cost::OptionTable& table, size_t row) {
  const cost::OptionKey& key = table.keys[row];
  device::Plan plan;
  plan.size = table.sizes[static_cast<size_t>(key.size)].height;
  plan.from = key.cut;
  plan.to = table.groups();
  if (key.codec != cost::kNoCodec) plan.codec = table.codecs[static_cast<size_t>(key.codec)];
  return plan;
}

}   // namespace

Controller::Controller(const ControllerOptions& options, std::unique_ptr<policy::Policy> policy)
    : options_(options),
      policy_(std::move(policy)),
      model_(options.problem),
      limits_(*options.problem.options, model_, options.leave_out_late ? options.deadline_s : std::nullopt, options.max_energy_j,
              options.power),
      device_speed_(options.first_device_speed),
      beyond_local_(kFirstBeyond * options.deadline_s.value_or(0)),
      beyond_sent_(kFirstBeyond * options.deadline_s.value_or(0)),
      fallback_(*options.problem.options, options.problem.slot_s, options.problem.max_latency_s, options.problem.min_accuracy) {
  const cost::OptionTable& table = *options_.problem.options;
  local_row_.assign(table.sizes.size(), -1);
  for (size_t row = 0; row < table.size(); ++row) {
    plans_.push_back(PlanOf(table, row));
    if (table.local(row)) local_row_[static_cast<size_t>(table.keys[row].size)] = static_cast<int32_t>(row);
  }
}

policy::Observation Controller::See(int frames, bool connected, Instant now) {
  cost::State state;
  report_.uplink = uplink_.estimate(now);
  if (connected) state.uplink_bps = report_.uplink ? report_.uplink->bits_per_second : options_.first_uplink_bps.value_or(0);
  state.rtt_s = ToSeconds(uplink_.round_trip().value_or(Duration(0)));
  state.device_speed = device_speed_.Take();
  state.edge_speed = edge_speed_.Take();
  state.edge_load = load_.Take();
  report_.edge_workers = load_.workers();
  return policy::MakeObservation(slot_, frames, state, options_.problem.slot_s);
}

std::optional<SlotReport> Controller::Begin(Instant now, int frames, bool connected, int came) {
  assert(frames >= 1);
  std::optional<SlotReport> ended = End(came);
  ++slot_;
  began_ = now;
  report_ = {};
  seen_ = See(frames, connected, now);
  cost::State alone = seen_.state;
  alone.edge_load = 0;
  without_load_ = cost::WeightsOf(alone);
  report_.memory = policy_->memory();
  decision_ = policy_->Decide(seen_);
  if (limits_.any()) {
    decision_ = WithinLimits(seen_, model_, limits_, {beyond_local_.mostly_s(), beyond_sent_.mostly_s()},
                             options_.problem.min_accuracy, decision_);
  }
  if (options_.fall_back) {
    decision_ = fallback_.Decide(seen_, decision_, fallback_.Best(seen_, model_, limits_, beyond_local_.mean_s()));
    report_.fell_back = fallback_.active();
  }
  predicted_ = model_.Apply(seen_, decision_);
  for (const policy::Share& share : decision_.used()) {
    const auto row = static_cast<size_t>(share.option);
    const int32_t local = local_row_[static_cast<size_t>(table().keys[row].size)];
    if (local < 0) continue;
    const auto& device = table().coefficient[cost::kDevice];
    const double rest_s = device[static_cast<size_t>(local)] - (device[row] - table().encode_s[row]);
    const ExpectedTimes expected = ExpectedOf(model_.Cost(row), seen_.weights);
    plans_[row].answer = FromSeconds(std::min(kPatience * (expected.elsewhere_s + beyond_sent_.mostly_s()), kNever));
    plans_[row].here = FromSeconds(std::clamp(rest_s * seen_.weights[cost::kDevice], 0.0, kNever));
    plans_[row].whole = FromSeconds(std::min(device[static_cast<size_t>(local)] * seen_.weights[cost::kDevice], kNever));
    plans_[row].limit = FromSeconds(std::min(options_.problem.max_latency_s, kNever));
  }
  std::vector<SpreadShare> shares;
  for (const policy::Share& share : decision_.used()) {
    shares.push_back(ShareOf(share.frames, model_.CostOf(decision_, share), seen_));
  }
  const auto planned = spreader_.Spread(shares, slot_s());
  planned_.assign(planned.begin(), planned.end());
  next_ = 0;
  scouts_ended_ = scouts_within_ = 0;
  account_.Begin();
  return ended;
}

std::optional<SlotReport> Controller::End(int came) {
  if (!began_) return std::nullopt;
  began_.reset();
  report_.seen = seen_;
  report_.decision = decision_;
  report_.predicted = predicted_;
  report_.within = account_.within();
  report_.outcome = account_.End(came, decision_, predicted_);
  if (came == 0) return report_;
  if (options_.fall_back) fallback_.Ended(came, account_.within(), scouts_ended_, scouts_within_);
  policy_->Update(seen_, decision_, report_.outcome);
  return report_;
}

std::optional<int32_t> Controller::Take(device::FrameId frame, Instant captured) {
  if (!began_ || next_ == planned_.size()) return std::nullopt;
  // Frames come when they come: the one nearest to a planned beginning takes it.
  const double half_gap_s = slot_s() / seen_.frames / 2;
  const PlannedFrame& planned = planned_[next_];
  if (planned.at_s > ToSeconds(captured - *began_) + half_gap_s) return std::nullopt;
  ++next_;
  const int32_t row = decision_.shares[static_cast<size_t>(planned.share)].option;
  assert(row >= 0 && static_cast<size_t>(row) < table().size() && "a policy without operators names rows");
  const bool scout = report_.fell_back && !table().local(static_cast<size_t>(row));
  running_[frame] = {row, scout, ExpectedOf(model_.Cost(static_cast<size_t>(row)), without_load_)};
  return row;
}

bool Controller::WorthSending(device::FrameId frame, Instant now, Instant captured, int64_t bytes) {
  const auto found = running_.find(frame);
  const std::optional<UplinkEstimate> link = uplink_.estimate(now);
  if (!options_.deadline_s || !link || found == running_.end()) return true;
  const double uplink_s = ToSeconds(*uplink_.Busy(now)) + 8 * static_cast<double>(bytes) / link->bits_per_second;
  const Duration rest = BesideUplink(found->second.row) + uplink_.round_trip().value_or(Duration(0));
  found->second.answer_s = uplink_s + ToSeconds(rest);
  if (ToSeconds(link->age) > kFresh * slot_s()) return true;   // nobody knows, unless something is sent
  return ToSeconds(now - captured) + found->second.answer_s + beyond_answer_.mean_s() <= *options_.deadline_s;
}

void Controller::Ended(const device::FrameRecord& record) {
  const auto found = running_.find(record.id);
  if (found == running_.end()) return;
  const Running frame = found->second;
  running_.erase(found);
  Measure(frame.row, record);
  const auto row = static_cast<size_t>(frame.row);
  const int32_t answered_by =
      record.outcome == device::Outcome::kLocal ? local_row_[static_cast<size_t>(table().keys[row].size)] : frame.row;
  // Resizing runs beside the model and is in no profile: for the policy it is a wait.
  device::FrameRecord told = record;
  told.prepare_s = 0;
  account_.Ended(told, frame.expected, answered_by >= 0 ? model_.accuracy()[static_cast<size_t>(answered_by)] : 0,
                 options_.problem.max_latency_s);
  // One that was sent and missed its deadline took at least that long, so it is told as a tenth longer: only those in time would make for hope.
  const bool as_meant = record.outcome == (frame.expected.sends ? device::Outcome::kEdge : device::Outcome::kLocal);
  const bool late = options_.deadline_s && frame.expected.sends && record.upload_s > 0 && !as_meant;
  const double expected_s = frame.expected.device_s + frame.expected.elsewhere_s;
  if (options_.deadline_s && (as_meant || late) && expected_s < kNever) {
    const double took_s = as_meant ? record.latency_s : kLateBy * *options_.deadline_s;
    // One frame says no more than that it was a deadline away from what was thought.
    const double beyond_s = std::clamp(took_s - expected_s, -*options_.deadline_s, *options_.deadline_s);
    (frame.expected.sends ? beyond_sent_ : beyond_local_).Add(beyond_s);
  } else if (as_meant && !frame.expected.sends) {
    beyond_local_.Add(record.latency_s - expected_s);
  }
  if (frame.answer_s > 0 && record.upload_at_s >= 0) {
    const double took_s = record.outcome == device::Outcome::kEdge
                              ? record.upload_s + record.edge_queue_s + record.edge_s + record.reply_s
                              : std::max(kLateBy * record.upload_s, frame.answer_s);   // it would have taken longer
    beyond_answer_.Add(std::clamp(took_s - frame.answer_s, -*options_.deadline_s, *options_.deadline_s));
  }
  if (!frame.scout) return;
  ++scouts_ended_;
  const bool in_time = record.outcome == device::Outcome::kEdge && record.latency_s <= options_.problem.max_latency_s;
  scouts_within_ += in_time ? 1 : 0;
}

void Controller::Measure(int32_t row, const device::FrameRecord& record) {
  const auto r = static_cast<size_t>(row);
  const auto& coefficient = table().coefficient;
  // What was handed over had its head, whatever became of it.
  if (record.upload_at_s >= 0) device_speed_.Took(coefficient[cost::kDevice][r], record.head_s + record.encode_s);
  if (record.outcome == device::Outcome::kEdge) {
    edge_speed_.Took(coefficient[cost::kEdge][r], record.edge_s);
  } else if (record.outcome == device::Outcome::kLocal && record.upload_at_s < 0 && record.tail_s == 0) {
    const int32_t local = local_row_[static_cast<size_t>(table().keys[r].size)];
    if (local >= 0) device_speed_.Took(coefficient[cost::kDevice][static_cast<size_t>(local)], record.head_s);
  }
}

void Controller::Lost() {
  uplink_.Restart();
  load_.Restart();
}

bool Controller::WantsProbe(Instant now) const {
  const std::optional<UplinkEstimate> known = uplink_.estimate(now);
  return !known || ToSeconds(known->age) > kFresh * slot_s();
}

Duration Controller::EdgeTime(int32_t row, const cost::Weights& weights) const {
  return FromSeconds(std::min(table().coefficient[cost::kEdge][static_cast<size_t>(row)] * weights[cost::kEdge], kNever));
}

}   // namespace partway::control
