// How often a model is right, by input size, codec and cut: measured on pictures (profile/measure), a plain value here;
// accuracy_json.h reads and writes it (docs/formats.md, "Accuracy table").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
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
  double agreement_se = 0;
  // What the codec costs: `Share()` of this row minus that of the uncut row of its size, from the same pictures, so its standard error is
  // that of paired answers and far smaller than that of either. nullopt where it is not known.
  std::optional<double> change;
  double change_se = 0;
  double bytes = 0;   // mean encoded bytes of a frame; 0 for an uncut row

  // What stands for accuracy in this row: top-1, or agreement without labels.
  double Share() const { return top1.value_or(agreement.value_or(0)); }
};

// C(s): concave, increasing least-squares fit over pixels of the uncut rows' Share(), for policies that need one (digest section 1;
// concave_fit.h). Between the sizes it is linear. Never in place of the raw points.
struct AccuracyFit {
  std::vector<int> pixels;        // height * width, ascending
  std::vector<double> accuracy;   // of the fit at each; may leave 0..1 a little where the points are far from concave
  double worst_residual = 0;      // how far the raw points lie from it at most
};

struct AccuracyTable {
  static constexpr int kVersion = 1;
  std::string model, model_sha256, grouping;   // grouping: fingerprint; empty if no row has a cut
  std::string images;                          // the folder as named
  int64_t n = 0;                               // pictures
  bool labelled = false;                       // top-1 and top-5 in every row; without labels agreement stands for accuracy
  std::vector<AccuracyRow> rows;
  std::optional<AccuracyFit> fit;
};

// The rows of a table by size, codec and cut: a question takes logarithmic time. Borrows the table, which must stay as it is. Thread-safe.
class AccuracyIndex {
 public:
  explicit AccuracyIndex(const AccuracyTable& table);
  // Null where it was not measured. A raw row of cut -1 answers for every cut.
  const AccuracyRow* Find(int height, int width, std::string_view codec, int cut) const;

 private:
  using Key = std::tuple<int, int, int, std::string_view>;   // height, width, cut, codec
  std::map<Key, const AccuracyRow*> rows_;
};

}   // namespace partway::profile
