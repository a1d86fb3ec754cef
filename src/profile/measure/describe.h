// What a profile holds before anything is timed: the model, its groups, and for each size MACs and bytes. From there an analytic profile
// is one division away; a measured one is filled in by measurement.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/machine.h"
#include "base/units.h"
#include "engine/engine.h"
#include "engine/shape_probe.h"
#include "graph/grouping.h"
#include "graph/shapes.h"
#include "profile/profile.h"

namespace partway::profile {

// Everything but `sizes` and `codecs`. `grouping` as at any size: what depends on the size is not read.
Profile DescribeModel(const graph::Grouping& grouping);
void DescribeMachine(const MachineInfo& machine, const engine::EngineInfo& engine, const std::string& date, Profile* profile);

// A model at one input size, cut at the same positions as at every other.
struct SizedModel {
  int height = 0, width = 0;   // of the input, as the model takes it
  graph::ValueTypes types;
  std::shared_ptr<const graph::Grouping> grouping;
};
// `size` {0, 0}: the model's own. Errors: InvalidArgument when the model cannot take the size (shape_probe.h).
absl::StatusOr<SizedModel> ModelAtSize(const std::shared_ptr<const graph::OpGraph>& graph, const std::vector<int>& positions,
                                       engine::ProbeSize size);

// MACs and bytes at that size; no times yet. Errors: FailedPrecondition where the bytes that cross a cut are not known before the model
// runs.
absl::StatusOr<SizeProfile> DescribeSize(const SizedModel& model, int threads);

// Each group takes its MACs at `rate`.
void FillAnalytic(MacsPerSecond rate, SizeProfile* size);
// The whole profile at `rate`: `sized` are of the model that `grouping` groups, in the order that its sizes are to have. Errors: of DescribeSize.
absl::StatusOr<Profile> AnalyticProfile(const graph::Grouping& grouping, const std::vector<SizedModel>& sized,
                                        MacsPerSecond rate);

}   // namespace partway::profile
