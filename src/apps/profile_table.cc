#include "apps/profile_table.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "base/quantity.h"
#include "base/text.h"
#include "nlohmann/json.hpp"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

// Texts come from a file; control characters would do as they like with the terminal.
std::string Shown(std::string text, size_t most = 60) {
  if (text.size() > most) text.resize(most);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

std::string Edge(const profile::SizeProfile& at) { return Concat(at.estimated ? "~" : "", SizeText(at.height, at.width)); }

int NameWidth(const profile::Profile& profile) {
  size_t width = 4;
  for (const std::string& name : profile.group_names) width = std::max(width, std::min<size_t>(name.size(), 28));
  return static_cast<int>(width);
}

std::string Spread(const profile::TimeSpread& t) {
  return t.n == 0 ? "-" : Concat(FormatSeconds(t.p10_s), " .. ", FormatSeconds(t.p90_s));
}

void PrintSize(const profile::Profile& profile, const profile::SizeProfile& at, int width) {
  const int groups = profile.group_count();
  const double sum = TimeOf(at, 0, groups).value();
  std::printf("\n%s, %d thread%s\n", Edge(at).c_str(), at.threads, at.threads == 1 ? "" : "s");
  std::printf("%5s  %-*s  %9s  %22s  %6s  %9s  %10s  %10s  %7s\n", "group", width, "name", "median", "p10 .. p90", "share",
              "MACs", "in", "rho", "sigma");
  for (int g = 0; g < groups; ++g) {
    const profile::TimeSpread& time = at.groups[g];
    std::printf("%5d  %-*.*s  %9s  %22s  %5.1f%%  %9s  %10s  %10.4g  %7.4g\n", g, width, width,
                Shown(profile.group_names[g]).c_str(), FormatSeconds(time.median_s).c_str(), Spread(time).c_str(),
                sum > 0 ? 100 * time.median_s / sum : 0, FormatCount(static_cast<double>(at.group_macs[g])).c_str(),
                FormatBytes(static_cast<double>(at.cut_bytes[g])).c_str(), Rho(profile, at, g), Sigma(at, g));
  }
}

}   // namespace

void PrintProfileHead(const profile::Profile& profile) {
  std::printf("%s (%s), %d groups\n", Shown(profile.model).c_str(), profile.model_sha256.substr(0, 12).c_str(),
              profile.group_count());
  if (profile.rate) {
    std::printf("analytic: %s multiply-adds per second\n", FormatCount(profile.rate->value()).c_str());
  } else {
    std::printf("measured on %s, %d cores", Shown(profile.cpu).c_str(), profile.cores);
    if (profile.cpu_hz > 0) std::printf(" at %sHz", FormatCount(profile.cpu_hz).c_str());
    std::printf(", %s, with %s %s on %s\n", Shown(profile.system).c_str(), Shown(profile.engine).c_str(),
                Shown(profile.engine_version).c_str(), Shown(profile.provider).c_str());
  }
  if (!profile.date.empty()) std::printf("%s\n", Shown(profile.date).c_str());
}

void PrintProfileSizes(const profile::Profile& profile) {
  const int groups = profile.group_count();
  std::printf("\n%9s  %7s  %9s  %11s  %22s  %10s  %6s\n", "size", "threads", "MACs", "sum, groups", "whole: p10 .. p90", "median",
              "ratio");
  for (const profile::SizeProfile& at : profile.sizes) {
    const double sum = TimeOf(at, 0, groups).value();
    int64_t macs = 0;
    for (const int64_t m : at.group_macs) macs += m;
    const bool whole = at.whole.n > 0 && at.whole.median_s > 0;
    char ratio[16] = "-";
    if (whole) std::snprintf(ratio, sizeof ratio, "%.3f", sum / at.whole.median_s);
    std::printf("%9s  %7d  %9s  %11s  %22s  %10s  %6s\n", Edge(at).c_str(), at.threads,
                FormatCount(static_cast<double>(macs)).c_str(), FormatSeconds(sum).c_str(), Spread(at.whole).c_str(),
                whole ? FormatSeconds(at.whole.median_s).c_str() : "-", ratio);
  }
  if (std::any_of(profile.sizes.begin(), profile.sizes.end(), [](const profile::SizeProfile& at) { return at.estimated; }))
    std::printf("~ not measured: estimated from the other sizes by the groups' work\n");
  if (profile.codecs.empty()) return;
  std::printf("\n%-12s  %12s  %12s  %12s  %12s\n", "codec", "encode fixed", "encode", "decode fixed", "decode");
  const auto rate = [](double s_per_byte) {
    return s_per_byte > 0 ? Concat(FormatBytes(1 / s_per_byte), "/s") : std::string("-");
  };
  for (const profile::CodecSpeed& c : profile.codecs) {
    std::printf("%-12s  %12s  %12s  %12s  %12s\n", Shown(c.codec).c_str(), FormatSeconds(c.encode_fixed_s).c_str(),
                rate(c.encode_s_per_byte).c_str(), FormatSeconds(c.decode_fixed_s).c_str(), rate(c.decode_s_per_byte).c_str());
  }
}

