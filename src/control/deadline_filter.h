// With a deadline for each frame, what comes too late counts nothing. Policies hold latency on average, so they may name options that miss it; those
// are left out, and where the best single option that keeps it answers more frames than what is left, that one is taken. If nothing is in
// time it is the one that comes soonest. Pure.
#pragma once

#include "cost/option_table.h"
#include "policy/slot_model.h"

namespace partway::control {

// What frames took beyond eq. 2 lately, by where they were answered: resizing, queues, threads.
struct BeyondModel {
  double local_s = 0, sent_s = 0;
};

// `min_accuracy`: of the option that is taken instead.
policy::Decision WithinDeadline(const policy::Observation& seen, const policy::SlotModel& model, const cost::OptionTable& options,
                                double deadline_s, double min_accuracy, const BeyondModel& beyond,
                                const policy::Decision& decision);

}   // namespace partway::control
