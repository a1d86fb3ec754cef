// Parameters of the Open Inference Protocol: between the protobuf map and ours, and reading single ones with checks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "open_inference.pb.h"
#include "wire/codec.h"
#include "wire/messages.h"

namespace partway::wire {

using ParameterMap = google::protobuf::Map<std::string, inference::InferParameter>;

// Parameters of a kind we do not know are left out. Errors: ResourceExhausted over the limits; `where` names their owner.
absl::StatusOr<Parameters> FromProto(const ParameterMap& map, const Limits& limits, const std::string& where);
void ToProto(const Parameters& parameters, ParameterMap* map);

// Takes the parameter out of the map. nullopt if it is not there. Errors: InvalidArgument for another type or a number outside 0..max.
absl::StatusOr<std::optional<int64_t>> TakeInteger(Parameters& parameters, const std::string& name, int64_t max);
absl::StatusOr<std::optional<std::string>> TakeString(Parameters& parameters, const std::string& name);

}   // namespace partway::wire