void PrintProfileGroups(const profile::Profile& profile, const std::optional<engine::ProbeSize>& only) {
  const int width = NameWidth(profile);
  for (const profile::SizeProfile& at : profile.sizes) {
    if (only && (at.height != only->height || at.width != only->width)) continue;
    PrintSize(profile, at, width);
  }
  std::printf("\nrho: %s per bit that enters a group; sigma: bits that leave a group per bit that enters\n",
              RhoUnitOf(profile) == profile::RhoUnit::kCycles ? "clock cycles" : "multiply-adds");
}

void PrintComparison(const profile::Comparison& compared, const profile::Profile& a, const std::string& name_a,
                     const std::string& name_b) {
  const std::string first = Shown(name_a, 200), second = Shown(name_b, 200);
  std::printf("%s: %s is %.2f times as fast as %s\n\n", Shown(a.model).c_str(), second.c_str(), compared.ratio, first.c_str());
  std::printf("%9s  %9s  %6s\n", "size", "threads", "ratio");
  for (const profile::ComparedSize& s : compared.sizes) {
    const std::string threads = s.threads_a == s.threads_b ? Concat(s.threads_a) : Concat(s.threads_a, " to ", s.threads_b);
    std::printf("%9s  %9s  %6.2f\n", SizeText(s.height, s.width).c_str(), threads.c_str(), s.ratio);
  }
  const int width = NameWidth(a);
  std::printf("\n%5s  %-*s  %6s  %13s\n", "group", width, "name", "ratio", "share of time");
  std::string outliers;
  for (size_t g = 0; g < compared.groups.size(); ++g) {
    const profile::ComparedGroup& group = compared.groups[g];
    const std::string name = Shown(a.group_names[g]);
    std::printf("%5zu  %-*.*s  %6.2f  %5.1f%% %5.1f%%%s\n", g, width, width, name.c_str(), group.ratio, 100 * group.share_a,
                100 * group.share_b, group.outlier ? "  stands out" : "");
    if (group.outlier) Append(&outliers, outliers.empty() ? "" : ", ", g, " (", name, ")");
  }
  if (outliers.empty()) {
    std::printf("\nno group is more than %.0f %% off the rest\n", 100 * (profile::kOutlierFactor - 1));
  } else {
    std::printf("\nmore than %.0f %% off the rest: %s\n", 100 * (profile::kOutlierFactor - 1), outliers.c_str());
  }
}

std::string ComparisonToJson(const profile::Comparison& compared, const profile::Profile& a) {
  nlohmann::ordered_json sizes = nlohmann::ordered_json::array(), groups = sizes;
  for (const profile::ComparedSize& s : compared.sizes) {
    sizes.push_back({{"height", s.height},
                     {"width", s.width},
                     {"threads_a", s.threads_a},
                     {"threads_b", s.threads_b},
                     {"ratio", s.ratio},
                     {"group_ratios", s.group_ratios}});
  }
  for (size_t g = 0; g < compared.groups.size(); ++g) {
    const profile::ComparedGroup& group = compared.groups[g];
    groups.push_back({{"index", g},
                      {"name", a.group_names[g]},
                      {"ratio", group.ratio},
                      {"share_a", group.share_a},
                      {"share_b", group.share_b},
                      {"outlier", group.outlier}});
  }
  const nlohmann::ordered_json json = {{"ratio", compared.ratio}, {"groups", std::move(groups)}, {"sizes", std::move(sizes)}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}   // namespace partway::apps
