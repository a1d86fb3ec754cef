#include "profile/dual_ridge.h"

#include <cmath>

#include "base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::profile {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

SquareMatrix GramOf(const std::vector<float>& rows, size_t n) {
  SquareMatrix gram(n);
  FillGram(rows, 0, n, &gram);
  return gram;
}

TEST(Cholesky, KnownCase) {
  SquareMatrix a(2);
  a.values = {4, 2, 2, 5};
  ASSERT_TRUE(Cholesky(&a).ok());
  EXPECT_EQ(a.at(0, 0), 2);   // (2 0; 1 2)(2 1; 0 2) = (4 2; 2 5)
  EXPECT_EQ(a.at(1, 0), 1);
  EXPECT_EQ(a.at(1, 1), 2);
  a.values = {1, 2, 2, 1};
  EXPECT_FALSE(Cholesky(&a).ok()) << "one eigenvalue is -1";
}

// Features -1 and 1, targets 8 and 12: centred -2 and 2. Mean squared length 1, so the ridge is lambda: weight = (2 + 2) / (2 + lambda).
TEST(DualRidge, OneFeature) {
  const SquareMatrix gram = GramOf({-1, 1, 3}, 3);
  const std::vector<float> y = {8, 12, 0};
  const std::vector<size_t> train = {0, 1}, query = {2, 0};
  EXPECT_THAT(*PredictByRidge(gram, {y, 1}, train, query, 2),
              ElementsAre(FloatNear(13, 1e-5f), FloatNear(9, 1e-5f)));   // weight 1
  EXPECT_THAT(*PredictByRidge(gram, {y, 1}, train, query, 1e-9),
              ElementsAre(FloatNear(16, 1e-5f), FloatNear(8, 1e-5f)));   // weight 2
  EXPECT_THAT(*PredictByRidge(gram, {y, 1}, train, query, 1e9),
              ElementsAre(FloatNear(10, 1e-5f), FloatNear(10, 1e-5f)));   // the mean
}

TEST(DualRidge, MovingAllFeaturesChangesNothing) {
  const std::vector<float> y = {8, 12, 9, 0};
  const std::vector<size_t> train = {0, 1, 2}, query = {3};
  const float there = (*PredictByRidge(GramOf({-1, 1, 0.5f, 3}, 4), {y, 1}, train, query, 0.1))[0];
  const float moved = (*PredictByRidge(GramOf({99, 101, 100.5f, 103}, 4), {y, 1}, train, query, 0.1))[0];
  EXPECT_NEAR(there, moved, 1e-3);
}

// Against the primal: 3 features, 20 examples, (X^T X + r I) w = X^T y solved by Gaussian elimination over centred data.
TEST(DualRidge, EqualsThePrimal) {
  Rng rng(8);
  const size_t n = 21, d = 3, width = 2;
  std::vector<float> x, y;
  for (size_t i = 0; i < n * d; ++i) x.push_back(static_cast<float>(rng.Uniform(-1, 1)));
  for (size_t i = 0; i < n * width; ++i) y.push_back(static_cast<float>(rng.Uniform(-1, 1)));
  std::vector<size_t> train;
  for (size_t i = 0; i + 1 < n; ++i) train.push_back(i);
  const double lambda = 0.3, count = static_cast<double>(train.size());
  double mean_x[d] = {}, mean_y[width] = {}, trace = 0;
  for (const size_t i : train) {
    for (size_t k = 0; k < d; ++k) mean_x[k] += x[i * d + k] / count;
    for (size_t c = 0; c < width; ++c) mean_y[c] += y[i * width + c] / count;
  }
  double a[d][d + width] = {};
  for (const size_t i : train) {
    for (size_t k = 0; k < d; ++k) {
      const double xk = x[i * d + k] - mean_x[k];
      trace += xk * xk;
      for (size_t l = 0; l < d; ++l) a[k][l] += xk * (x[i * d + l] - mean_x[l]);
      for (size_t c = 0; c < width; ++c) a[k][d + c] += xk * (y[i * width + c] - mean_y[c]);
    }
  }
  for (size_t k = 0; k < d; ++k) a[k][k] += lambda * trace / count;
  for (size_t p = 0; p < d; ++p) {
    for (size_t r = 0; r < d; ++r) {
      if (r == p) continue;
      const double factor = a[r][p] / a[p][p];
      for (size_t c = p; c < d + width; ++c) a[r][c] -= factor * a[p][c];
    }
  }
  const std::vector<size_t> query = {n - 1};
  const std::vector<float> predicted = *PredictByRidge(GramOf(x, n), {y, width}, train, query, lambda);
  for (size_t c = 0; c < width; ++c) {
    double expected = mean_y[c];
    for (size_t k = 0; k < d; ++k) expected += a[k][d + c] / a[k][k] * (x[(n - 1) * d + k] - mean_x[k]);
    EXPECT_NEAR(predicted[c], expected, 1e-5);
  }
}

TEST(DualRidge, FeaturesThatAreAllAlikeGiveTheMean) {
  const std::vector<float> y = {1, 3, 100};
  EXPECT_THAT(*PredictByRidge(GramOf({5, 5, 5}, 3), {y, 1}, std::vector<size_t>{0, 1}, std::vector<size_t>{2}, 1),
              ElementsAre(FloatNear(2, 1e-6f)));
}

TEST(DualRidge, RefusesWhatCannotBeLearnedFrom) {
  const SquareMatrix gram = GramOf({1, 2}, 2);
  const std::vector<float> y = {1, 2};
  const std::vector<size_t> none, one = {0}, beyond = {2};
  EXPECT_FALSE(PredictByRidge(gram, {y, 1}, none, one, 1).ok());
  EXPECT_FALSE(PredictByRidge(gram, {y, 1}, beyond, one, 1).ok());
  EXPECT_FALSE(PredictByRidge(gram, {y, 1}, one, beyond, 1).ok());
  EXPECT_FALSE(PredictByRidge(gram, {y, 1}, one, one, 0).ok());
  EXPECT_FALSE(PredictByRidge(gram, {y, 1}, one, one, std::nan("")).ok());
  EXPECT_FALSE(PredictByRidge(gram, {y, 2}, one, one, 1).ok());
}

}   // namespace
}   // namespace partway::profile
