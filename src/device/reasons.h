// Why a frame ended as it did, in words for records and logs. Used by the session alone.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/text.h"

namespace partway::device {

inline constexpr char kSilence[] = "frames were sent and nothing came back";

inline std::string Milliseconds(Duration d) { return Concat(ToSeconds(d) * 1e3, " ms"); }

inline std::string Message(const absl::Status& status) {
  return status.message().empty() ? absl::StatusCodeToString(status.code()) : std::string(status.message());
}

inline std::string DeadlineReason(Duration deadline, bool under_way) {
  return Concat(under_way ? "deadline: no answer within " : "deadline: still waiting after ", Milliseconds(deadline));
}

// `why`: it was left to the device alone; empty if that was the plan.
inline std::string LateReason(Duration limit, const std::string& why) {
  return Concat(why, why.empty() ? "" : "; ", "late for ", Milliseconds(limit), " here, and a newer frame waits");
}

}   // namespace partway::device
