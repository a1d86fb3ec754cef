#include "profile/square_matrix.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace partway::profile {
namespace {

constexpr size_t kLanes = 16;       // independent sums, so that the compiler may use vectors without reordering
constexpr size_t kStretch = 4096;   // values summed in float32 before they join the double

// Over one stretch of a multiple of kLanes values.
double StretchProduct(const float* a, const float* b, size_t count) {
  std::array<float, kLanes> sums{};
  for (size_t i = 0; i < count; i += kLanes) {
    for (size_t l = 0; l < kLanes; ++l) sums[l] += a[i + l] * b[i + l];
  }
  double sum = 0;
  for (const float s : sums) sum += s;
  return sum;
}

double StretchAt(std::span<const float> a, std::span<const float> b, size_t begin) {
  const size_t count = std::min(kStretch, a.size() - begin), whole = count / kLanes * kLanes;
  double sum = StretchProduct(a.data() + begin, b.data() + begin, whole);
  for (size_t i = begin + whole; i < begin + count; ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}   // namespace

double InnerProduct(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  double sum = 0;
  for (size_t begin = 0; begin < a.size(); begin += kStretch) sum += StretchAt(a, b, begin);
  return sum;
}

void FillGram(std::span<const float> rows, size_t from, size_t to, SquareMatrix* gram) {
  if (gram->n == 0) return;
  const size_t length = rows.size() / gram->n;
  const auto row = [&](size_t i) { return rows.subspan(i * length, length); };
  // A stretch of this row stays in the cache while all others pass by.
  for (size_t i = from; i < to; ++i) {
    for (size_t j = 0; j <= i; ++j) gram->at(i, j) = 0;
    for (size_t begin = 0; begin < length; begin += kStretch) {
      for (size_t j = 0; j <= i; ++j) gram->at(i, j) += StretchAt(row(i), row(j), begin);
    }
    for (size_t j = 0; j < i; ++j) gram->at(j, i) = gram->at(i, j);
  }
}

SquareMatrix DistancesFromGram(const SquareMatrix& gram) {
  SquareMatrix distances(gram.n);
  for (size_t i = 0; i < gram.n; ++i) {
    for (size_t j = 0; j < gram.n; ++j) {
      // Rounding may leave a little below 0 for equal rows.
      const double squared = gram.at(i, i) + gram.at(j, j) - 2 * gram.at(i, j);
      distances.at(i, j) = i == j ? 0 : std::sqrt(std::max(0.0, squared));
    }
  }
  return distances;
}

}   // namespace partway::profile
