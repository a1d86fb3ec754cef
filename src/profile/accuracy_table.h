// How often a model is right, by input size, codec and cut: measured on pictures (profile/measure), a plain value here;
// accuracy_json.h reads and writes it (docs/formats.md, "Accuracy table").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace partway::profile {

struct AccuracyRow {
  int height = 0, width = 0;
  std::string codec = "raw";
  int cut = -1;                       // -1: uncut, for codec "raw" the same at every cut
  int64_t n = 0;                      // pictures
  std::optional<double> top1, top5;   // share in 0..1; nullopt without labels
  double top1_se = 0, top5_se = 0;    // sqrt(p (1 - p) / n)
  std::optional<double> agreement;    // share of pictures with the top-1 that the uncut model gives at its own size
  double bytes = 0;                   // mean encoded bytes of a frame; 0 for an uncut row
};

// C(s) = concave, increasing least-squares fit over pixels for raw rows, for policies that need one (digest section 1).
struct AccuracyFit {
  std::vector<int> pixels;        // height * width, ascending
  std::vector<double> accuracy;   // of the fit at each
  double worst_residual = 0;      // how far the raw points lie from it at most
};

struct AccuracyTable {
  static constexpr int kVersion = 1;
  std::string model, model_sha256, grouping;   // grouping: fingerprint; empty if no row has a cut
  std::string images;                          // the folder as named, with how many pictures
  int64_t n = 0;
  bool labelled = false;
  std::vector<AccuracyRow> rows;
  std::optional<AccuracyFit> fit;

  // Null where it was not measured. A raw row of cut -1 answers for every cut.
  const AccuracyRow* Find(int height, int width, const std::string& codec, int cut) const;
};

}   // namespace partway::profile
