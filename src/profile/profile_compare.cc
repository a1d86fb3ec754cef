#include "profile/profile_compare.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "profile/profile_check.h"

namespace partway::profile {
namespace {

using Pair = std::pair<const SizeProfile*, const SizeProfile*>;

double Median(std::vector<double> v) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  return (v[(v.size() - 1) / 2] + v[v.size() / 2]) / 2;
}

std::vector<const SizeProfile*> OfSize(const Profile& profile, const SizeProfile& like) {
  std::vector<const SizeProfile*> found;
  for (const SizeProfile& s : profile.sizes) {
    if (s.height == like.height && s.width == like.width) found.push_back(&s);
  }
  return found;
}

std::vector<Pair> Pairs(const Profile& a, const Profile& b) {
  std::vector<Pair> pairs;
  for (const SizeProfile& from : a.sizes) {
    if (const SizeProfile* same = b.Find(from.height, from.width, from.threads)) {
      pairs.emplace_back(&from, same);
      continue;
    }
    const std::vector<const SizeProfile*> in_b = OfSize(b, from);
    if (in_b.size() == 1 && OfSize(a, from).size() == 1) pairs.emplace_back(&from, in_b.front());
  }
  return pairs;
}

std::string SizesOf(const Profile& profile) {
  std::string text;
  for (const SizeProfile& s : profile.sizes) {
    Append(&text, text.empty() ? "" : ", ", s.height, "x", s.width, " with ", s.threads, s.threads == 1 ? " thread" : " threads");
    if (text.size() > 200) return text + " and more";
  }
  return text;
}

double Ratio(double a, double b) { return a > 0 && b > 0 ? a / b : 0; }

}   // namespace

absl::StatusOr<Comparison> Compare(const Profile& a, const std::string& name_a, const Profile& b, const std::string& name_b) {
  RETURN_IF_ERROR(CheckSameModel(a, name_a, b, name_b));
  const std::vector<Pair> pairs = Pairs(a, b);
  if (pairs.empty()) {
    return FailedPrecondition("no size in common: ", name_a, " has ", SizesOf(a), "; ", name_b, " has ", SizesOf(b));
  }
  const int groups = a.group_count();
  Comparison made;
  std::vector<double> ratios;
  std::vector<std::vector<double>> of_group(static_cast<size_t>(groups)), shares_a = of_group, shares_b = of_group;
  for (const auto& [in_a, in_b] : pairs) {
    ComparedSize size{in_a->height, in_a->width, in_a->threads, in_b->threads};
    const double sum_a = TimeOf(*in_a, 0, groups).value(), sum_b = TimeOf(*in_b, 0, groups).value();
    size.ratio = Ratio(sum_a, sum_b);
    ratios.push_back(size.ratio);
    for (size_t g = 0; g < of_group.size(); ++g) {
      const double time_a = in_a->groups[g].median_s, time_b = in_b->groups[g].median_s;
      size.group_ratios.push_back(Ratio(time_a, time_b));
      of_group[g].push_back(size.group_ratios.back());
      shares_a[g].push_back(Ratio(time_a, sum_a));
      shares_b[g].push_back(Ratio(time_b, sum_b));
    }
    made.sizes.push_back(std::move(size));
  }
  made.ratio = Median(std::move(ratios));
  for (size_t g = 0; g < of_group.size(); ++g) {
    ComparedGroup group{Median(of_group[g]), Median(shares_a[g]), Median(shares_b[g])};
    const double off = Ratio(group.ratio, made.ratio);
    const bool counts = std::max(group.share_a, group.share_b) >= kOutlierShare;
    group.outlier = counts && (off >= kOutlierFactor || off <= 1 / kOutlierFactor);
    made.groups.push_back(group);
  }
  return made;
}

}   // namespace partway::profile
