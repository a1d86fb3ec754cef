#include "profile/picture_quality.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/status.h"

namespace partway::profile {
namespace {

constexpr int kWindow = 11;
constexpr double kSigma = 1.5, kPeak = 255, kC1 = 0.01 * kPeak * 0.01 * kPeak, kC2 = 0.03 * kPeak * 0.03 * kPeak;

// Sums to 1; the window is the product of one across and one down.
std::array<double, kWindow> GaussianWeights() {
  std::array<double, kWindow> weights{};
  double sum = 0;
  for (int i = 0; i < kWindow; ++i) {
    const double x = i - (kWindow - 1) / 2.0;
    sum += weights[i] = std::exp(-x * x / (2 * kSigma * kSigma));
  }
  for (double& w : weights) w /= sum;
  return weights;
}

}   // namespace

absl::StatusOr<double> PsnrDb(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size() || a.empty())
    return InvalidArgument("pictures of ", a.size(), " and ", b.size(), " pixels do not compare");
  double squares = 0;
  for (size_t i = 0; i < a.size(); ++i) squares += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
  const double mean = squares / static_cast<double>(a.size());
  return mean > 0 ? std::min(kMaxPsnrDb, 10 * std::log10(kPeak * kPeak / mean)) : kMaxPsnrDb;
}

absl::StatusOr<double> Ssim(std::span<const float> a, std::span<const float> b, int height, int width) {
  const bool fits = height >= kWindow && width >= kWindow && a.size() == size_t(height) * size_t(width) && b.size() == a.size();
  if (!fits)
    return InvalidArgument("SSIM needs two pictures of at least ", kWindow, "x", kWindow, " pixels, got ", height, "x", width);
  static const std::array<double, kWindow> weights = GaussianWeights();
  double sum = 0;
  for (int y = 0; y + kWindow <= height; ++y) {
    for (int x = 0; x + kWindow <= width; ++x) {
      double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
      for (int v = 0; v < kWindow; ++v) {
        for (int u = 0; u < kWindow; ++u) {
          const size_t at = size_t(y + v) * size_t(width) + size_t(x + u);
          const double w = weights[v] * weights[u], p = a[at], q = b[at];
          mean_a += w * p;
          mean_b += w * q;
          aa += w * p * p;
          bb += w * q * q;
          ab += w * p * q;
        }
      }
      const double var_a = aa - mean_a * mean_a, var_b = bb - mean_b * mean_b, covariance = ab - mean_a * mean_b;
      sum += (2 * mean_a * mean_b + kC1) * (2 * covariance + kC2) /
             ((mean_a * mean_a + mean_b * mean_b + kC1) * (var_a + var_b + kC2));
    }
  }
  return sum / ((height - kWindow + 1) * (width - kWindow + 1));
}

}   // namespace partway::profile
