// From a record to what the simulator is given: when frames came, what the link was, how fast device and edge were. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "apps/live_policy.h"
#include "report/run_record.h"
#include "sim/controlled_run.h"

namespace partway::apps {

struct ReplayInput {
  double origin_s = 0;      // of the simulation's time on the run's clock
  sim::ControlledRun run;   // without options, controller and session
};

// `live` is ProblemOf(record.header). Errors, InvalidArgument: no frames, a run too long to be played, a link that was never seen to carry anything where none was emulated.
absl::StatusOr<ReplayInput> ReplayInputOf(const report::RunRecord& record, const LiveProblem& live);

}   // namespace partway::apps
