// Whether a profile is one of this model, grouped this way, for this engine: a plan from another's numbers would be wrong without a sign.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "profile/profile.h"

namespace partway::profile {

// What the caller has. Empty texts are not compared.
struct ProfileSubject {
  std::string model, model_sha256;
  std::string grouping;   // fingerprint
  int groups = 0;         // for the message only
  std::string engine, engine_version;
};

// FailedPrecondition, one line that begins with `name` (the file or "the edge's profile") and says what is other than expected and what to
// do about it. An analytic profile belongs to every engine. Thread-safe.
absl::Status CheckBelongs(const Profile& profile, const std::string& name, const ProfileSubject& subject);

// The same for two profiles of one model that are to be combined, say the device's and the edge's: same model, same grouping. Engines may
// differ, since each side computes with its own.
absl::Status CheckSameModel(const Profile& a, const std::string& name_a, const Profile& b, const std::string& name_b);

}   // namespace partway::profile
