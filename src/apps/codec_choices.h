// How many bytes each codec makes of the values at each cut, as far as it is known without running anything.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/tensor.h"
#include "cost/build_options.h"
#include "profile/accuracy_table.h"
#include "profile/profile.h"

namespace partway::apps {

// What crosses cuts 0..N-1 at one size.
struct CutValues {
  cost::InputSize size;
  std::vector<std::vector<TensorSpec>> by_cut;
};

struct CodecChoices {
  std::vector<cost::CodecChoice> codecs;
  std::vector<std::string> notes;
};

// `text`: codecs with commas; empty: those of `table` and raw, or without a table raw, raw8, fp16 and int8. The bytes are the mean of `table`'s
// rows where they have them; else the exact size of the plain form, which an entropy-coded one does not exceed (a note says where that stands in).
// `values`: of at least these sizes; empty where only a profile is at hand, whose byte counts then count as one float32 value.
// Errors: a usage error for a codec that is not known or stands twice.
absl::StatusOr<CodecChoices> ChooseCodecs(const std::string& text, const profile::Profile& profile,
                                          const std::vector<cost::InputSize>& sizes, const std::vector<CutValues>& values,
                                          const profile::AccuracyTable* table);

}   // namespace partway::apps
