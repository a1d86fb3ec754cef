#include "apps/live_feed.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "apps/live_words.h"
#include "base/text.h"
#include "report/svg.h"

namespace partway::apps {
namespace {

constexpr double kAnswerStays = 0.7;   // s: a picture and its answer are to be read

// What the slot model says of an option that needs a link where there is none is no latency.
std::optional<double> Known(double value) {
  return std::isfinite(value) && value < control::kNever ? std::optional(value) : std::nullopt;
}

}   // namespace

LiveFeed::LiveFeed(LiveFeedOptions options, const media::ModelConfig& config) : options_(std::move(options)), config_(config) {
  state_.title = options_.title;
  state_.emulated = options_.emulated;
  state_.total_s = options_.total_s;
  state_.edge = options_.edge;
  state_.connected = options_.connected;
  state_.chosen = options_.fixed;
  if (options_.max_latency_s > 0) state_.max_latency_s = options_.max_latency_s;
  if (options_.problem == nullptr) return;
  const policy::Problem& problem = options_.problem->problem;
  model_.emplace(problem);
  state_.max_latency_s = problem.max_latency_s;
  if (problem.min_accuracy > 0) state_.min_accuracy = problem.min_accuracy;
}

bool LiveFeed::Frame(const report::FrameRow& frame, const std::vector<media::Guess>& guesses) {
  const double ended_s = frame.captured_s + frame.latency_s;
  const bool first = !began_s_;
  if (first) {
    began_s_ = frame.captured_s;
    if (options_.controller != nullptr) Decided();
  }
  state_.elapsed_s = std::max(state_.elapsed_s, ended_s - *began_s_);
  bool slot_ended = false;
  if (options_.controller == nullptr && state_.elapsed_s - slot_began_s_ >= kOwnSlot) {
    EndSlot(state_.elapsed_s - slot_began_s_);
    slot_began_s_ = state_.elapsed_s;
    slot_ended = true;
  }
  ++state_.offered;
  ++slot_.offered;
  if (frame.outcome == device::Outcome::kDropped) {
    ++state_.dropped;
    return slot_ended || (first && options_.controller != nullptr);
  }
  const bool edge = frame.outcome == device::Outcome::kEdge;
  ++(edge ? state_.edge_answers : state_.local_answers);
  ++(edge ? slot_.edge : slot_.local);
  slot_latency_s_ += frame.latency_s;
  const bool in_time = !state_.max_latency_s || frame.latency_s <= *state_.max_latency_s;
  slot_.within += in_time ? 1 : 0;
  state_.within += in_time ? 1 : 0;
  if (frame.correct) {
    ++labelled_;
    correct_ += *frame.correct ? 1 : 0;
    state_.top1 = static_cast<double>(correct_) / static_cast<double>(labelled_);
  }
  if (!answer_at_s_ || ended_s - *answer_at_s_ >= kAnswerStays) {
    report::LiveAnswer answer{.picture = frame.picture, .correct = frame.correct, .latency_s = frame.latency_s};
    answer.words = guesses.empty() ? "no classification" : media::LabelName(config_, guesses.front().index);
    if (!guesses.empty()) answer.probability = guesses.front().probability;
    answer.how = HowText(frame, options_.groups);
    state_.answer = std::move(answer);
    answer_at_s_ = ended_s;
  }
  return slot_ended || (first && options_.controller != nullptr);
}

void LiveFeed::EndSlot(double length_s) {
  const int64_t answered = slot_.edge + slot_.local;
  slot_.ended_s = state_.elapsed_s;
  if (answered > 0 && !slot_.latency_s) slot_.latency_s = slot_latency_s_ / static_cast<double>(answered);
  if (length_s > 0) slot_.frames_per_s = static_cast<double>(answered) / length_s;
  if (slot_.latency_s) {
    latency_sum_s_ += *slot_.latency_s;
    state_.mean_latency_s = latency_sum_s_ / static_cast<double>(++latency_slots_);
  }
  if (slot_.accuracy) {
    accuracy_sum_ += *slot_.accuracy;
    state_.mean_accuracy = accuracy_sum_ / static_cast<double>(++accuracy_slots_);
  }
  state_.AddSlot(slot_);
  slot_ = {};
  slot_latency_s_ = 0;
}

void LiveFeed::Slot(const report::SlotRow& slot) {
  if (!slot.choice.empty()) {
    slot_.latency_s = Known(slot.latency_s);
    slot_.accuracy = Known(slot.accuracy);
  }
  EndSlot(options_.problem->slot_s);
  const auto error = slot.state.find("uplink_error");
  if (error != slot.state.end()) state_.uplink_error = error->second;
  Decided();
}

void LiveFeed::Decided() {
  const policy::Observation& seen = options_.controller->seen();
  state_.uplink_bps = seen.state.uplink_bps;
  state_.rtt_s = seen.state.rtt_s;
  state_.device_speed = seen.state.device_speed;
  state_.edge_speed = seen.state.edge_speed;
  state_.edge_load = seen.state.edge_load;
  const policy::Decision& decision = options_.controller->decision();
  state_.chosen = ChosenText(options_.problem->table, seen, decision);
  state_.why = WhyText({options_.problem->problem, *model_, seen, decision, state_.connected, options_.controller->fell_back()});
}

std::string LiveFeed::Event(const report::EventRow& event) {
  if (event.kind == "lost" || event.kind == "refused") state_.connected = false;
  if (event.kind == "reattached") state_.connected = true;
  const double at_s = began_s_ ? event.at_s - *began_s_ : 0;
  const std::string line = Concat(event.kind, event.detail.empty() ? "" : ": ", event.detail);
  state_.AddNotice(Concat(report::Fixed(at_s, 1), " s ", line));
  return line;
}

}   // namespace partway::apps
