// partway profile: what a model costs on a machine, group by group.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <thread>

#include "apps/options.h"
#include "apps/prepared_model.h"
#include "apps/profile_table.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "apps/verb.h"
#include "base/machine.h"
#include "base/status.h"
#include "codec/codec_spec.h"
#include "engine/check.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "profile/measure/codec_inputs.h"
#include "profile/measure/codec_speed.h"
#include "profile/measure/describe.h"
#include "profile/measure/measurement.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

// Of a model that takes any: what photos are commonly brought to, and the model's own.
constexpr int kDefaultEdges[] = {96, 128, 160, 192, 224, 256, 288, 320};

constexpr int kMaxThreads = 1024;
constexpr Duration kTimeLimit = std::chrono::seconds(50);

struct ProfileFlags {
  std::string model, sizes, groups = "auto", output, provider = "cpu", threads = "1";
  std::string codecs = "raw,raw8,jpeg:75,fp16,int8,int8-ec,int4-ec";
  int repeat = 0;   // 0: until the medians are close
  uint64_t seed = 1;
  std::optional<Duration> time_limit;
  std::optional<MacsPerSecond> analytic;
  std::string file, other, size;   // of show and compare
};

struct SizesAsked {
  std::vector<engine::ProbeSize> sizes;
  bool named = false;   // by the user, who wants to hear if the model cannot take one
};

absl::StatusOr<SizesAsked> SizesOf(const ProfileFlags& flags, const PreparedModel& model) {
  SizesAsked asked;
  ASSIGN_OR_RETURN(asked.sizes, ParseSizes(flags.sizes));
  asked.named = !asked.sizes.empty();
  if (asked.named) return asked;
  asked.sizes.push_back(model.size);
  if (model.size.height == 0) return asked;   // its inputs are fixed
  for (const int edge : kDefaultEdges) {
    if (edge != model.size.height || edge != model.size.width) asked.sizes.push_back({edge, edge});
  }
  return asked;
}

// The model at each size it is to be profiled at, in ascending order of pixels.
absl::StatusOr<std::vector<profile::SizedModel>> SizedModels(const ProfileFlags& flags, const PreparedModel& model) {
  ASSIGN_OR_RETURN(const SizesAsked asked, SizesOf(flags, model));
  std::vector<profile::SizedModel> sized;
  for (const engine::ProbeSize& size : asked.sizes) {
    absl::StatusOr<profile::SizedModel> at = profile::ModelAtSize(model.graph, model.grouping->positions, size);
    if (absl::IsInvalidArgument(at.status()) && asked.named) return UsageError(Concat("--sizes: ", at.status().message()));
    if (absl::IsInvalidArgument(at.status()) && !sized.empty()) continue;   // one of ours that it cannot take
    if (!at.ok()) return at.status();
    sized.push_back(*std::move(at));
  }
  std::sort(sized.begin(), sized.end(),
            [](const auto& a, const auto& b) { return int64_t{a.height} * a.width < int64_t{b.height} * b.width; });
  return sized;
}

// How well the medians are known, over all thread counts.
struct Confidence {
  bool settled = true;
  double spread = 0;
};

std::string ConfidenceText(const Confidence& confidence) {
  if (!std::isfinite(confidence.spread))
    return "measured too seldom to tell how well the medians are known; a longer --time-limit helps";
  char percent[32];
  std::snprintf(percent, sizeof percent, "%.1f %%", 100 * confidence.spread);
  return Concat("the medians are known to ", percent,
                confidence.settled ? "" : "; the limit came before the 2 % that were wanted");
}

