// How far two things measured on the same n pictures depend on each other, of any dimension and in any form, not linear alone (Szekely, Rizzo and
// Bakirov, "Measuring and testing dependence by correlation of distances", Annals of Statistics 35, 2007).
//
// The estimator is the bias-corrected one of Szekely and Rizzo ("The distance correlation t-test of independence in high dimension", Journal of
// Multivariate Analysis 117, 2013; U-centred as in "Partial distance correlation with methods for dissimilarities", Annals of Statistics 42, 2014):
// the plain one goes to 1 with the number of dimensions whatever the data, which would make every cut look alike.
#pragma once

#include "absl/status/statusor.h"
#include "profile/square_matrix.h"

namespace partway::profile {

// Bias-corrected squared distance correlation, at most 1, about 0 (and as often below) for independent data:
//   (A.B) / sqrt((A.A)(B.B)),  A.B = sum over i != j of A_ij B_ij,
//   A_ij = a_ij - sum_l a_il / (n-2) - sum_k a_kj / (n-2) + sum_kl a_kl / ((n-1)(n-2))  for i != j, and 0 for i = j.
// 0 where one side is the same for all pictures. Errors: InvalidArgument for fewer than 4 pictures, or matrices of different sizes.
absl::StatusOr<double> SquaredDistanceCorrelation(const SquareMatrix& distances_a, const SquareMatrix& distances_b);

// Its square root, 0 where it is below 0: on the scale of the plain distance correlation, 0..1.
absl::StatusOr<double> DistanceCorrelation(const SquareMatrix& distances_a, const SquareMatrix& distances_b);

}   // namespace partway::profile
