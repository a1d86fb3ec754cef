#include "absl/strings/cord.h"
#include "apps/verb.h"

namespace partway::apps {
namespace {

// A payload marks the status, since its code (InvalidArgument) says less.
constexpr char kUsageUrl[] = "partway/usage";

}   // namespace

absl::Status UsageError(const std::string& message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsageUrl, absl::Cord());
  return status;
}

bool IsUsageError(const absl::Status& status) { return status.GetPayload(kUsageUrl).has_value(); }

}   // namespace partway::apps