absl::Status MeasureWithThreads(const ProfileFlags& flags, const Globals& globals, const PreparedModel& model,
                                const std::vector<profile::SizedModel>& sized, int threads, Duration time_limit,
                                profile::Profile* made, Confidence* confidence) {
  const std::atomic<bool>& stop = StopSignal();
  absl::StatusOr<std::unique_ptr<engine::Engine>> engine =
      engine::MakeOrtEngine({.provider = flags.provider, .threads = threads});
  if (absl::IsInvalidArgument(engine.status())) return UsageError(Concat("--provider: ", engine.status().message()));
  if (!engine.ok()) return engine.status();
  const engine::EngineInfo info = (*engine)->info();
  profile::DescribeMachine(ThisMachine(), info, UtcNow(), made);

  ASSIGN_OR_RETURN(std::shared_ptr<engine::GroupChain> chain, engine::GroupChain::Build(**engine, model.grouping, model.types));
  ASSIGN_OR_RETURN(std::shared_ptr<engine::GroupChain> whole, engine::GroupChain::Empty(model.grouping));
  RETURN_IF_ERROR(whole->Fuse(**engine, model.types, 0, whole->size()));
  std::vector<profile::MeasuredSize> sizes;
  for (const profile::SizedModel& at : sized) {
    ASSIGN_OR_RETURN(std::vector<NamedTensor> inputs, engine::NoiseInputs(*model.graph, at.types, flags.seed));
    double macs = 0;
    for (const graph::Group& group : at.grouping->groups) macs += static_cast<double>(group.macs);
    if (macs <= 0) macs = static_cast<double>(at.height) * at.width;
    sizes.push_back({at.height, at.width, std::move(inputs), macs});
  }
  profile::MeasureOptions options{.time_limit = time_limit, .seed = flags.seed, .leave_out = true};
  if (flags.repeat > 0) options.least = options.most = flags.repeat;
  const SteadyClock clock;
  const profile::MeasureClocks clocks = profile::ClocksFor(info, clock);
  profile::Measurement measurement(std::move(chain), std::move(whole), std::move(sizes), options, clocks);
  {
    constexpr int kParts = 100;
    Progress progress(clock, globals.quiet, Concat("profiling, ", info.threads, info.threads == 1 ? " thread, %" : " threads, %"),
                      kParts);
    while (!measurement.done() && !stop.load()) {
      RETURN_IF_ERROR(measurement.Step());
      progress.Update(static_cast<int64_t>(measurement.share_done() * kParts));
    }
  }
  for (size_t i = 0; i < sized.size(); ++i) {
    if (const std::optional<double> seconds = measurement.left_out(i)) {
      std::cerr << "partway: size " << SizeText(sized[i].height, sized[i].width) << " with " << info.threads
                << (info.threads == 1 ? " thread" : " threads") << " is left out: measuring it once takes about "
                << FormatSeconds(*seconds) << ", more than is left of the " << FormatSeconds(ToSeconds(time_limit))
                << " for this (--time-limit)\n";
      continue;
    }
    ASSIGN_OR_RETURN(profile::SizeProfile size, profile::DescribeSize(sized[i], info.threads));
    measurement.Fill(i, &size);
    if (size.groups.front().n == 0 || size.whole.n == 0)
      return absl::CancelledError("stopped before every size was measured once");
    made->sizes.push_back(std::move(size));
  }
  confidence->settled = confidence->settled && measurement.settled();
  confidence->spread = std::max(confidence->spread, measurement.worst_spread());
  return absl::OkStatus();
}

// Codecs run on one thread, whatever the engine uses.
absl::Status MeasureCodecs(const ProfileFlags& flags, const PreparedModel& model, const std::vector<profile::SizedModel>& sized,
                           const std::vector<codec::CodecSpec>& codecs, profile::Profile* made) {
  const std::atomic<bool>& stop = StopSignal();
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, engine::MakeOrtEngine({}));
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::GroupChain> chain,
                   engine::GroupChain::Build(*engine, model.grouping, model.types));
  ASSIGN_OR_RETURN(const std::vector<profile::CodecInput> inputs, profile::CodecInputs(*chain, sized, model.loaded.config));
  const SteadyClock clock;
  // A fifth of the time, so that all of it stays within what was asked for.
  const profile::CodecTiming timing{.time_limit = flags.time_limit.value_or(kTimeLimit) / 5};
  ASSIGN_OR_RETURN(made->codecs, profile::TimeCodecs(codecs, inputs, timing, profile::ClocksFor(engine->info(), clock),
                                                     [&] { return !stop.load(); }));
  return absl::OkStatus();
}

