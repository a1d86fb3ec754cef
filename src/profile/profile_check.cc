#include "profile/profile_check.h"

#include "base/status.h"

namespace partway::profile {
namespace {

std::string Short(const std::string& sha256) { return sha256.substr(0, 12); }

}   // namespace

absl::Status CheckBelongs(const Profile& profile, const std::string& name, const ProfileSubject& subject) {
  if (!subject.model_sha256.empty() && profile.model_sha256 != subject.model_sha256) {
    return FailedPrecondition(name, ": a profile of ", profile.model, " (", Short(profile.model_sha256), "), expected one of ",
                              subject.model, " (", Short(subject.model_sha256), ")");
  }
  if (!subject.grouping.empty() && profile.grouping != subject.grouping) {
    return FailedPrecondition(name, ": made with another grouping of ", profile.model, " (", profile.group_count(), " groups, ",
                              profile.grouping, "), expected ", subject.groups, " groups, ", subject.grouping,
                              "; profile again with the same --groups");
  }
  if (!profile.measured) return absl::OkStatus();
  if ((!subject.engine.empty() && profile.engine != subject.engine) ||
      (!subject.engine_version.empty() && profile.engine_version != subject.engine_version)) {
    return FailedPrecondition(name, ": measured with ", profile.engine, " ", profile.engine_version, ", expected ",
                              subject.engine, " ", subject.engine_version, "; profile again");
  }
  return absl::OkStatus();
}

absl::Status CheckSameModel(const Profile& a, const std::string& name_a, const Profile& b, const std::string& name_b) {
  return Annotate(
      CheckBelongs(b, name_b,
                   {.model = a.model, .model_sha256 = a.model_sha256, .grouping = a.grouping, .groups = a.group_count()}),
      Concat("does not go with ", name_a));
}

}   // namespace partway::profile
