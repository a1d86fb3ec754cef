#include "apps/replay_output.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "base/quantity.h"
#include "base/text.h"

namespace partway::apps {
namespace {

using Json = nlohmann::ordered_json;

Json RunJson(const ReplayedRun& run) {
  Json json = run.summary.ToJson();
  json["within"] = run.within;
  return json;
}

Json ErrorsJson(const ReplayErrors& errors) {
  return {{"fps", errors.fps},
          {"latency", errors.latency},
          {"p95", errors.p95},
          {"upload_bytes", errors.upload_bytes},
          {"bytes_per_frame", errors.bytes_per_frame},
          {"within", errors.within}};
}

Json MeansJson(const ReplayMeans& means) {
  return {{"fps", means.fps}, {"latency", means.latency}, {"p95", means.p95}, {"upload_bytes", means.upload_bytes}};
}

std::string Signed(double error) { return absl::StrFormat("%+.1f %%", 100 * error); }

double Mean(const ReplayedRun& run, double report::LatencySummary::*value) {
  return run.summary.latency_s ? (*run.summary.latency_s).*value : 0;
}

struct Line {
  std::string what, live, simulated, error, as_decided;
};

std::string BlockText(const Replay& replay) {
  const ReplayErrors errors = ErrorsOf(replay.live, replay.simulated), decided = ErrorsOf(replay.live, replay.as_decided);
  const auto latency = [&](const ReplayedRun& run, double report::LatencySummary::*value) {
    return run.summary.latency_s ? FormatSeconds(Mean(run, value)) : std::string("-");
  };
  const auto bytes = [](double value) { return FormatBytes(value); };
  const report::RunSummary &l = replay.live.summary, &s = replay.simulated.summary;
  const Line lines[] = {
      {"fps", absl::StrFormat("%.2f", l.fps), absl::StrFormat("%.2f", s.fps), Signed(errors.fps), Signed(decided.fps)},
      {"mean latency", latency(replay.live, &report::LatencySummary::mean),
       latency(replay.simulated, &report::LatencySummary::mean), Signed(errors.latency), Signed(decided.latency)},
      {"p95", latency(replay.live, &report::LatencySummary::p95), latency(replay.simulated, &report::LatencySummary::p95),
       Signed(errors.p95), Signed(decided.p95)},
      {"uploaded", bytes(static_cast<double>(l.upload_bytes)), bytes(static_cast<double>(s.upload_bytes)),
       Signed(errors.upload_bytes), Signed(decided.upload_bytes)},
      {"a frame", bytes(l.bytes_per_frame), bytes(s.bytes_per_frame), Signed(errors.bytes_per_frame),
       Signed(decided.bytes_per_frame)},
      {"in time", Concat(replay.live.within), Concat(replay.simulated.within), Signed(errors.within), Signed(decided.within)}};
  std::string text =
      Concat(replay.path, "\n  ", replay.header.policy, ", ",
             replay.header.link.empty() ? "the network as it was" : replay.header.link, "; ", l.offered, " frames\n");
  absl::StrAppendFormat(&text, "  %-14s %12s %12s %10s   %s\n", "", "live", "simulated", "error", "decided as live");
  for (const Line& line : lines) {
    absl::StrAppendFormat(&text, "  %-14s %12s %12s %10s   %s\n", line.what, line.live, line.simulated, line.error,
                          line.as_decided);
  }
  return text + "\n";
}

}   // namespace

ReplayMeans MeansOf(const std::vector<Replay>& replays, ReplayedRun Replay::*simulated) {
  ReplayMeans means;
  const auto n = static_cast<double>(std::max<size_t>(replays.size(), 1));
  for (const Replay& replay : replays) {
    const ReplayErrors errors = ErrorsOf(replay.live, replay.*simulated);
    means.fps += std::abs(errors.fps) / n;
    means.latency += std::abs(errors.latency) / n;
    means.p95 += std::abs(errors.p95) / n;
    means.upload_bytes += std::abs(errors.upload_bytes) / n;
  }
  return means;
}

void SortWorstFirst(std::vector<Replay>* replays) {
  const auto worst = [](const Replay& replay) { return ErrorsOf(replay.live, replay.simulated).worst(); };
  std::stable_sort(replays->begin(), replays->end(), [&](const Replay& a, const Replay& b) { return worst(a) > worst(b); });
}

Json ReplayJson(const std::vector<Replay>& replays) {
  Json records = Json::array();
  for (const Replay& replay : replays) {
    records.push_back(
        {{"record", replay.path},
         {"policy", replay.header.policy},
         {"link", replay.header.link.empty() ? Json(nullptr) : Json(replay.header.link)},
         {"slowdown", replay.header.slowdown},
         {"live", RunJson(replay.live)},
         {"simulated", RunJson(replay.simulated)},
         {"errors", ErrorsJson(ErrorsOf(replay.live, replay.simulated))},
         {"decided_as_live",
          {{"simulated", RunJson(replay.as_decided)}, {"errors", ErrorsJson(ErrorsOf(replay.live, replay.as_decided))}}}});
  }
  const ReplayMeans means = MeansOf(replays, &Replay::simulated);
  return {{"records", records},
          {"mean_error", MeansJson(means)},
          {"mean_error_decided_as_live", MeansJson(MeansOf(replays, &Replay::as_decided))},
          {"limit", kMostMeanError},
          {"holds", means.holds()}};
}

std::string ReplayText(const std::vector<Replay>& replays) {
  std::string text;
  for (const Replay& replay : replays) text += BlockText(replay);
  const auto line = [&](const char* what, const ReplayMeans& means) {
    Append(&text, absl::StrFormat("%-34s fps %.1f %%, latency %.1f %%, p95 %.1f %%, uploaded %.1f %%\n", what, 100 * means.fps,
                                  100 * means.latency, 100 * means.p95, 100 * means.upload_bytes));
  };
  const ReplayMeans means = MeansOf(replays, &Replay::simulated);
  line(Concat("mean error over ", replays.size(), replays.size() == 1 ? " record" : " records").c_str(), means);
  line("with the decisions of the records", MeansOf(replays, &Replay::as_decided));
  Append(&text, means.holds() ? "fps, latency and bytes agree within " : "fps, latency and bytes do not all agree within ",
         100 * kMostMeanError, " % in the mean\n");
  return text;
}

}   // namespace partway::apps
