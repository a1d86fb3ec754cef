// What the values sent at each cut give away about the picture: measured on pictures (profile/measure), a plain value here; privacy_json.h reads and
// writes it (docs/formats.md, "Privacy table").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace partway::profile {

struct PrivacyRow {
  int cut = 0;
  std::string codec;                 // what was sent; at cut 0 "raw" unless a picture codec was asked for
  double distance_correlation = 0;   // between pictures and what is sent, 0..1 (distance_correlation.h)
  double psnr_db = 0, ssim = 0;      // of pictures rebuilt from what is sent by ridge regression; means over the test pictures
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
  std::vector<PrivacyRow> rows;   // by cut

  // Null where it was not measured.
  const PrivacyRow* Find(int cut) const;
};

}   // namespace partway::profile
