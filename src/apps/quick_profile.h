// A profile of this machine for `run`, which has none: taken quickly once and kept.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "apps/device_side.h"
#include "apps/verb.h"
#include "codec/codec_spec.h"
#include "engine/shape_probe.h"

namespace partway::apps {

struct QuickProfile {
  std::string path;        // of the kept file
  bool measured = false;   // just now; false: it was there
};

// The profile of `side`'s model and engine at these sizes (ascending, none twice) with these codecs, from $XDG_CACHE_HOME/partway/profiles or ~/.cache/partway/profiles;
// if it is not there it is measured within 10 s, with progress, and put there. Kept apart by model, grouping, engine version, machine, threads,
// sizes and codecs. Errors: of measuring; of a folder that cannot be written; Cancelled after a signal.
absl::StatusOr<QuickProfile> KeptProfile(const DeviceSide& side, const std::vector<engine::ProbeSize>& sizes,
                                         const std::vector<codec::CodecSpec>& codecs, const Globals& globals);

}   // namespace partway::apps
