// A dense square matrix of doubles, row-major: inner products or distances between n pictures.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace partway::profile {

struct SquareMatrix {
  explicit SquareMatrix(size_t n = 0) : n(n), values(n * n, 0.0) {}
  double& at(size_t i, size_t j) { return values[i * n + j]; }
  double at(size_t i, size_t j) const { return values[i * n + j]; }
  std::span<const double> row(size_t i) const { return {values.data() + i * n, n}; }

  size_t n;
  std::vector<double> values;
};

// Inner product in float32 over short stretches that are summed in double, in an order that does not depend on the machine's vectors.
double InnerProduct(std::span<const float> a, std::span<const float> b);

// Inner products of rows [from, to) with all rows up to themselves, into both halves of `gram`. `rows` holds gram->n rows of equal length. Different
// ranges may be filled at once by different threads.
void FillGram(std::span<const float> rows, size_t from, size_t to, SquareMatrix* gram);

// Euclidean distances between the rows whose inner products these are.
SquareMatrix DistancesFromGram(const SquareMatrix& gram);

}   // namespace partway::profile
