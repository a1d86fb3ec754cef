// Protobuf messages to bytes and back, for wire/ only: deterministic (maps in the order of their keys) and silent (protobuf would
// write to stderr about malformed text, which the caller learns from the result).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message_lite.h"

namespace partway::wire {

std::string ToBytes(const google::protobuf::MessageLite& message);
// Errors: InvalidArgument "malformed <what>".
absl::Status FromBytes(std::string_view bytes, std::string_view what, google::protobuf::MessageLite* message);

}   // namespace partway::wire
