#include "report/summary.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

#include "base/json_fields.h"
#include "base/status.h"
#include "nlohmann/json.hpp"
#include "report/run_record.h"

namespace partway::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kOtherReasons[] = "other";

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}   // namespace

Json RunSummary::ToJson() const {
  Json cut_counts = Json::object();
  for (const auto& [cut, count] : cuts) cut_counts[std::to_string(cut)] = count;
  Json latency = nullptr;
  if (latency_s) {
    latency = Json{{"mean", latency_s->mean}, {"p50", latency_s->p50}, {"p95", latency_s->p95}, {"p99", latency_s->p99}};
  }
  Json limit_values = nullptr, reasons = Json::object();
  if (limits) limit_values = Json{{"max_latency_s", limits->max_latency_s}, {"min_accuracy", limits->min_accuracy}};
  for (const auto& [reason, count] : dropped_by_reason) reasons[reason] = count;
  return Json{{"frames", {{"offered", offered}, {"edge", edge}, {"local", local}, {"dropped", dropped}}},
              {"fps", fps},
              {"latency_s", latency},
              {"top1_accuracy", OrNull(top1_accuracy)},
              {"upload_bytes", upload_bytes},
              {"bytes_per_frame", bytes_per_frame},
              {"cuts", cut_counts},
              {"deadline_misses", deadline_misses},
              {"limits", limit_values},
              {"within", OrNull(within)},
              {"dropped_by_reason", reasons}};
}

std::string RunSummary::ToJsonText() const { return ToJson().dump(-1, ' ', false, Json::error_handler_t::replace); }

absl::StatusOr<RunSummary> RunSummary::FromJson(const Json& json) {
  RunSummary summary;
  Fields fields(json, "summary");
  Json part;
  if (fields.Object("frames", &part)) {
    Fields frames(part, "summary.frames");
    frames.Get("offered", &summary.offered);
    frames.Get("edge", &summary.edge);
    frames.Get("local", &summary.local);
    frames.Get("dropped", &summary.dropped);
    RETURN_IF_ERROR(frames.status());
  }
  fields.Get("fps", &summary.fps);
  if (fields.Object("latency_s", &part)) {
    LatencySummary latency;
    Fields parts(part, "summary.latency_s");
    parts.Get("mean", &latency.mean);
    parts.Get("p50", &latency.p50);
    parts.Get("p95", &latency.p95);
    parts.Get("p99", &latency.p99);
    RETURN_IF_ERROR(parts.status());
    summary.latency_s = latency;
  }
  fields.Get("top1_accuracy", &summary.top1_accuracy);
  fields.Get("upload_bytes", &summary.upload_bytes);
  fields.Get("bytes_per_frame", &summary.bytes_per_frame);
  fields.Get("deadline_misses", &summary.deadline_misses);
  if (fields.Object("cuts", &part)) {
    for (const auto& [key, count] : part.items()) {
      int cut = 0;
      const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), cut);
      if (error != std::errc() || end != key.data() + key.size() || !count.is_number_integer()) {
        return InvalidArgument("summary.cuts: expected whole numbers by cut, such as {\"3\":120}");
      }
      summary.cuts[cut] = count.get<int64_t>();
    }
  }
  if (fields.Has("limits") && fields.Object("limits", &part)) {
    SummaryLimits limits;
    Fields parts(part, "summary.limits");
    parts.Get("max_latency_s", &limits.max_latency_s);
    parts.Get("min_accuracy", &limits.min_accuracy);
    RETURN_IF_ERROR(parts.status());
    summary.limits = limits;
  }
  fields.Get("within", &summary.within);
  if (fields.Object("dropped_by_reason", &part)) {
    for (const auto& [reason, count] : part.items()) {
      if (!count.is_number_integer()) return InvalidArgument("summary.dropped_by_reason: expected whole numbers by reason");
      summary.dropped_by_reason[reason] = count.get<int64_t>();
    }
  }
  RETURN_IF_ERROR(fields.status());
  return summary;
}

double NearestRank(std::span<const double> sorted, double p) {
  assert(!sorted.empty() && p >= 0 && p <= 1);
  // p n may come out a hair above a whole number (0.07 * 100); the slack keeps that from moving the rank.
  const double rank = std::ceil(p * static_cast<double>(sorted.size()) - 1e-9);
  return sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

SummaryBuilder::SummaryBuilder(const std::optional<SummaryLimits>& limits) {
  sums_.limits = limits;
  if (limits) sums_.within = 0;
}

void SummaryBuilder::Add(const device::FrameRecord& frame) {
  first_capture_s_ = sums_.offered == 0 ? frame.captured_s : std::min(first_capture_s_, frame.captured_s);
  ++sums_.offered;
  sums_.upload_bytes += frame.upload_bytes;
  if (frame.deadline_missed) ++sums_.deadline_misses;
  if (frame.outcome == device::Outcome::kDropped) {
    ++sums_.dropped;
    std::map<std::string, int64_t>& reasons = sums_.dropped_by_reason;
    ++reasons[reasons.size() < kReasons || reasons.count(frame.reason) > 0 ? frame.reason : kOtherReasons];
    return;
  }
  ++(frame.outcome == device::Outcome::kEdge ? sums_.edge : sums_.local);
  ++sums_.cuts[frame.cut];
  if (sums_.limits && frame.latency_s <= sums_.limits->max_latency_s) ++*sums_.within;
  if (frame.correct) {
    ++labelled_;
    if (*frame.correct) ++correct_;
  }
  const double answer_s = frame.captured_s + frame.latency_s;
  last_answer_s_ = sums_.answered() == 1 ? answer_s : std::max(last_answer_s_, answer_s);
  latency_sum_ += frame.latency_s;
  if (latencies_.size() < kLatencySamples) {
    latencies_.push_back(frame.latency_s);
  } else {   // reservoir sampling (Vitter's algorithm R, 1985): the n-th frame takes a place with probability samples / n
    const int64_t place = rng_.UniformInt(0, sums_.answered() - 1);
    if (static_cast<size_t>(place) < kLatencySamples) latencies_[static_cast<size_t>(place)] = frame.latency_s;
  }
}

RunSummary SummaryBuilder::Summary() const {
  RunSummary summary = sums_;
  const int64_t answered = summary.answered();
  if (answered == 0) return summary;
  const double seconds = last_answer_s_ - first_capture_s_;
  if (seconds > 0) summary.fps = static_cast<double>(answered) / seconds;
  summary.bytes_per_frame = static_cast<double>(summary.upload_bytes) / static_cast<double>(answered);
  if (labelled_ > 0) summary.top1_accuracy = static_cast<double>(correct_) / static_cast<double>(labelled_);
  std::vector<double> sorted = latencies_;
  std::sort(sorted.begin(), sorted.end());
  summary.latency_s = LatencySummary{.mean = latency_sum_ / static_cast<double>(answered),
                                     .p50 = NearestRank(sorted, 0.50),
                                     .p95 = NearestRank(sorted, 0.95),
                                     .p99 = NearestRank(sorted, 0.99)};
  return summary;
}

RunSummary BuildSummary(std::span<const FrameRow> frames, const std::optional<SummaryLimits>& limits) {
  SummaryBuilder builder(limits);
  for (const FrameRow& frame : frames) builder.Add(frame);
  return builder.Summary();
}

RunSummary BuildSummary(std::span<const device::FrameRecord> frames) {
  SummaryBuilder builder;
  for (const device::FrameRecord& frame : frames) builder.Add(frame);
  return builder.Summary();
}

}   // namespace partway::report
