// A profile of this machine for `run`, which has none: taken quickly once and kept.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/device_side.h"
#include "apps/verb.h"
#include "codec/codec_spec.h"
#include "engine/shape_probe.h"
#include "profile/profile.h"

namespace partway::apps {

inline constexpr Duration kQuickLimit = std::chrono::seconds(10);

struct QuickProfile {
  profile::Profile profile;
  std::string path;        // of the kept file; "": it is not kept, and
  std::string not_kept;    // why not
  bool measured = false;   // some of it just now; false: all was there
};

// The profile of `side`'s model and engine with at least these sizes (ascending, none twice) and codecs, from $XDG_CACHE_HOME/partway/profiles or ~/.cache/partway/profiles. What is not
// there is measured within `limit`, with progress, and put there beside what is; where nothing can be kept that is no error. One file by model, grouping, engine version, machine
// and threads.
//
// Within the limit: measurements get fewer, then the larger sizes are left out and their times estimated from the others (profile/estimate_size.h). Only the
// shapes at each size, which take a run of the model, and the least that can be measured of the smallest size (three runs) are had whatever they take. Errors: of measuring; Cancelled
// after a signal.
absl::StatusOr<QuickProfile> KeptProfile(const DeviceSide& side, const std::vector<engine::ProbeSize>& sizes,
                                         const std::vector<codec::CodecSpec>& codecs, const Globals& globals,
                                         Duration limit = kQuickLimit);

// "192 and 224 px are estimated from smaller sizes"; "" where none of `sizes` is.
std::string EstimatedText(const profile::Profile& profile, const std::vector<engine::ProbeSize>& sizes, int threads);

}   // namespace partway::apps
