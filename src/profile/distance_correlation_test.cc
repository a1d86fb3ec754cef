#include "profile/distance_correlation.h"

#include <cmath>

#include "base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::profile {
namespace {

SquareMatrix DistancesOf(const std::vector<float>& rows, size_t n) {
  SquareMatrix gram(n);
  FillGram(rows, 0, n, &gram);
  return DistancesFromGram(gram);
}
std::vector<float> Noise(size_t count, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(rng.Uniform(-1, 1)));
  return values;
}

TEST(SquareMatrix, DistancesOfKnownPoints) {
  // (0, 0), (3, 4), (3, 0): 5, 3 and 4 apart.
  const SquareMatrix d = DistancesOf({0, 0, 3, 4, 3, 0}, 3);
  EXPECT_EQ(d.at(0, 1), 5);
  EXPECT_EQ(d.at(0, 2), 3);
  EXPECT_EQ(d.at(2, 1), 4);
  EXPECT_EQ(d.at(1, 1), 0);
}

TEST(SquareMatrix, InnerProductsOfLongRowsKeepTheirDigits) {
  // 10,007 values, more than two stretches and no multiple of the lanes: the sum of 0.5 * 2 is their number.
  const std::vector<float> a(10007, 0.5f), b(10007, 2.0f);
  EXPECT_EQ(InnerProduct(a, b), 10007);
  const std::vector<float> x = Noise(10007, 1), y = Noise(10007, 2);
  double exact = 0;
  for (size_t i = 0; i < x.size(); ++i) exact += double{x[i]} * y[i];
  EXPECT_NEAR(InnerProduct(x, y), exact, 1e-3);
  std::vector<float> rows = x;
  rows.insert(rows.end(), y.begin(), y.end());
  SquareMatrix gram(2);
  FillGram(rows, 1, 2, &gram);
  EXPECT_EQ(gram.at(0, 1), InnerProduct(x, y));
  EXPECT_EQ(gram.at(1, 0), gram.at(0, 1));
  EXPECT_EQ(gram.at(1, 1), InnerProduct(y, y));
  EXPECT_EQ(gram.at(0, 0), 0) << "that row was not asked for";
}

// x = 0, 1, 2, 3: distances with row sums 6, 4, 4, 6 and total 20. U-centred, n - 2 = 2 and (n - 1)(n - 2) = 6:
//   A01 = 1 - 6/2 - 4/2 + 20/6 = -2/3, A23 the same, all others 1/3.
// y = 0, 3, 1, 2: rows 6, 6, 4, 4, total 20; B02 = 1 - 3 - 2 + 10/3 = -2/3, B13 the same, all others 1/3.
// A.B = 2 (-2/9) + 2 (-2/9) + 2 (1/9) = -2/3; A.A = B.B = 2 (4/9) + 4 (1/9) = 4/3; so -1/2.
TEST(DistanceCorrelation, KnownCase) {
  const SquareMatrix x = DistancesOf({0, 1, 2, 3}, 4), y = DistancesOf({0, 3, 1, 2}, 4);
  EXPECT_NEAR(*SquaredDistanceCorrelation(x, y), -0.5, 1e-12);
  EXPECT_EQ(*DistanceCorrelation(x, y), 0) << "below 0 counts as none";
}

TEST(DistanceCorrelation, IsOneForTheSameThingMovedTurnedAndScaled) {
  const std::vector<float> x = Noise(60, 3);   // 30 points in the plane
  std::vector<float> y;
  for (size_t i = 0; i < x.size(); i += 2) y.insert(y.end(), {5 - 2 * x[i + 1], 7 + 2 * x[i]});
  EXPECT_NEAR(*DistanceCorrelation(DistancesOf(x, 30), DistancesOf(y, 30)), 1, 1e-6);
}

TEST(DistanceCorrelation, FindsWhatIsNotLinear) {
  std::vector<float> x, y;   // y = x^2 on both sides of 0: Pearson's correlation is 0
  for (int i = -20; i <= 20; ++i) x.push_back(static_cast<float>(i)), y.push_back(static_cast<float>(i * i));
  EXPECT_GT(*DistanceCorrelation(DistancesOf(x, x.size()), DistancesOf(y, y.size())), 0.3);
}

TEST(DistanceCorrelation, ManyDimensionsAreNoDependence) {
  // 40 points of 2,000 dimensions, independent. The plain estimator would be close to 1 here.
  const SquareMatrix x = DistancesOf(Noise(80'000, 5), 40), y = DistancesOf(Noise(80'000, 6), 40);
  EXPECT_LT(std::abs(*SquaredDistanceCorrelation(x, y)), 0.1);
}

TEST(DistanceCorrelation, DegenerateInput) {
  EXPECT_EQ(*DistanceCorrelation(DistancesOf({1, 1, 1, 1}, 4), DistancesOf({0, 1, 2, 3}, 4)), 0);
  EXPECT_FALSE(DistanceCorrelation(SquareMatrix(3), SquareMatrix(3)).ok());
  EXPECT_FALSE(DistanceCorrelation(SquareMatrix(4), SquareMatrix(5)).ok());
}

}   // namespace
}   // namespace partway::profile
