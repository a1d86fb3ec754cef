// A run in a few numbers: the object that `run --json` prints and a record's last line holds (docs/formats.md, "Summary").
//
//   answered         = edge + local; offered = answered + dropped, always
//   fps              = answered / (last answer - first capture), on the run's clock
//   latency_s        over answered frames, capture to answer; percentiles by nearest rank: the ceil(p n)-th smallest
//   top1_accuracy    correct / answered, over frames whose picture has a label; absent where none has
//   upload_bytes     of every frame, also of those that were finished locally in the end
//   bytes_per_frame  = upload_bytes / answered
//   cuts             answered frames by cut
//   limits           what a policy was held to: latency and accuracy, on average over slots; absent where none decided
//   within           frames answered within the limit of latency; absent without one
//   dropped_by_reason  dropped frames by their reasons, of which the first kReasons are told apart and the rest are "other"
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/rng.h"
#include "device/frame_record.h"
#include "nlohmann/json_fwd.hpp"

namespace partway::report {

struct FrameRow;

struct LatencySummary {
  double mean = 0, p50 = 0, p95 = 0, p99 = 0;   // seconds
};

struct SummaryLimits {
  double max_latency_s = 0, min_accuracy = 0;
};

struct RunSummary {
  int64_t offered = 0, edge = 0, local = 0, dropped = 0;
  double fps = 0;
  std::optional<LatencySummary> latency_s;   // nullopt (null in JSON): nothing was answered
  std::optional<double> top1_accuracy;
  int64_t upload_bytes = 0;
  double bytes_per_frame = 0;
  std::map<int, int64_t> cuts;
  int64_t deadline_misses = 0;
  std::optional<SummaryLimits> limits;
  std::optional<int64_t> within;
  std::map<std::string, int64_t> dropped_by_reason;

  int64_t answered() const { return edge + local; }
  nlohmann::ordered_json ToJson() const;   // include nlohmann/json.hpp to use it
  std::string ToJsonText() const;          // one line
  // Errors: InvalidArgument that names the key.
  static absl::StatusOr<RunSummary> FromJson(const nlohmann::ordered_json& json);
};

// The p-th percentile of `sorted` (ascending, not empty) by nearest rank; p in 0..1.
double NearestRank(std::span<const double> sorted, double p);

// The same, frame by frame, in bounded memory: percentiles are exact up to kLatencySamples answered frames; beyond, they are
// those of a uniform random sample of that many (seeded, so that the same frames give the same numbers). Not thread-safe.
class SummaryBuilder {
 public:
  static constexpr size_t kLatencySamples = size_t{1} << 20;
  static constexpr size_t kReasons = 16;
  explicit SummaryBuilder(const std::optional<SummaryLimits>& limits = std::nullopt);
  void Add(const device::FrameRecord& frame);
  RunSummary Summary() const;   // may be asked at any time, for progress

 private:
  RunSummary sums_;
  int64_t labelled_ = 0, correct_ = 0;
  double latency_sum_ = 0, first_capture_s_ = 0, last_answer_s_ = 0;
  std::vector<double> latencies_;
  Rng rng_{1};
};

RunSummary BuildSummary(std::span<const FrameRow> frames, const std::optional<SummaryLimits>& limits = std::nullopt);
RunSummary BuildSummary(std::span<const device::FrameRecord> frames);

}   // namespace partway::report
