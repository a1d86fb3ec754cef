// The part of a record's header that a replay needs, to and from JSON. Reading checks everything, as record_rows.h. Thread-safe.
#pragma once

#include "nlohmann/json.hpp"
#include "report/run_record.h"

namespace partway::report {

nlohmann::ordered_json ToJson(const ReplayInfo& replay);
// Errors: InvalidArgument that names the key.
absl::StatusOr<ReplayInfo> ReplayFromJson(const nlohmann::ordered_json& json);

}   // namespace partway::report
