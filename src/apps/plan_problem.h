// From the flags of `plan` and `sweep` to what is decided: options, state, goal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/codec_choices.h"
#include "apps/plan_flags.h"
#include "cost/flips.h"
#include "cost/goal.h"
#include "cost/option_table.h"
#include "cost/power.h"
#include "cost/state.h"
#include "engine/shape_probe.h"
#include "graph/grouping.h"
#include "profile/accuracy_table.h"
#include "profile/profile.h"

namespace partway::apps {

struct PlanProblem {
  std::string model, model_sha256;
  cost::OptionTable table;
  cost::State state;
  cost::Objective objective;
  cost::Limits limits;
  std::optional<cost::PowerModel> power;
  std::vector<std::string> notes;
  // MAC/s at which State::device_speed and edge_speed are 1; 0 where speeds are relative to a measured profile.
  double device_rate = 0, edge_rate = 0;
  double device_hz = 0, edge_hz = 0;   // clocks of the machines that the profiles were measured on; 0: not measured, or not known
  std::string device_text, edge_text;   // where their times come from, in words

  const cost::PowerModel* power_or_null() const { return power ? &*power : nullptr; }
};

// What the caller has at hand, in place of the files that the flags of the same names would name; null: the flags' files.
struct PlanGiven {
  const profile::Profile* profile = nullptr;   // of this engine
  const profile::AccuracyTable* accuracy = nullptr;
};

// Errors: usage errors for flags that do not go together or are missing; those of the files; of the model.
absl::StatusOr<PlanProblem> MakePlanProblem(const PlanFlags& flags, const PlanGiven& given = {});

// What `device` or `edge` flags mean as State::device_speed or edge_speed. A usage error where a rate is given for a measured profile.
absl::StatusOr<double> SpeedFactor(const Speed& speed, double rate, const std::string& flag);

// A profile of `model` at `sizes` (empty: its own) from multiply-adds at `rate`, and what crosses its cuts.
struct ModelProfile {
  profile::Profile profile;
  std::vector<CutValues> values;
  std::shared_ptr<const graph::Grouping> grouping;
};
absl::StatusOr<ModelProfile> ProfileFromMacs(const std::string& model, const std::vector<engine::ProbeSize>& sizes,
                                             const std::string& groups, MacsPerSecond rate);

}   // namespace partway::apps
