// partway accuracy: how often a model is right, by input size, codec and cut, on the user's own pictures.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>

#include "apps/accuracy_text.h"
#include "apps/assumed_config.h"
#include "apps/options.h"
#include "apps/picture_model.h"
#include "apps/progress.h"
#include "apps/request_memory.h"
#include "apps/skipped_text.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/status.h"
#include "nlohmann/json.hpp"
#include "profile/accuracy_json.h"
#include "profile/measure/accuracy_run.h"
#include "profile/smallest_encoding.h"

namespace partway::apps {
namespace {

struct AccuracyFlags {
  std::string model, images, labels, sizes, codecs = "raw", cuts, groups = "auto", output;
  int threads = 0;
  int64_t limit = 0;
  double within = 1;   // points
};

absl::StatusOr<profile::AccuracyPlan> PlanOf(const AccuracyFlags& flags, const PictureModel& model) {
  std::vector<codec::CodecSpec> codecs = profile::AllCodecs();
  if (flags.codecs != "all") {
    ASSIGN_OR_RETURN(codecs, ParseCodecs(flags.codecs, "all"));
  }
  std::vector<int> all;
  for (int c = 0; c < model.group_count(); ++c) all.push_back(c);
  ASSIGN_OR_RETURN(const std::vector<int> cuts, ParseCuts(flags.cuts, model.prepared, flags.groups, all));
  std::vector<profile::InputSize> sizes;
  for (const engine::ProbeSize& size : model.sizes) sizes.push_back({size.height, size.width});
  return profile::PlanAccuracy(sizes, codecs, cuts, model.group_count());
}

// Scores of the first output; nullopt where that is not known before the model runs. Errors: InvalidArgument for a model that does not classify.
absl::StatusOr<std::optional<int64_t>> ClassesOf(const PreparedModel& model) {
  const std::string& name = model.loaded.model->name;
  if (model.loaded.config.kind == media::OutputKind::kTensor)
    return InvalidArgument(name, ": its output's kind is \"tensor\"; accuracy needs logits or probabilities");
  if (model.graph->outputs.empty()) return InvalidArgument(name, " has no output");
  const auto type = model.types.find(model.graph->values[model.graph->outputs.front()].name);
  if (type == model.types.end()) return std::optional<int64_t>();
  return ElementCount(type->second.shape);
}

// What beside plan and images the answers depend on.
profile::JournalSettings SettingsOf(const PictureModel& model) {
  const media::ModelConfig& config = model.prepared.loaded.config;
  const engine::EngineInfo info = model.engine->info();
  std::string scale;
  for (const float value : {config.mean[0], config.mean[1], config.mean[2], config.std[0], config.std[1], config.std[2]})
    Append(&scale, scale.empty() ? "" : " ", value);
  return {{"model", model.prepared.loaded.model->sha256},
          {"grouping", model.prepared.grouping->fingerprint},
          {"engine", Concat(info.name, " ", info.version)},
          {"mean and std", scale},
          {"own size", Concat(model.own.height, "x", model.own.width)}};
}

absl::StatusOr<profile::AccuracyResult> Measure(const PictureModel& model, const profile::AccuracyPlan& plan,
                                                const profile::ImageSet& images, const AccuracyFlags& flags,
                                                const Globals& globals) {
  const std::atomic<bool>& stop = StopSignal();
  profile::AccuracyOptions options{.threads = ThreadsOr(flags.threads), .settings = SettingsOf(model)};
  if (!flags.output.empty()) options.journal_path = flags.output + ".partial";
  const profile::AccuracySubject subject{
      .chain = *model.chain, .config = model.prepared.loaded.config, .plan = plan, .own = {model.own.height, model.own.width}};
  const SteadyClock clock;
  const auto total = static_cast<int64_t>(images.files.size() * plan.rows());
  std::optional<Progress> progress;
  int64_t before = 0;   // done by an earlier run, which must not count into the rate
  const auto update = [&](int64_t done) {
    if (!progress) {
      before = done;
      progress.emplace(clock, globals.quiet, "answers", total - before);
    }
    progress->Update(done - before);
  };
  return profile::MeasureAccuracy(subject, images, options, update, stop);
}

absl::StatusOr<int> Accuracy(const AccuracyFlags& flags, const Globals& globals) {
  KeepTensorMemory();
  ASSIGN_OR_RETURN(PictureModel model, PreparePictureModel(flags.model, flags.sizes, flags.groups));
  TellAssumedConfig(model.prepared.loaded, flags.model, globals);
  ASSIGN_OR_RETURN(const profile::AccuracyPlan plan, PlanOf(flags, model));
  ASSIGN_OR_RETURN(const std::optional<int64_t> classes, ClassesOf(model.prepared));
  ASSIGN_OR_RETURN(
      profile::ImageSet images,
      profile::ChooseImages({.folder = flags.images, .labels_csv = flags.labels, .limit = flags.limit, .class_count = classes}));
  RETURN_IF_ERROR(BuildChain(plan.has_cuts(), &model));
  ASSIGN_OR_RETURN(const profile::AccuracyResult result, Measure(model, plan, images, flags, globals));
  std::vector<media::Skipped> skipped = images.passed_over;
  skipped.insert(skipped.end(), result.skipped.begin(), result.skipped.end());
  TellSkipped(skipped);
  if (!result.finished) {
    const std::string kept = flags.output.empty() ? "; with -o FILE they would have been kept"
                                                  : Concat("; they are kept in ", flags.output, ".partial",
                                                           result.journal_full ? " as far as that may grow" : "",
                                                           " and the same command goes on from there");
    return absl::CancelledError(Concat("stopped after ", result.pictures_done, " of ", images.files.size(), " pictures", kept));
  }
  if (!flags.output.empty()) {
    RETURN_IF_ERROR(profile::WriteAccuracy(flags.output, result.table));
    profile::AccuracyJournal::Remove(flags.output + ".partial");
  }
  const std::vector<profile::AccuracyRow> smallest = profile::SmallestWithin(result.table, flags.within / 100);
  if (globals.json) {
    std::cout << AccuracyDocument(result.table, smallest, flags.within / 100, skipped) << "\n";
    return kExitDone;
  }
  PrintAccuracy(result.table);
  PrintSmallest(result.table, smallest, flags.within);
  for (const std::string& line : plan.passed_over) std::printf("not measured: %s\n", line.c_str());
  if (!flags.output.empty()) std::printf("\nwrote %s\n", flags.output.c_str());
  return kExitDone;
}

}   // namespace

VerbBody MakeAccuracy(CLI::App& command) {
  auto flags = std::make_shared<AccuracyFlags>();
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model")->required();
  command.add_option("--images", flags->images, "a folder of pictures, best with labels.csv (file,label_index)")->required();
  command.add_option("--labels", flags->labels, "labels in another file than the folder's labels.csv");
  command.add_option("--sizes", flags->sizes,
                     "input sizes with commas, 96,128 or HxW; the model's own and common ones if left away");
  command.add_option("--codecs", flags->codecs, "codecs with commas (int8,int4-ch-ec,jpeg:75), or all")->capture_default_str();
  command.add_option("--cuts", flags->cuts,
                     "cuts with commas, or all (the default); picture codecs are for cut 0, others for those inside");
  command.add_option("--groups", flags->groups, "auto, all, paper, a number, or a file")->capture_default_str();
  command.add_option("--threads", flags->threads, "pictures at once; 0: one per core")
      ->check(WholeNumberFrom(0))
      ->capture_default_str();
  command.add_option("--limit", flags->limit, "at most so many pictures, evenly spread over the folder; 0: all")
      ->check(WholeNumberFrom(0))
      ->capture_default_str();
  command.add_option("--within", flags->within, "points of accuracy that the smallest encoding of a cut may cost")
      ->check(NumberFrom(0))
      ->capture_default_str();
  command.add_option("-o,--output", flags->output,
                     "the table as JSON; what is done so far stands in FILE.partial, and a second start goes on");
  return [flags](const Globals& globals) { return Accuracy(*flags, globals); };
}

}   // namespace partway::apps
