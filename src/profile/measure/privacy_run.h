// A privacy table from pictures: what the values sent at each cut give away about them (privacy_table.h). All cores; memory is bounded by
// options (and n x n doubles for the pictures' own distances); the result depends on the pictures and the seed alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/codec_spec.h"
#include "engine/group_chain.h"
#include "graph/shapes.h"
#include "media/model_config.h"
#include "media/source.h"
#include "profile/measure/accuracy_plan.h"
#include "profile/measure/image_set.h"
#include "profile/privacy_table.h"

namespace partway::profile {

struct PrivacyOptions {
  InputSize size;
  codec::CodecSpec codec;   // at cut 0 the picture goes raw unless this is a picture codec
  std::vector<int> cuts;    // ascending, each once, 0..N-1; 0 alone for a picture codec
  int threads = 1;
  uint64_t seed = 1;                            // of who is learned from and who is judged on
  int64_t feature_bytes = int64_t{512} << 20;   // of the pictures' numbers at the cuts that are worked on together
  int64_t matrix_bytes =
      int64_t{512} << 20;   // of the n x n matrices of the cuts that are scored at once; threads wait where it is short
};

// What the measurement needs of the model. `types` at the options' size.
struct PrivacySubject {
  engine::GroupChain& chain;
  const graph::ValueTypes& types;
  const media::ModelConfig& config;
};

struct PrivacyResult {
  PrivacyTable table;
  std::vector<media::Skipped> skipped;   // unreadable pictures
};

inline constexpr int64_t kMostPictures = 4000;   // time and memory grow with their square

// `progress` is called by one thread at a time with how many steps are done and of how many (a picture at the cuts of one pass). Errors: of the engine and
// the codec; InvalidArgument for fewer readable pictures than kFewestPictures or more than kMostPictures; ResourceExhausted where one cut alone needs more than matrix_bytes; Cancelled when `stop` was set.
absl::StatusOr<PrivacyResult> MeasurePrivacy(const PrivacySubject& subject, const ImageSet& images, const PrivacyOptions& options,
                                             const std::function<void(int64_t done, int64_t total)>& progress,
                                             const std::atomic<bool>& stop);

}   // namespace partway::profile