absl::StatusOr<profile::Profile> Measure(const ProfileFlags& flags, const Globals& globals, const PreparedModel& model,
                                         const std::vector<profile::SizedModel>& sized, Confidence* confidence) {
  std::vector<codec::CodecSpec> codecs;
  if (flags.codecs != "none") {
    ASSIGN_OR_RETURN(codecs, ParseCodecs(flags.codecs, "none"));
  }
  ASSIGN_OR_RETURN(std::vector<int> threads, ParseWholeNumbers(flags.threads, 0, kMaxThreads, "--threads"));
  if (threads.empty()) return UsageError("--threads: a number is missing");
  if (const auto all = std::find(threads.begin(), threads.end(), 0); all != threads.end()) {
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    if (std::count(threads.begin(), threads.end(), cores) > 0)
      return UsageError(Concat("--threads: 0, one per core, is ", cores, " here, which is there too"));
    *all = cores;
  }
  profile::Profile made = profile::DescribeModel(*model.grouping);
  // One pool of threads a process: numbers of threads follow one another, each with its share of the time.
  const Duration each =
      flags.time_limit.value_or(kTimeLimit) * (codecs.empty() ? 5 : 4) / 5 / static_cast<int64_t>(threads.size());
  for (const int n : threads) {
    RETURN_IF_ERROR(MeasureWithThreads(flags, globals, model, sized, n, each, &made, confidence));
  }
  if (!codecs.empty()) {
    std::vector<profile::SizedModel> measured;   // what takes too long to run takes too long to make values for
    for (const profile::SizedModel& at : sized) {
      const auto same = [&](const profile::SizeProfile& size) { return size.height == at.height && size.width == at.width; };
      if (std::any_of(made.sizes.begin(), made.sizes.end(), same)) measured.push_back(at);
    }
    RETURN_IF_ERROR(MeasureCodecs(flags, model, measured, codecs, &made));
  }
  std::stable_sort(made.sizes.begin(), made.sizes.end(),
                   [](const auto& a, const auto& b) { return int64_t{a.height} * a.width < int64_t{b.height} * b.width; });
  return made;
}

absl::StatusOr<int> Make(const ProfileFlags& flags, const Globals& globals) {
  if (flags.model.empty()) return UsageError("profile: MODEL is missing, or 'show' or 'compare' (see partway help profile)");
  if (flags.analytic && flags.analytic->value() <= 0)
    return UsageError("--analytic: a rate above 0 is needed, for example 5GFLOPS");
  ASSIGN_OR_RETURN(const PreparedModel model, PrepareModel(flags.model, {}, flags.groups));
  ASSIGN_OR_RETURN(const std::vector<profile::SizedModel> sized, SizedModels(flags, model));
  Confidence confidence;
  ASSIGN_OR_RETURN(const profile::Profile made, flags.analytic ? profile::AnalyticProfile(*model.grouping, sized, *flags.analytic)
                                                               : Measure(flags, globals, model, sized, &confidence));
  if (!flags.output.empty()) RETURN_IF_ERROR(profile::WriteProfile(flags.output, made));
  if (globals.json) {
    std::cout << profile::ProfileToJson(made);
  } else {
    PrintProfileHead(made);
    PrintProfileSizes(made);
    if (!flags.analytic) {
      std::printf("\n%s\n", ConfidenceText(confidence).c_str());
    }
    if (!flags.output.empty() && !globals.quiet) std::printf("\nwrote %s\n", flags.output.c_str());
  }
  return kExitDone;
}

