// partway privacy: what the values sent at each cut give away about the user's own pictures.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>

#include "apps/assumed_config.h"
#include "apps/options.h"
#include "apps/picture_model.h"
#include "apps/progress.h"
#include "apps/request_memory.h"
#include "apps/skipped_text.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/quantity.h"
#include "base/status.h"
#include "profile/measure/describe.h"
#include "profile/measure/privacy_run.h"
#include "profile/privacy_json.h"

namespace partway::apps {
namespace {

struct PrivacyFlags {
  std::string model, images, size, cuts, codec = "raw", groups = "auto", output;
  int threads = 0;
  int64_t limit = 400;
  uint64_t seed = 1;
};

absl::StatusOr<std::vector<int>> CutsOf(const PrivacyFlags& flags, const PictureModel& model, const codec::CodecSpec& codec) {
  const int n = model.group_count();
  std::vector<int> all;
  for (int c = 0; c < n; ++c) all.push_back(c);
  const bool every = flags.cuts.empty() || flags.cuts == "all";
  if (codec.pictures_only() && every) return std::vector<int>{0};
  if (every) return all;
  ASSIGN_OR_RETURN(std::vector<int> cuts, ParseCuts(flags.cuts, model.prepared, flags.groups, all));
  std::sort(cuts.begin(), cuts.end());
  if (cuts.back() == n) return UsageError(Concat("--cuts: cut ", n, " sends nothing; 0 to ", n - 1, " can be measured"));
  if (codec.pictures_only() && cuts.back() > 0) return UsageError(Concat("--cuts: codec ", flags.codec, " is for cut 0 alone"));
  return cuts;
}

void Print(const profile::PrivacyTable& table) {
  std::printf("%s at %s, %s, on %lld pictures of %s\n", table.model.c_str(), SizeText(table.height, table.width).c_str(),
              table.codec.c_str(), static_cast<long long>(table.n), table.images.c_str());
  std::printf("rebuilt as %dx%d grey from what is sent: learned from %lld, judged on %lld\n\n", table.picture_edge,
              table.picture_edge, static_cast<long long>(table.train) + static_cast<long long>(table.validation),
              static_cast<long long>(table.test));
  std::printf("%5s  %-10s  %9s  %11s  %14s  %13s  %9s\n", "cut", "codec", "bytes", "correlation", "PSNR, dB", "SSIM",
              "from half");
  for (const profile::PrivacyRow& row : table.rows) {
    std::printf("%5d  %-10s  %9s  %11.3f  %6.2f ± %5.2f  %5.3f ± %5.3f  %9.3f\n", row.cut, row.codec.c_str(),
                FormatBytes(row.bytes).c_str(), row.distance_correlation, row.psnr_db, row.psnr_se_db, row.ssim, row.ssim_se,
                row.ssim_half.value_or(0));
  }
  std::printf("%5s  %-10s  %9s  %11.3f  %6.2f %7s  %5.3f   the mean picture, for nothing sent\n", "-", "", "", 0.0,
              table.baseline_psnr_db, "", table.baseline_ssim);
  std::printf("%5s  %-10s  %9s  %11s  %6s %7s  %5.3f   nothing hidden: the picture that is to be rebuilt\n", "-", "", "", "", "",
              "", table.control_ssim.value_or(0));
  std::printf("\n±: standard error over the pictures judged on; from half: SSIM with half as many pictures to learn from\n");
  if (const std::string few = profile::TooFewPictures(table); !few.empty()) std::printf("note: %s\n", few.c_str());
}

absl::StatusOr<int> Privacy(const PrivacyFlags& flags, const Globals& globals) {
  KeepTensorMemory();
  const std::atomic<bool>& stop = StopSignal();
  ASSIGN_OR_RETURN(const engine::ProbeSize asked, ParseSize(flags.size));
  const absl::StatusOr<codec::CodecSpec> codec = codec::ParseCodec(flags.codec);
  if (!codec.ok()) return UsageError(Concat("--codec: ", std::string(codec.status().message())));
  ASSIGN_OR_RETURN(PictureModel model, PreparePictureModel(flags.model, flags.size, flags.groups));
  TellAssumedConfig(model.prepared.loaded, flags.model, globals);
  profile::PrivacyOptions options{.codec = *codec, .threads = ThreadsOr(flags.threads), .seed = flags.seed};
  const engine::ProbeSize size = asked.height == 0 ? model.own : asked;
  options.size = {size.height, size.width};
  ASSIGN_OR_RETURN(options.cuts, CutsOf(flags, model, *codec));
  ASSIGN_OR_RETURN(const profile::ImageSet images,
                   profile::ChooseImages({.folder = flags.images, .use_labels = false, .limit = flags.limit}));
  ASSIGN_OR_RETURN(const profile::SizedModel sized,
                   profile::ModelAtSize(model.prepared.graph, model.prepared.grouping->positions, size));
  RETURN_IF_ERROR(BuildChain(true, &model));
  const profile::PrivacySubject subject{.chain = *model.chain, .types = sized.types, .config = model.prepared.loaded.config};
  const SteadyClock clock;
  absl::StatusOr<profile::PrivacyResult> result;
  {
    std::optional<Progress> progress;
    const auto update = [&](int64_t done, int64_t total) {
      if (!progress) progress.emplace(clock, globals.quiet, "pictures", total);
      progress->Update(done);
    };
    result = profile::MeasurePrivacy(subject, images, options, update, stop);
  }
  if (!result.ok()) return result.status();
  TellSkipped(result->skipped);
  if (!flags.output.empty()) RETURN_IF_ERROR(profile::WritePrivacy(flags.output, result->table));
  if (globals.json) {
    std::cout << profile::PrivacyToJson(result->table) << "\n";
    return kExitDone;
  }
  Print(result->table);
  if (!flags.output.empty()) std::printf("\nwrote %s\n", flags.output.c_str());
  return kExitDone;
}

}   // namespace

VerbBody MakePrivacy(CLI::App& command) {
  auto flags = std::make_shared<PrivacyFlags>();
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model")->required();
  command.add_option("--images", flags->images, "a folder of pictures like those that will be sent; more make a better attacker")
      ->required();
  command.add_option("--size", flags->size, "input size, 224 or HxW; the model's own if left away");
  command.add_option("--cuts", flags->cuts, "cuts with commas, or all (the default)");
  command.add_option("--codec", flags->codec, "how the values are sent; at cut 0 only raw8 and jpeg:Q count")
      ->capture_default_str();
  command.add_option("--groups", flags->groups, "auto, all, paper, a number, or a file")->capture_default_str();
  command.add_option("--limit", flags->limit, "at most so many pictures, evenly spread over the folder; 0: all")
      ->check(WholeNumberFrom(0))
      ->capture_default_str();
  command.add_option("--seed", flags->seed, "of which pictures are learned from and which are judged on")->capture_default_str();
  command.add_option("--threads", flags->threads, "0: one per core")->check(WholeNumberFrom(0))->capture_default_str();
  command.add_option("-o,--output", flags->output, "the table as JSON, for plan --privacy");
  return [flags](const Globals& globals) { return Privacy(*flags, globals); };
}

}   // namespace partway::apps
