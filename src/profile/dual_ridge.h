// Ridge regression with more features than examples, solved in the dual (Saunders, Gammerman and Vovk, "Ridge regression learning algorithm in dual
// variables", ICML 1998): only inner products between examples are needed, so the number of features does not matter.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "profile/square_matrix.h"

namespace partway::profile {

// Targets of all examples: row i holds the `width` numbers to be predicted for example i.
struct Targets {
  std::span<const float> values;   // n * width
  size_t width = 0;
};

// Predicts the targets of examples `query` from the features and targets of examples `train`. `gram`: inner products of all examples' features. Features and
// targets are centred by the mean of the training examples. `lambda`: the ridge as a share of the mean squared length of a centred training example (the
// regression minimises squared error + lambda * trace(K) / n * |weights|^2). Row q of the result: example query[q]. Errors: InvalidArgument for an
// empty training set, an index beyond the examples, or a lambda that is not above 0. Thread-safe.
absl::StatusOr<std::vector<float>> PredictByRidge(const SquareMatrix& gram, const Targets& targets, std::span<const size_t> train,
                                                  std::span<const size_t> query, double lambda);

// In place: the lower triangle of a symmetric positive definite matrix becomes L with L L^T = a. Errors: InvalidArgument where it is not positive
// definite.
absl::Status Cholesky(SquareMatrix* a);

}   // namespace partway::profile
