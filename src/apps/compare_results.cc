#include "apps/compare_results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "absl/strings/str_format.h"
#include "apps/simulate_parts.h"
#include "apps/verb.h"
#include "base/quantity.h"
#include "base/text.h"
#include "nlohmann/json.hpp"
#include "report/summary.h"

namespace partway::apps {
namespace {

constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();
constexpr double kBetter = 1.3;

// Two-sided 95 % quantile of Student's t with n - 1 degrees of freedom, n = 2..; beyond the table that of the normal distribution.
double StudentT(size_t n) {
  constexpr double kTable[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                               2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                               2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045};
  return n - 2 < std::size(kTable) ? kTable[n - 2] : 1.96;
}

std::optional<size_t> IndexOf(const Comparison& comparison, const std::string& name) {
  for (size_t i = 0; i < comparison.methods.size(); ++i) {
    if (comparison.methods[i].name == name) return i;
  }
  return std::nullopt;
}

}   // namespace

void CompareRun::Add(const report::FrameRow& frame, double max_latency_s) {
  ++offered;
  upload_bytes += frame.upload_bytes;
  if (frame.outcome == device::Outcome::kDropped) return;
  ++answered;
  within += frame.latency_s <= max_latency_s ? 1 : 0;
  latency_s.push_back(frame.latency_s);
  labelled += frame.correct.has_value() ? 1 : 0;
  correct += frame.correct.value_or(false) ? 1 : 0;
}

CompareSum SumOf(const std::vector<CompareRun>& rounds) {
  CompareSum sum;
  double squares = 0;
  std::vector<double> fps;
  for (const CompareRun& run : rounds) {
    sum.all.offered += run.offered;
    sum.all.answered += run.answered;
    sum.all.within += run.within;
    sum.all.seconds += run.seconds;
    sum.all.labelled += run.labelled;
    sum.all.correct += run.correct;
    sum.all.upload_bytes += run.upload_bytes;
    sum.all.latency_s.insert(sum.all.latency_s.end(), run.latency_s.begin(), run.latency_s.end());
    fps.push_back(run.seconds > 0 ? static_cast<double>(run.within) / run.seconds : 0);
  }
  for (const double f : fps) sum.within_fps += f / static_cast<double>(fps.size());
  for (const double f : fps) squares += (f - sum.within_fps) * (f - sum.within_fps);
  const size_t n = fps.size();
  sum.ci95_fps = n < 2 ? kNotKnown : StudentT(n) * std::sqrt(squares / static_cast<double>(n - 1) / static_cast<double>(n));
  std::vector<double>& latency = sum.all.latency_s;
  std::sort(latency.begin(), latency.end());
  for (const double l : latency) sum.mean_s += l / static_cast<double>(latency.size());
  sum.p50_s = latency.empty() ? kNotKnown : report::NearestRank(latency, 0.5);
  sum.p95_s = latency.empty() ? kNotKnown : report::NearestRank(latency, 0.95);
  if (sum.all.labelled > 0) sum.top1 = static_cast<double>(sum.all.correct) / static_cast<double>(sum.all.labelled);
  return sum;
}

std::optional<CompareVerdict> VerdictOf(const Comparison& comparison) {
  const std::optional<size_t> local = IndexOf(comparison, "all-local"), jpeg = IndexOf(comparison, "jpeg");
  if (!local || !jpeg || *local == 0 || *jpeg == 0) return std::nullopt;
  CompareVerdict verdict;
  verdict.worst = std::numeric_limits<double>::infinity();
  for (const CompareLink& link : comparison.links) {
    const double ours = SumOf(link.runs[0]).within_fps;
    const double other = std::max(SumOf(link.runs[*local]).within_fps, SumOf(link.runs[*jpeg]).within_fps);
    const double ratio = other > 0 ? ours / other : ours > 0 ? std::numeric_limits<double>::infinity() : 1;
    verdict.ratio.push_back(ratio);
    verdict.worst = std::min(verdict.worst, ratio);
    verdict.better += ratio >= kBetter ? 1 : 0;
  }
  return verdict;
}

nlohmann::ordered_json CompareJson(const Comparison& comparison) {
  nlohmann::ordered_json links = nlohmann::ordered_json::array();
  for (const CompareLink& link : comparison.links) {
    nlohmann::ordered_json policies = nlohmann::ordered_json::array();
    for (size_t m = 0; m < comparison.methods.size(); ++m) {
      const CompareSum sum = SumOf(link.runs[m]);
      policies.push_back({{"policy", comparison.methods[m].name},
                          {"what", comparison.methods[m].what},
                          {"rounds", link.runs[m].size()},
                          {"offered", sum.all.offered},
                          {"answered", sum.all.answered},
                          {"within", sum.all.within},
                          {"within_fps", sum.within_fps},
                          {"within_ci95_fps", Finite(sum.ci95_fps)},
                          {"top1_accuracy", OrNull(sum.top1)},
                          {"latency_s", {{"mean", Finite(sum.mean_s)}, {"p50", Finite(sum.p50_s)}, {"p95", Finite(sum.p95_s)}}},
                          {"upload_bytes", sum.all.upload_bytes}});
    }
    links.push_back({{"link", link.text}, {"rate_bps", OrNull(link.rate_bps)}, {"policies", std::move(policies)}});
  }
  nlohmann::ordered_json json{{"model", comparison.model},
                              {"source", comparison.source},
                              {"slowdown", comparison.slowdown},
                              {"fps", comparison.fps},
                              {"max_latency_s", comparison.max_latency_s},
                              {"min_accuracy", comparison.min_accuracy},
                              {"links", std::move(links)}};
  if (const auto verdict = VerdictOf(comparison)) {
    nlohmann::ordered_json ratios = nlohmann::ordered_json::array();
    for (const double ratio : verdict->ratio) ratios.push_back(Finite(ratio));
    json["against_better_of_local_and_jpeg"] = {{"ratio", std::move(ratios)}, {"worst", Finite(verdict->worst)}};
  }
  return json;
}

std::string CompareText(const Comparison& comparison) {
  std::string text = Concat(comparison.model, ", ", comparison.fps, " frames a second offered, answers wanted within ",
                            FormatSeconds(comparison.max_latency_s));
  if (comparison.accuracy_known) text += absl::StrFormat(", accuracy at least %.3f", comparison.min_accuracy);
  if (comparison.slowdown > 1) Append(&text, ", device ", comparison.slowdown, " times slower (emulated)");
  text += "\n";
  for (const CompareMethod& method : comparison.methods) {
    if (!method.what.empty()) Append(&text, "  ", method.name, ": ", method.what, "\n");
  }
  const std::optional<CompareVerdict> verdict = VerdictOf(comparison);
  for (size_t i = 0; i < comparison.links.size(); ++i) {
    const CompareLink& link = comparison.links[i];
    Append(&text, "\n", link.text);
    if (verdict && std::isfinite(verdict->ratio[i]))
      text += absl::StrFormat("   (ours %.2f of the better of local and jpeg)", verdict->ratio[i]);
    text += "\n";
    text += absl::StrFormat("  %-16s %14s %10s %10s %8s %10s\n", "", "within, fps", "answered", "mean", "p95", "top-1");
    for (size_t m = 0; m < comparison.methods.size(); ++m) {
      const CompareSum sum = SumOf(link.runs[m]);
      const std::string ci = std::isnan(sum.ci95_fps) ? "" : absl::StrFormat(" +-%.1f", sum.ci95_fps);
      const double answered =
          sum.all.offered > 0 ? 100.0 * static_cast<double>(sum.all.answered) / static_cast<double>(sum.all.offered) : 0;
      text += absl::StrFormat(
          "  %-16s %14s %8.0f %% %10s %8s %10s\n", comparison.methods[m].name, absl::StrFormat("%.1f", sum.within_fps) + ci,
          answered, sum.all.answered > 0 ? FormatSeconds(sum.mean_s) : "-", sum.all.answered > 0 ? FormatSeconds(sum.p95_s) : "-",
          sum.top1 ? absl::StrFormat("%.1f %%", 100 * *sum.top1) : "-");
    }
  }
  if (verdict && !comparison.links.empty()) {
    text += absl::StrFormat("\nours against the better of all-local and jpeg: worst %.2f; at least %.1f on %d of %d links\n",
                            verdict->worst, kBetter, verdict->better, static_cast<int>(comparison.links.size()));
  }
  return text;
}

}   // namespace partway::apps