absl::StatusOr<int> Show(const ProfileFlags& flags, const Globals& globals) {
  std::optional<engine::ProbeSize> only;
  if (!flags.size.empty()) {
    ASSIGN_OR_RETURN(only, ParseSize(flags.size));
  }
  ASSIGN_OR_RETURN(const profile::Profile read, profile::ReadProfile(flags.file));
  const auto asked = [&](const profile::SizeProfile& s) { return s.height == only->height && s.width == only->width; };
  if (only && std::none_of(read.sizes.begin(), read.sizes.end(), asked)) {
    std::string sizes;
    for (const profile::SizeProfile& s : read.sizes) Append(&sizes, sizes.empty() ? "" : ", ", s.height, "x", s.width);
    return UsageError(Concat("--size ", flags.size, ": ", flags.file, " has ", sizes));
  }
  if (globals.json) {
    std::cout << profile::ProfileToJson(read);
    return kExitDone;
  }
  PrintProfileHead(read);
  PrintProfileSizes(read);
  PrintProfileGroups(read, only);
  return kExitDone;
}

absl::StatusOr<int> Compare(const ProfileFlags& flags, const Globals& globals) {
  ASSIGN_OR_RETURN(const profile::Profile a, profile::ReadProfile(flags.file));
  ASSIGN_OR_RETURN(const profile::Profile b, profile::ReadProfile(flags.other));
  ASSIGN_OR_RETURN(const profile::Comparison compared, profile::Compare(a, flags.file, b, flags.other));
  if (globals.json) {
    std::cout << ComparisonToJson(compared, a) << "\n";
  } else {
    PrintComparison(compared, a, flags.file, flags.other);
  }
  return kExitDone;
}

}   // namespace

VerbBody MakeProfile(CLI::App& command) {
  auto flags = std::make_shared<ProfileFlags>();
  command.require_subcommand(0, 1);
  command.fallthrough();
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model (./show for a file called show)");
  command.add_option("--sizes", flags->sizes,
                     "input sizes, with commas: 128,224,192x256; default: the model's own and eight more");
  command.add_option("--groups", flags->groups, "auto, all, paper, a number, or a JSON file of groups")->capture_default_str();
  command.add_option("--threads", flags->threads, "of the engine, one or more numbers with commas; 0: one per core")
      ->capture_default_str();
  command.add_option("--codecs", flags->codecs, "codecs to time, with commas; or none")->capture_default_str();
  command.add_option("--repeat", flags->repeat, "measure each so often; default: until the medians are known to 2 %")
      ->check(CLI::Range(1, 100000));
  AddDuration(command, "--time-limit", &flags->time_limit,
              "of measuring (default 50s); sizes that would take longer are left out, but for the smallest");
  command.add_option("--seed", flags->seed, "of the order of measurements and of the input")->capture_default_str();
  command.add_option("--provider", flags->provider, "of the engine")->capture_default_str();
  AddComputeRate(command, "--analytic", &flags->analytic,
                 "derive it from the multiply-adds at this rate instead of measuring (one multiply-add is one FLOP)");
  command.add_option("-o,--output", flags->output, "the profile file to write");
  CLI::App* show = command.add_subcommand("show", "a profile as tables");
  show->add_option("FILE", flags->file, "a profile")->required();
  show->add_option("--size", flags->size, "only this size, 224 or HxW");
  CLI::App* compare = command.add_subcommand("compare", "how many times as fast one profile is as another, group by group");
  compare->add_option("A", flags->file, "a profile")->required();
  compare->add_option("B", flags->other, "another of the same model and groups")->required();
  return [flags, show, compare](const Globals& globals) -> absl::StatusOr<int> {
    if (!show->parsed() && !compare->parsed()) return Make(*flags, globals);
    if (!flags->model.empty()) {
      return UsageError(Concat("profile ", show->parsed() ? "show" : "compare", ": '", flags->model, "' was not expected"));
    }
    return show->parsed() ? Show(*flags, globals) : Compare(*flags, globals);
  };
}

}   // namespace partway::apps
