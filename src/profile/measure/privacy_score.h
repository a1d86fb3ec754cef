// From the rows of numbers that are sent for a set of pictures to what they give away. Pure.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "profile/privacy_table.h"
#include "profile/square_matrix.h"

namespace partway::profile {

// Which pictures an attacker learns from, chooses the ridge with, and is judged on.
struct PrivacySplit {
  std::vector<size_t> train, validation, test;
};
inline constexpr int64_t kFewestPictures = 10;
// A fifth each for validation and test, drawn from the seed. `n` is at least kFewestPictures (asserted).
PrivacySplit SplitPictures(size_t n, uint64_t seed);

// The pictures themselves, small.
struct PrivacyPictures {
  int edge = 0;                               // pixels
  std::vector<float> grey;                    // n * edge * edge, 0..255: what is to be rebuilt
  SquareMatrix distances = SquareMatrix(0);   // between the small pictures in colour
};

struct Reconstruction {
  double psnr_db = 0, ssim = 0;         // means over the test pictures
  double psnr_se_db = 0, ssim_se = 0;   // their standard errors; 0 for one picture, which has none
};

// The mean of the training and validation pictures in place of each test picture.
absl::StatusOr<Reconstruction> ScoreBaseline(const PrivacyPictures& pictures, const PrivacySplit& split);

// Fills distance_correlation, psnr_db, ssim, their errors, ssim_half and lambda of `row` from `features` (n rows of equal length; centred in place). The ridge is the one of 1e-6 ..
// 1e1 that rebuilds the validation pictures best from the training ones; the test pictures are rebuilt from both, clamped to 0..255, and for ssim_half from every second of both. Errors:
// Cancelled soon after `stop` was set.
// At its peak it holds ScoreBytes(n, edge) beside its arguments.
absl::Status ScoreFeatures(const PrivacyPictures& pictures, const PrivacySplit& split, std::span<float> features,
                           const std::atomic<bool>& stop, PrivacyRow* row);
int64_t ScoreBytes(int64_t n, int edge);

}   // namespace partway::profile
