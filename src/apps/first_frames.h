// How much smaller sizes and encodings change a model's answers, from the first frames of the source that is about to run: what stands for accuracy
// where there is no table.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "apps/device_side.h"
#include "apps/verb.h"
#include "profile/accuracy_table.h"

namespace partway::apps {

struct FirstFrames {
  profile::AccuracyTable table;
  std::string path;       // in the cache; "": it is not kept, and
  std::string not_kept;   // why not
};

// Agreement with the model at its own size, over some sizes below it and a few codecs at all cuts, on the first 24 pictures of `source` or as many as 8 s
// allow, four at least; put into the cache folder, where the next run over the same source finds it (where nothing can be kept that is no error). Not for cameras, whose frames cannot be had twice, nor for
// models whose output is no classification. Errors: of the source and the engine; Cancelled after a signal.
absl::StatusOr<FirstFrames> AgreementOnFirstFrames(const DeviceSide& side, const std::string& source, const Globals& globals);

}   // namespace partway::apps
