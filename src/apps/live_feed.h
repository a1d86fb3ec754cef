// What the live view shows, gathered from a run as it goes: frames, slots, events. Bounded; reads no clock. Not thread-safe: the run's owner calls it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/live_policy.h"
#include "control/controller.h"
#include "media/classify.h"
#include "media/model_config.h"
#include "media/source.h"
#include "policy/slot_model.h"
#include "report/live_view.h"
#include "report/run_record.h"

namespace partway::apps {

struct LiveFeedOptions {
  std::string title, emulated;
  std::optional<double> total_s;
  bool edge = false, connected = false;   // there is one; it answered at the start
  int groups = 0;
  // Of a run in which a policy decides, both outlive the feed; else null, and `fixed` says what every frame does.
  const LiveProblem* problem = nullptr;
  const control::Controller* controller = nullptr;
  std::string fixed;
  double max_latency_s = 0;   // where no policy decides: the deadline; 0: none
};

class LiveFeed {
 public:
  static constexpr double kOwnSlot = 1;   // s, where no policy has slots

  LiveFeed(LiveFeedOptions options, const media::ModelConfig& config);

  // A frame's end, in the order in which they end. True if it ended a slot, where no policy has slots of its own, or showed the first decision.
  bool Frame(const report::FrameRow& frame, const std::vector<media::Guess>& guesses);
  // A policy's slot has ended, and the next one is decided.
  void Slot(const report::SlotRow& slot);
  // The line about it.
  std::string Event(const report::EventRow& event);
  // What an emulated link is set to from now on.
  void TellLink(const std::string& text) { state_.link_told = text; }

  const report::LiveState& state() const { return state_; }

 private:
  void Decided();
  void EndSlot(double length_s);

  const LiveFeedOptions options_;
  const media::ModelConfig& config_;
  std::optional<policy::SlotModel> model_;
  report::LiveState state_;
  std::optional<double> began_s_, answer_at_s_;   // on the run's clock
  double slot_began_s_ = 0;
  report::LiveSlot slot_;                         // at hand
  double slot_latency_s_ = 0;                     // sum over its answers
  double latency_sum_s_ = 0, accuracy_sum_ = 0;   // over slots with answers
  int64_t latency_slots_ = 0, accuracy_slots_ = 0, labelled_ = 0, correct_ = 0;
};

}   // namespace partway::apps
