// How near one grey picture is to another. Pictures are row-major on the 0..255 scale.
#pragma once

#include <span>

#include "absl/status/statusor.h"

namespace partway::profile {

inline constexpr double kMaxPsnrDb = 100;   // of equal pictures, whose ratio is infinite

// Peak signal-to-noise ratio: 10 log10(255^2 / mean squared error), at most kMaxPsnrDb. Errors: InvalidArgument for pictures of different sizes or none.
absl::StatusOr<double> PsnrDb(std::span<const float> a, std::span<const float> b);

// Structural similarity of Wang, Bovik, Sheikh and Simoncelli ("Image quality assessment: from error visibility to structural similarity", IEEE
// Transactions on Image Processing 13, 2004): mean over all places of an 11x11 Gaussian window (sigma 1.5) of eq. 13 with K1 = 0.01, K2 = 0.03,
// L = 255; 1 for equal pictures. Errors: InvalidArgument for a picture smaller than the window or whose values do not fit height * width.
absl::StatusOr<double> Ssim(std::span<const float> a, std::span<const float> b, int height, int width);

}   // namespace partway::profile
