// How long a codec takes each way, as fixed seconds and seconds per byte of what it encodes: timed on values that cross the cuts of a model, so that
// entropy coding meets what it will meet.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "codec/codec.h"
#include "profile/measure/measurement.h"
#include "profile/profile.h"

namespace partway::profile {

// One cut's values at one size. Where they are a picture's input tensor, its scale too: codecs of pictures need both.
struct CodecInput {
  std::vector<NamedTensor> values;
  std::optional<codec::PictureScale> picture;
};

struct CodecSample {
  double bytes = 0, encode_s = 0, decode_s = 0;
};
// Least squares of the relative error, neither part negative: small frames count as much as large ones. Samples of one size tell no fixed part.
CodecSpeed FitCodecSpeed(const std::string& codec, std::span<const CodecSample> samples);

struct CodecTiming {
  int repeat = 5;   // of each, after one that is not counted; medians are fitted
  // Of all; past it the first sample of each codec is still taken, from one run that counts. A sample of which the one before says that it would not end
  // in time is not begun.
  Duration time_limit = std::chrono::seconds(8);
};

// In the order of `specs`; a codec of pictures is left out where no input is one. Blocks. Errors: what the codec reports; Internal where a frame does
// not decode. `go_on` (may be empty) is asked between two runs; once it says no, Cancelled.
absl::StatusOr<std::vector<CodecSpeed>> TimeCodecs(std::span<const codec::CodecSpec> specs, std::span<const CodecInput> inputs,
                                                   const CodecTiming& timing, const MeasureClocks& clocks,
                                                   const std::function<bool()>& go_on = {});

}   // namespace partway::profile
