// From profiles and tables to options. What is missing is left out or marked as not known, and said in a note; what cannot be right
// is an error. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cost/option_table.h"
#include "profile/accuracy_table.h"
#include "profile/profile.h"

namespace partway::cost {

// One codec as far as plans need it. How many bytes it makes of a frame comes from outside, because codecs are no part of this folder.
struct CodecChoice {
  std::string name;            // as in the tables, "int8-ec"
  bool lossless = false;       // answers like "raw" where the accuracy table does not have it
  std::vector<double> bytes;   // of an encoded frame, [size index * N + cut], cut 0..N-1; kNotKnown where it cannot be used
};

// What is known about privacy at one cut; kNotKnown where it was not measured.
struct PrivacyEntry {
  int height = 0, width = 0, cut = 0;
  std::string codec;   // "": of any codec
  double distance_correlation = kNotKnown, reconstruction_ssim = kNotKnown;
};

struct OptionInputs {
  const profile::Profile* device = nullptr;
  const profile::Profile* edge = nullptr;     // of the same model and grouping
  int device_threads = 0, edge_threads = 0;   // 0: the count at which the largest size is fastest
  std::vector<InputSize> sizes;               // ascending by pixels; CodecChoice::bytes follows them
  std::vector<CodecChoice> codecs;
  const profile::AccuracyTable* accuracy = nullptr;   // may be null
  std::vector<PrivacyEntry> privacy;
};

struct OptionSet {
  OptionTable table;
  // One line each: what was left out, what is counted as 0, whose accuracy is not known.
  std::vector<std::string> notes;
};

// Errors: InvalidArgument or FailedPrecondition, one line: profiles of different models or groupings, a size or thread count that a profile
// lacks (it names those it has), numbers that cannot be, a table of another model, sizes without rows.
absl::StatusOr<OptionSet> BuildOptions(const OptionInputs& inputs);

// The thread count of `profile` whose largest size is fastest as a whole; 0 for a profile without sizes.
int FastestThreads(const profile::Profile& profile);

// Sizes that `profile` has at `threads`, ascending by pixels.
std::vector<InputSize> SizesOf(const profile::Profile& profile, int threads);

}   // namespace partway::cost
