// What the values sent at each cut give away about the picture: measured on pictures (profile/measure), a plain value here; privacy_json.h reads and
// writes it (docs/formats.md, "Privacy table").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace partway::profile {

struct PrivacyRow {
  int cut = 0;
  std::string codec;                    // what was sent; at cut 0 "raw" unless a picture codec was asked for
  double distance_correlation = 0;      // between pictures and what is sent, 0..1 (distance_correlation.h)
  double psnr_db = 0, ssim = 0;         // of pictures rebuilt from what is sent by ridge regression; means over the test pictures
  double psnr_se_db = 0, ssim_se = 0;   // their standard errors over the test pictures; 0 in tables without
  // As ssim, from half as many pictures to learn from: what lies between them and more is to come from more pictures. nullopt in tables without.
  std::optional<double> ssim_half;
  double lambda = 0;      // the ridge that did best on the validation pictures, as a share of the features' mean variance
  double bytes = 0;       // mean encoded bytes of a frame
  int64_t features = 0;   // numbers per picture that the two figures were taken from
  int averaged = 1;       // side of the square of neighbours that were averaged into one number; 1: none
};

struct PrivacyTable {
  static constexpr int kVersion = 1;
  std::string model, model_sha256, grouping, images;
  int height = 0, width = 0;   // input size, pixels
  std::string codec;           // as asked
  int64_t n = 0;               // pictures
  int64_t train = 0, validation = 0, test = 0;
  uint64_t seed = 0;
  int picture_edge = 0;   // of the grey pictures that were rebuilt
  // What the mean of the training pictures scores, which needs nothing that was sent: a row tells only how far it lies above.
  double baseline_psnr_db = 0, baseline_ssim = 0;
  // What the same attacker rebuilds of the test pictures from the very pictures that are to be rebuilt, where nothing is hidden: with pictures enough to
  // learn from this goes to 1. No row can be told to hide more than what is missing here. nullopt in tables without.
  std::optional<double> control_ssim;
  std::vector<PrivacyRow> rows;   // by cut

  // Null where it was not measured.
  const PrivacyRow* Find(int cut) const;
};

// Below these a table says little about what a cut hides, and much about how few pictures the attacker had. An attacker to whom nothing was hidden and who
// rebuilds less than 0.7 has not learned to rebuild: 50 photos come to 0.36, and a raw picture then looks as safe as a cut. 200 come to 0.67, 300 to 0.75,
// 400 to 0.82; tables that do not tell theirs are judged by their number of pictures.
inline constexpr double kEnoughControlSsim = 0.7;
inline constexpr int64_t kEnoughPictures = 400;
// Why the table's pictures are too few, in one line; empty where they are enough.
std::string TooFewPictures(const PrivacyTable& table);

}   // namespace partway::profile
