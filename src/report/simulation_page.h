// The part of a page about a simulated run: its policies against each other, and each one's slots over time. Pure, thread-safe, cannot fail.
#pragma once

#include <string>

#include "report/run_record.h"

namespace partway::report {

// True for a record that `simulate` wrote.
inline bool IsSimulation(const RunRecord& run) { return run.header.simulation.has_value(); }

// `id`: of the section's heading; `heading`: its text, escaped already.
std::string RenderSimulation(const RunRecord& run, const std::string& id, const std::string& heading);

// The slots of a live run that a policy decided, over time; empty for any other.
std::string RenderControl(const RunRecord& run);

}   // namespace partway::report
