// How long encodings take that a profile did not time: from the nearest that it did, rather than no time at all.
#pragma once

#include <string>
#include <vector>

#include "cost/build_options.h"
#include "profile/accuracy_table.h"
#include "profile/profile.h"

namespace partway::apps {

// Gives a measured profile a time for each codec of `codecs` that it did not time and has a neighbour of:
//   jpeg:Q           the nearest quality. What a quality changes is how many bits are written, which is a share of the work (below): the time is
//                    multiplied by 1 + share * (bytes / the neighbour's bytes - 1) where the accuracy table tells both (mean over the sizes), else it
//                    stays as it is.
//   intB[-ch][-ec]   the nearest number of bits with the same entropy coding, per channel or not as asked where that was timed; of two equally near the
//                    larger. It stays as it is: quantising takes no less for fewer bits, and entropy coding hardly less.
// raw-ec, fp16, fp16-ec, raw8 and raw8-ec have no neighbour. An analytic profile has no times of codecs and gets none. Returns a note that names what was
// taken from where, or nothing. Pure.
std::vector<std::string> FillCodecTimes(const std::vector<cost::CodecChoice>& codecs, const profile::AccuracyTable* accuracy,
                                        profile::Profile* device, profile::Profile* edge);

// Measured with libjpeg-turbo on 20 photos at 224x224: quality 95 makes 2.33 times the bytes of quality 75, takes 1.33 times as long to encode and 1.21
// times to decode; quality 90 1.64, 1.18 and 1.10 times.
inline constexpr double kJpegEncodingShare = 0.3, kJpegDecodingShare = 0.15;

}   // namespace partway::apps
