#include "profile/concave_fit.h"

#include <cmath>

#include "base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::profile {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

double Error(const std::vector<FitPoint>& points, const std::vector<double>& fit) {
  double sum = 0;
  for (size_t i = 0; i < points.size(); ++i) sum += points[i].weight * (points[i].y - fit[i]) * (points[i].y - fit[i]);
  return sum;
}

void ExpectConcaveIncreasing(const std::vector<FitPoint>& points, const std::vector<double>& fit) {
  double last_slope = INFINITY;
  for (size_t i = 1; i < points.size(); ++i) {
    const double slope = (fit[i] - fit[i - 1]) / (points[i].x - points[i - 1].x);
    EXPECT_GE(slope, -1e-12);
    EXPECT_LE(slope, last_slope + 1e-9);
    last_slope = slope;
  }
}

// The best fit found by trying every set of kinks: for each set, plain least squares by the normal equations, kept if its ramps are all >= 0.
// The optimum is among them.
double SmallestErrorOverAllKinks(const std::vector<FitPoint>& points) {
  const size_t m = points.size();
  double best = INFINITY;
  for (uint32_t set = 0; set < (1u << (m - 1)); ++set) {
    std::vector<std::vector<double>> basis(1, std::vector<double>(m, 1));
    for (size_t j = 1; j < m; ++j) {
      if ((set >> (j - 1) & 1) == 0) continue;
      basis.emplace_back();
      for (size_t i = 0; i < m; ++i) basis.back().push_back(std::min(points[i].x, points[j].x) - points[0].x);
    }
    const size_t k = basis.size();
    std::vector<std::vector<double>> a(k, std::vector<double>(k + 1, 0));
    for (size_t i = 0; i < m; ++i) {
      for (size_t r = 0; r < k; ++r) {
        for (size_t c = 0; c < k; ++c) a[r][c] += points[i].weight * basis[r][i] * basis[c][i];
        a[r][k] += points[i].weight * basis[r][i] * points[i].y;
      }
    }
    for (size_t p = 0; p < k; ++p) {   // Gauss-Jordan; the matrix is positive definite
      for (size_t r = 0; r < k; ++r) {
        if (r == p) continue;
        const double factor = a[r][p] / a[p][p];
        for (size_t c = p; c <= k; ++c) a[r][c] -= factor * a[p][c];
      }
    }
    bool feasible = true;
    std::vector<double> fit(m, 0);
    for (size_t r = 0; r < k; ++r) {
      const double coefficient = a[r][k] / a[r][r];
      feasible = feasible && (r == 0 || coefficient >= -1e-12);
      for (size_t i = 0; i < m; ++i) fit[i] += coefficient * basis[r][i];
    }
    if (feasible) best = std::min(best, Error(points, fit));
  }
  return best;
}

TEST(ConcaveFit, LeavesConcaveIncreasingPointsAsTheyAre) {
  const std::vector<FitPoint> points = {{9216, 0.4}, {16384, 0.6}, {36864, 0.8}, {50176, 0.85}, {65536, 0.85}};
  EXPECT_THAT(*ConcaveIncreasingFit(points), ElementsAre(DoubleNear(0.4, 1e-12), DoubleNear(0.6, 1e-12), DoubleNear(0.8, 1e-12),
                                                         DoubleNear(0.85, 1e-12), DoubleNear(0.85, 1e-12)));
}

TEST(ConcaveFit, KnownCases) {
  // Falling points: the best increasing function is their mean.
  EXPECT_THAT(*ConcaveIncreasingFit(std::vector<FitPoint>{{1, 3}, {2, 2}, {3, 1}}),
              ElementsAre(DoubleNear(2, 1e-12), DoubleNear(2, 1e-12), DoubleNear(2, 1e-12)));
  // Convex points 0, 0, 1: the line of least squares, slope 1/2, through the mean 1/3 at x = 2.
  EXPECT_THAT(*ConcaveIncreasingFit(std::vector<FitPoint>{{1, 0}, {2, 0}, {3, 1}}),
              ElementsAre(DoubleNear(1.0 / 3 - 0.5, 1e-12), DoubleNear(1.0 / 3, 1e-12), DoubleNear(1.0 / 3 + 0.5, 1e-12)));
  // A peak 0, 4, 2 that falls: the last two pooled with weights 1 and 3: (4 + 3 * 2) / 4 = 2.5.
  EXPECT_THAT(*ConcaveIncreasingFit(std::vector<FitPoint>{{0, 0, 1}, {1, 4, 1}, {2, 2, 3}}),
              ElementsAre(DoubleNear(0, 1e-12), DoubleNear(2.5, 1e-12), DoubleNear(2.5, 1e-12)));
  // One point; two points at one x share their weighted mean (1 * 1 + 3 * 2) / 4, in the order given.
  EXPECT_THAT(*ConcaveIncreasingFit(std::vector<FitPoint>{{5, 0.7}}), ElementsAre(0.7));
  EXPECT_THAT(*ConcaveIncreasingFit(std::vector<FitPoint>{{4, 1, 1}, {1, 0, 1}, {4, 2, 3}}),
              ElementsAre(DoubleNear(1.75, 1e-12), DoubleNear(0, 1e-12), DoubleNear(1.75, 1e-12)));
}

