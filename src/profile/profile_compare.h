// Two profiles of one model, side by side: how many times as fast b is, over all and group by group, and which groups stand out.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "profile/profile.h"

namespace partway::profile {

struct ComparedSize {
  int height = 0, width = 0, threads_a = 0, threads_b = 0;
  double ratio = 0;                   // a's time over b's, all groups: b is so many times as fast
  std::vector<double> group_ratios;   // N; 0 where a time is 0
};

struct ComparedGroup {
  double ratio = 0;                  // median over the sizes
  double share_a = 0, share_b = 0;   // of the time of all groups, median over the sizes
  bool outlier = false;
};

struct Comparison {
  std::vector<ComparedSize> sizes;     // those in both, ascending
  std::vector<ComparedGroup> groups;   // N
  double ratio = 0;                    // median over the sizes
};

// A group is an outlier if its ratio is this many times the ratio of all groups or more, either way, and it takes a hundredth of the time on one
// side at least: a small group's ratio says little.
inline constexpr double kOutlierFactor = 1.25, kOutlierShare = 0.01;

// Sizes are compared at each thread count that both have; where they have none in common and one each, those two. Errors:
// FailedPrecondition for profiles of different models or groupings, or without a size in common (names what each has).
absl::StatusOr<Comparison> Compare(const Profile& a, const std::string& name_a, const Profile& b, const std::string& name_b);

}   // namespace partway::profile
