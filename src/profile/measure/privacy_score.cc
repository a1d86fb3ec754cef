#include "profile/measure/privacy_score.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/rng.h"
#include "base/status.h"
#include "profile/distance_correlation.h"
#include "profile/dual_ridge.h"
#include "profile/picture_quality.h"

namespace partway::profile {
namespace {

constexpr double kRidges[] = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10};

size_t PixelsOf(const PrivacyPictures& pictures) { return size_t(pictures.edge) * size_t(pictures.edge); }

std::vector<size_t> Learned(const PrivacySplit& split) {
  std::vector<size_t> both = split.train;
  both.insert(both.end(), split.validation.begin(), split.validation.end());
  return both;
}

// Mean, and its standard error: sqrt(sum of squared deviations / (n - 1) / n).
std::pair<double, double> MeanAndError(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double v : values) mean += v / n;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, values.size() > 1 ? std::sqrt(squares / (n - 1) / n) : 0};
}

// `rebuilt` holds one picture per entry of `which`.
absl::StatusOr<Reconstruction> Judge(const PrivacyPictures& pictures, std::span<const size_t> which, std::span<float> rebuilt) {
  const size_t pixels = PixelsOf(pictures);
  for (float& value : rebuilt) value = std::clamp(value, 0.0f, 255.0f);
  std::vector<double> psnrs, ssims;
  for (size_t i = 0; i < which.size(); ++i) {
    const std::span<const float> truth(pictures.grey.data() + which[i] * pixels, pixels),
        guess = rebuilt.subspan(i * pixels, pixels);
    ASSIGN_OR_RETURN(const double psnr, PsnrDb(truth, guess));
    ASSIGN_OR_RETURN(const double ssim, Ssim(truth, guess, pictures.edge, pictures.edge));
    psnrs.push_back(psnr);
    ssims.push_back(ssim);
  }
  const auto [psnr, psnr_se] = MeanAndError(psnrs);
  const auto [ssim, ssim_se] = MeanAndError(ssims);
  return Reconstruction{.psnr_db = psnr, .ssim = ssim, .psnr_se_db = psnr_se, .ssim_se = ssim_se};
}

double SquaredError(const PrivacyPictures& pictures, std::span<const size_t> which, std::span<const float> rebuilt) {
  const size_t pixels = PixelsOf(pictures);
  double sum = 0;
  for (size_t i = 0; i < which.size(); ++i) {
    for (size_t p = 0; p < pixels; ++p) {
      const double error = double{pictures.grey[which[i] * pixels + p]} - rebuilt[i * pixels + p];
      sum += error * error;
    }
  }
  return sum;
}

// Less the mean of each column: distances stay, and inner products of nearly equal rows keep their digits.
void CentreColumns(std::span<float> rows, size_t n) {
  const size_t length = rows.size() / n;
  std::vector<double> mean(length, 0);
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < length; ++k) mean[k] += rows[i * length + k];
  }
  for (double& m : mean) m /= static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < length; ++k) rows[i * length + k] = static_cast<float>(rows[i * length + k] - mean[k]);
  }
}

}   // namespace

PrivacySplit SplitPictures(size_t n, uint64_t seed) {
  assert(n >= kFewestPictures);
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  Rng rng(seed);
  for (size_t i = n - 1; i > 0; --i) std::swap(order[i], order[static_cast<size_t>(rng.UniformInt(0, static_cast<int64_t>(i)))]);
  const size_t fifth = n / 5;
  const auto at = [&](size_t from, size_t to) {
    return std::vector<size_t>(order.begin() + ptrdiff_t(from), order.begin() + ptrdiff_t(to));
  };
  return {.train = at(2 * fifth, n), .validation = at(fifth, 2 * fifth), .test = at(0, fifth)};
}

absl::StatusOr<Reconstruction> ScoreBaseline(const PrivacyPictures& pictures, const PrivacySplit& split) {
  const size_t pixels = PixelsOf(pictures);
  const std::vector<size_t> learned = Learned(split);
  std::vector<double> mean(pixels, 0);
  for (const size_t i : learned) {
    for (size_t p = 0; p < pixels; ++p) mean[p] += pictures.grey[i * pixels + p] / static_cast<double>(learned.size());
  }
  std::vector<float> rebuilt;
  for (size_t i = 0; i < split.test.size(); ++i) rebuilt.insert(rebuilt.end(), mean.begin(), mean.end());
  return Judge(pictures, split.test, rebuilt);
}

// Inner products and distances; later inner products, the kernel of four fifths, and its weights (double), predictions and targets less their mean.
int64_t ScoreBytes(int64_t n, int edge) {
  const int64_t square = n * n * int64_t{sizeof(double)}, pixels = int64_t{edge} * edge;
  return 2 * square + n * pixels * int64_t{sizeof(double)};
}

absl::Status ScoreFeatures(const PrivacyPictures& pictures, const PrivacySplit& split, std::span<float> features,
                           const std::atomic<bool>& stop, PrivacyRow* row) {
  const size_t n = pictures.distances.n;
  CentreColumns(features, n);
  SquareMatrix gram(n);
  for (size_t i = 0; i < n && !stop; ++i) FillGram(features, i, i + 1, &gram);
  if (stop) return absl::CancelledError("stopped");
  ASSIGN_OR_RETURN(row->distance_correlation, DistanceCorrelation(pictures.distances, DistancesFromGram(gram)));

  const Targets targets{.values = pictures.grey, .width = PixelsOf(pictures)};
  double least = std::numeric_limits<double>::infinity();
  for (const double ridge : kRidges) {
    if (stop) return absl::CancelledError("stopped");
    ASSIGN_OR_RETURN(const std::vector<float> rebuilt, PredictByRidge(gram, targets, split.train, split.validation, ridge));
    const double error = SquaredError(pictures, split.validation, rebuilt);
    if (error < least) {
      least = error;
      row->lambda = ridge;
    }
  }
  std::vector<size_t> learned = Learned(split);
  ASSIGN_OR_RETURN(std::vector<float> rebuilt, PredictByRidge(gram, targets, learned, split.test, row->lambda));
  ASSIGN_OR_RETURN(const Reconstruction score, Judge(pictures, split.test, rebuilt));
  row->psnr_db = score.psnr_db;
  row->psnr_se_db = score.psnr_se_db;
  row->ssim = score.ssim;
  row->ssim_se = score.ssim_se;
  for (size_t i = 0; 2 * i < learned.size(); ++i) learned[i] = learned[2 * i];
  learned.resize((learned.size() + 1) / 2);
  ASSIGN_OR_RETURN(rebuilt, PredictByRidge(gram, targets, learned, split.test, row->lambda));
  ASSIGN_OR_RETURN(const Reconstruction half, Judge(pictures, split.test, rebuilt));
  row->ssim_half = half.ssim;
  return absl::OkStatus();
}

}   // namespace partway::profile
