// What a live run leaves in its record so that it can be played again (report::ReplayInfo), and the way back: the problem that its policy had.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "apps/device_side.h"
#include "apps/live_policy.h"
#include "device/live/live_run.h"
#include "media/source.h"
#include "net/link_relay.h"
#include "policy/registry.h"
#include "report/run_record.h"

namespace partway::apps {

// Of a run that `policy` decides among the options of `live`. Null for more options than a record holds.
std::optional<report::ReplayInfo> ReplayInfoOf(const LiveProblem& live, const device::LiveOptions& options,
                                               const DeviceSide& side, const media::Source& source, const std::string& policy,
                                               const policy::Parameters& parameters = {});

// The emulated link, its rates for `length` from its beginning at `at` on the run's clock; null: as long as a record holds.
report::ReplayLink ReplayLinkOf(const net::LinkOptions& link, Instant at, std::optional<Duration> length);

// Errors, InvalidArgument: a record without what a replay needs, options that are not those of a model with that many groups.
absl::StatusOr<std::unique_ptr<LiveProblem>> ProblemOf(const report::RunHeader& header);

}   // namespace partway::apps
