#include "profile/dual_ridge.h"

#include <algorithm>
#include <cmath>

#include "base/status.h"

namespace partway::profile {
namespace {

double Dot(const double* a, const double* b, size_t count) {
  double sums[8] = {};   // independent, so that the compiler may use vectors
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (size_t l = 0; l < 8; ++l) sums[l] += a[i + l] * b[i + l];
  }
  double sum = 0;
  for (const double s : sums) sum += s;
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// Solves L L^T x = b for each column of `b`, which has L.n rows of `width`.
void SolveInPlace(const SquareMatrix& l, size_t width, std::vector<double>* b) {
  const auto row = [&](size_t i) { return b->data() + i * width; };
  const auto subtract = [&](size_t from, size_t what, double factor) {
    double *to = row(from), *other = row(what);
    for (size_t c = 0; c < width; ++c) to[c] -= factor * other[c];
  };
  const auto divide = [&](size_t i) {
    for (size_t c = 0; c < width; ++c) row(i)[c] /= l.at(i, i);
  };
  for (size_t i = 0; i < l.n; ++i) {
    for (size_t k = 0; k < i; ++k) subtract(i, k, l.at(i, k));
    divide(i);
  }
  for (size_t i = l.n; i-- > 0;) {
    for (size_t k = i + 1; k < l.n; ++k) subtract(i, k, l.at(k, i));
    divide(i);
  }
}

}   // namespace

absl::Status Cholesky(SquareMatrix* a) {
  for (size_t i = 0; i < a->n; ++i) {
    double* row_i = a->values.data() + i * a->n;
    for (size_t j = 0; j <= i; ++j) {
      const double* row_j = a->values.data() + j * a->n;
      const double rest = row_i[j] - Dot(row_i, row_j, j);
      if (i != j) {
        row_i[j] = rest / row_j[j];
      } else if (rest > 0) {
        row_i[i] = std::sqrt(rest);
      } else {
        return InvalidArgument("the matrix is not positive definite (row ", i, ")");
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> PredictByRidge(const SquareMatrix& gram, const Targets& targets, std::span<const size_t> train,
                                                  std::span<const size_t> query, double lambda) {
  const size_t n = train.size(), width = targets.width;
  const auto beyond = [&](size_t i) { return i >= gram.n; };
  if (n == 0 || std::any_of(train.begin(), train.end(), beyond) || std::any_of(query.begin(), query.end(), beyond))
    return InvalidArgument("ridge regression needs training examples, each one of the ", gram.n, " at hand");
  if (!(lambda > 0) || targets.values.size() != gram.n * width)
    return InvalidArgument("ridge regression needs a ridge above 0 and targets for all examples");

  // Inner products of centred features: <x - m, y - m> = <x, y> - <x, m> - <m, y> + <m, m> with m the mean of the training examples.
  const auto with_mean = [&](size_t i) {
    double sum = 0;
    for (const size_t t : train) sum += gram.at(i, t);
    return sum / static_cast<double>(n);
  };
  std::vector<double> mean_with(n);
  double mean_mean = 0;
  for (size_t i = 0; i < n; ++i) mean_mean += mean_with[i] = with_mean(train[i]);
  mean_mean /= static_cast<double>(n);
  SquareMatrix kernel(n);
  double trace = 0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) kernel.at(i, j) = gram.at(train[i], train[j]) - mean_with[i] - mean_with[j] + mean_mean;
    trace += kernel.at(i, i);
  }
  // Features that are the same everywhere tell nothing: any ridge then gives the mean.
  const double ridge = trace > 0 ? lambda * trace / static_cast<double>(n) : 1;
  for (size_t i = 0; i < n; ++i) kernel.at(i, i) += ridge;
  RETURN_IF_ERROR(Cholesky(&kernel));

  std::vector<double> mean(width, 0), alpha(n * width);
  for (const size_t t : train) {
    for (size_t c = 0; c < width; ++c) mean[c] += targets.values[t * width + c];
  }
  for (double& m : mean) m /= static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t c = 0; c < width; ++c) alpha[i * width + c] = targets.values[train[i] * width + c] - mean[c];
  }
  SolveInPlace(kernel, width, &alpha);

  std::vector<float> predicted;
  predicted.reserve(query.size() * width);
  std::vector<double> row(width);
  for (const size_t q : query) {
    const double q_mean = with_mean(q);
    row = mean;
    for (size_t i = 0; i < n; ++i) {
      const double weight = gram.at(q, train[i]) - q_mean - mean_with[i] + mean_mean;
      for (size_t c = 0; c < width; ++c) row[c] += weight * alpha[i * width + c];
    }
    for (const double value : row) predicted.push_back(static_cast<float>(value));
  }
  return predicted;
}

}   // namespace partway::profile