TEST(ConcaveFit, NoSetOfKinksDoesBetter) {
  Rng rng(3);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<FitPoint> points;
    double x = rng.Uniform(0, 1e5);
    const int m = static_cast<int>(rng.UniformInt(2, 8));
    for (int i = 0; i < m; ++i) {
      points.push_back({x, rng.Uniform(), rng.Uniform(0.1, 10)});
      x += rng.Uniform(1, 3e4);
    }
    const std::vector<double> fit = *ConcaveIncreasingFit(points);
    ExpectConcaveIncreasing(points, fit);
    EXPECT_NEAR(Error(points, fit), SmallestErrorOverAllKinks(points), 1e-9) << "trial " << trial;
  }
}

// A thousand points, noise about a concave curve. The fit is the optimum if no ramp would lower the error: the residuals' weighted inner product
// with each ramp is 0 where the fit bends at its end and not above 0 elsewhere (Karush-Kuhn-Tucker).
TEST(ConcaveFit, ManyPointsMeetTheOptimalityConditions) {
  Rng rng(4);
  std::vector<FitPoint> points;
  for (int i = 0; i < 1000; ++i) points.push_back({i * 100.0, 1 - std::exp(-i / 200.0) + rng.Uniform(-0.1, 0.1), 1});
  const std::vector<double> fit = *ConcaveIncreasingFit(points);
  ExpectConcaveIncreasing(points, fit);
  double constant = 0;
  for (size_t i = 0; i < points.size(); ++i) constant += points[i].y - fit[i];
  EXPECT_NEAR(constant, 0, 1e-8);
  for (size_t j = 1; j < points.size(); ++j) {
    double slope = 0;
    for (size_t i = 0; i < points.size(); ++i) slope += (points[i].y - fit[i]) * std::min(i, j);
    EXPECT_LE(slope, 1e-6);
    const double before = fit[j] - fit[j - 1], after = j + 1 < fit.size() ? fit[j + 1] - fit[j] : 0;
    if (before - after > 1e-9) {
      EXPECT_NEAR(slope, 0, 1e-6) << "bends at " << j;
    }
  }
}

TEST(ConcaveFit, RefusesWhatIsNoPoint) {
  EXPECT_FALSE(ConcaveIncreasingFit({}).ok());
  for (const FitPoint& bad : {FitPoint{NAN, 1, 1}, FitPoint{1, INFINITY, 1}, FitPoint{1, 1, 0}, FitPoint{1, 1, -1}}) {
    EXPECT_FALSE(ConcaveIncreasingFit(std::vector<FitPoint>{bad}).ok());
  }
}

TEST(ConcaveFit, OfATableTakesItsUncutRowsAlone) {
  AccuracyTable table;
  const auto row = [&](int edge, const std::string& codec, int cut, double top1) {
    table.rows.push_back({.height = edge, .width = edge, .codec = codec, .cut = cut, .n = 10, .top1 = top1});
  };
  EXPECT_FALSE(FitOf(table)->has_value());
  row(20, "raw", -1, 0.9), row(10, "raw", -1, 0.5), row(30, "raw", -1, 0.8), row(20, "int8", 3, 0.1);
  const AccuracyFit fit = **FitOf(table);
  EXPECT_THAT(fit.pixels, ElementsAre(100, 400, 900));
  // 0.9 and 0.8 are pooled: 0.85 each, 0.05 from either.
  EXPECT_THAT(fit.accuracy, ElementsAre(DoubleNear(0.5, 1e-12), DoubleNear(0.85, 1e-12), DoubleNear(0.85, 1e-12)));
  EXPECT_NEAR(fit.worst_residual, 0.05, 1e-12);
}

}   // namespace
}   // namespace partway::profile
