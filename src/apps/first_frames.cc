#include "apps/first_frames.h"

#include <algorithm>
#include <numeric>

#include "apps/cache_folder.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "base/hash.h"
#include "base/status.h"
#include "media/source.h"
#include "profile/accuracy_json.h"
#include "profile/measure/accuracy_counts.h"
#include "profile/measure/accuracy_picture.h"
#include "profile/measure/accuracy_plan.h"
#include "profile/measure/describe.h"

namespace partway::apps {
namespace {

constexpr int kMostFrames = 24, kLeastFrames = 4;
constexpr Duration kTimeLimit = std::chrono::seconds(8);
constexpr const char* kCodecs[] = {"jpeg:95", "jpeg:75", "int8-ec"};
constexpr int kParts = 7;            // of its own size, sizes go down by these:
constexpr int kSmaller[] = {6, 5};   // 192 and 160 of 224
constexpr int kMultiple = 32;        // networks halve their maps five times

// Those that the model takes; its own first.
std::vector<profile::InputSize> SizesBelow(const DeviceSide& side) {
  const PreparedModel& model = side.prepared;
  const int own = side.input_edge;
  std::vector<profile::InputSize> sizes = {{own, own}};
  if (model.size.height == 0) return sizes;   // its inputs are fixed
  for (const int parts : kSmaller) {
    const int edge = own * parts / kParts / kMultiple * kMultiple;
    if (edge < kMultiple || edge >= sizes.back().height) continue;
    if (profile::ModelAtSize(model.graph, model.grouping->positions, {edge, edge}).ok()) sizes.push_back({edge, edge});
  }
  return sizes;
}

absl::StatusOr<profile::AccuracyTable> Measure(const DeviceSide& side, const profile::AccuracyPlan& plan,
                                               const std::string& source_name, const Globals& globals) {
  const std::atomic<bool>& stop = StopSignal();
  const profile::InputSize own{side.input_edge, side.input_edge};
  profile::PictureEvaluator evaluator({*side.chain, side.prepared.loaded.config, plan, own});
  profile::AccuracyCounts counts(plan);
  ASSIGN_OR_RETURN(const std::unique_ptr<media::Source> source, media::OpenSource(source_name));
  const SteadyClock clock;
  Progress progress(clock, globals.quiet || globals.json, "what sizes and encodings change, frame", kMostFrames);
  int64_t frames = 0;
  while (frames < kMostFrames && (frames < kLeastFrames || clock.Now() - Instant{} < kTimeLimit)) {
    ASSIGN_OR_RETURN(const std::optional<media::Picture> picture, source->Next());
    if (!picture) break;
    RETURN_IF_ERROR(evaluator.Evaluate(*picture, 0, stop, [&](size_t block, std::span<const profile::Answer> answers) {
      counts.Add(block, answers, false);
      return true;
    }));
    if (stop) return absl::CancelledError("stopped while the first frames were looked at");
    progress.Update(++frames);
  }
  profile::AccuracyTable table = counts.Table(false);
  table.n = frames;
  return table;
}

}   // namespace

absl::StatusOr<FirstFrames> AgreementOnFirstFrames(const DeviceSide& side, const std::string& source, const Globals& globals) {
  const PreparedModel& model = side.prepared;
  std::vector<codec::CodecSpec> codecs;
  std::string key = Concat(model.loaded.model->sha256, " ", model.grouping->fingerprint, " ", source, " ", side.input_edge);
  for (const char* name : kCodecs) {
    ASSIGN_OR_RETURN(const codec::CodecSpec codec, codec::ParseCodec(name));
    codecs.push_back(codec);
    Append(&key, " ", name);
  }
  FirstFrames found;
  if (const absl::StatusOr<std::string> folder = CacheFolder("agreement"); folder.ok()) {
    found.path = Concat(*folder, "/", model.loaded.model->name, "-", Sha256Hex(key).substr(0, 16), ".accuracy.json");
    absl::StatusOr<profile::AccuracyTable> there = profile::ReadAccuracy(found.path);
    if (there.ok() && there->model_sha256 == model.loaded.model->sha256) {   // one that is damaged is made anew
      found.table = *std::move(there);
      return found;
    }
  } else {
    found.not_kept = std::string(folder.status().message());
  }
  std::vector<int> cuts(static_cast<size_t>(model.grouping->size()));
  std::iota(cuts.begin(), cuts.end(), 0);
  const profile::AccuracyPlan plan = profile::PlanAccuracy(SizesBelow(side), codecs, cuts, model.grouping->size());
  ASSIGN_OR_RETURN(found.table, Measure(side, plan, source, globals));
  profile::AccuracyTable& table = found.table;
  if (table.n == 0) return InvalidArgument(source, ": has no picture");
  table.model = model.loaded.model->name;
  table.model_sha256 = model.loaded.model->sha256;
  table.grouping = model.grouping->fingerprint;
  table.images = Concat("the first ", table.n, " frames of ", source);
  if (found.path.empty()) return found;
  if (const absl::Status written = profile::WriteAccuracy(found.path, table); !written.ok()) {
    found.path.clear();
    found.not_kept = std::string(written.message());
  }
  return found;
}

}   // namespace partway::apps
