// Rows of a run record to and from JSON objects (without the line's outer key). Reading checks everything: types, ranges, outcome
// names, negative lengths. Errors: InvalidArgument that names the key. Thread-safe.
#pragma once

#include "nlohmann/json.hpp"
#include "report/run_record.h"

namespace partway::report {

nlohmann::ordered_json ToJson(const RunHeader& header);
nlohmann::ordered_json ToJson(const FrameRow& frame);
nlohmann::ordered_json ToJson(const SlotRow& slot);
nlohmann::ordered_json ToJson(const EventRow& event);

absl::StatusOr<RunHeader> HeaderFromJson(const nlohmann::ordered_json& json);
absl::StatusOr<FrameRow> FrameFromJson(const nlohmann::ordered_json& json);
absl::StatusOr<SlotRow> SlotFromJson(const nlohmann::ordered_json& json);
absl::StatusOr<EventRow> EventFromJson(const nlohmann::ordered_json& json);

}   // namespace partway::report
