// Errors are values: absl::Status and absl::StatusOr. Library code never prints and never exits; a message is one line that
// says what was wrong, where, and what was expected.
#pragma once

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/text.h"

namespace partway {

// `status` with "`prefix`: " before its message; OK stays OK.
inline absl::Status Annotate(const absl::Status& status, std::string_view prefix) {
  if (status.ok()) return status;
  return absl::Status(status.code(), Concat(prefix, ": ", std::string_view(status.message().data(), status.message().size())));
}

template <class... Args>
absl::Status InvalidArgument(const Args&... parts) {
  return absl::InvalidArgumentError(Concat(parts...));
}
template <class... Args>
absl::Status NotFound(const Args&... parts) {
  return absl::NotFoundError(Concat(parts...));
}
template <class... Args>
absl::Status FailedPrecondition(const Args&... parts) {
  return absl::FailedPreconditionError(Concat(parts...));
}
template <class... Args>
absl::Status ResourceExhausted(const Args&... parts) {
  return absl::ResourceExhaustedError(Concat(parts...));
}
template <class... Args>
absl::Status Unavailable(const Args&... parts) {
  return absl::UnavailableError(Concat(parts...));
}
template <class... Args>
absl::Status InternalError(const Args&... parts) {
  return absl::InternalError(Concat(parts...));
}

}   // namespace partway

#define PARTWAY_CONCAT_INNER(a, b) a##b
#define PARTWAY_CONCAT(a, b) PARTWAY_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expr)                                                              \
  do {                                                                                     \
    if (absl::Status partway_status = (expr); !partway_status.ok()) return partway_status; \
  } while (false)

#define ASSIGN_OR_RETURN(lhs, expr) ASSIGN_OR_RETURN_IMPL(PARTWAY_CONCAT(partway_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr)    \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = std::move(tmp).value()
