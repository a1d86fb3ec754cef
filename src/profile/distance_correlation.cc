#include "profile/distance_correlation.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"

namespace partway::profile {
namespace {

struct Centre {
  std::vector<double> rows;   // sum over l of a_il, / (n - 2)
  double all = 0;             // sum over k, l of a_kl, / ((n - 1)(n - 2))

  explicit Centre(const SquareMatrix& a) {
    const auto n = static_cast<double>(a.n);
    double total = 0;
    for (size_t i = 0; i < a.n; ++i) {
      double sum = 0;
      for (const double d : a.row(i)) sum += d;
      rows.push_back(sum / (n - 2));
      total += sum;
    }
    all = total / ((n - 1) * (n - 2));
  }
  double At(const SquareMatrix& a, size_t i, size_t j) const { return a.at(i, j) - rows[i] - rows[j] + all; }
};

}   // namespace

absl::StatusOr<double> SquaredDistanceCorrelation(const SquareMatrix& a, const SquareMatrix& b) {
  if (a.n != b.n) return InvalidArgument("distances between ", a.n, " and between ", b.n, " pictures do not go together");
  if (a.n < 4) return InvalidArgument("distance correlation needs 4 pictures or more, got ", a.n);
  const Centre centre_a(a), centre_b(b);
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.n; ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double x = centre_a.At(a, i, j), y = centre_b.At(b, i, j);
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

absl::StatusOr<double> DistanceCorrelation(const SquareMatrix& a, const SquareMatrix& b) {
  ASSIGN_OR_RETURN(const double squared, SquaredDistanceCorrelation(a, b));
  return std::sqrt(std::clamp(squared, 0.0, 1.0));
}

}   // namespace partway::profile
