// partway profile: what a model costs on a machine, group by group.
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "apps/options.h"
#include "apps/prepared_model.h"
#include "apps/profile_table.h"
#include "apps/verb.h"
#include "base/status.h"
#include "profile/measure/describe.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

// Of a model that takes any: what photos are commonly brought to, and the model's own.
constexpr int kDefaultEdges[] = {96, 128, 160, 192, 224, 256, 288, 320};

struct ProfileFlags {
  std::string model, sizes, groups = "auto", output;
  std::optional<MacsPerSecond> analytic;
  std::string file, size;   // of show
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

absl::StatusOr<profile::Profile> Analytic(MacsPerSecond rate, const PreparedModel& model,
                                          const std::vector<profile::SizedModel>& sized) {
  profile::Profile made = profile::DescribeModel(*model.grouping);
  made.measured = false;
  made.rate = rate;
  for (const profile::SizedModel& at : sized) {
    ASSIGN_OR_RETURN(profile::SizeProfile size, profile::DescribeSize(at, 1));
    profile::FillAnalytic(rate, &size);
    made.sizes.push_back(std::move(size));
  }
  return made;
}

absl::StatusOr<int> Make(const ProfileFlags& flags, const Globals& globals) {
  if (flags.model.empty()) return UsageError("profile: MODEL is missing, or 'show' or 'compare' (see partway profile --help)");
  if (!flags.analytic) return UsageError("profile: --analytic is missing, the compute rate to derive the times from");
  if (flags.analytic->value() <= 0)
    return UsageError("--analytic: a rate above 0 is needed, for example 5GFLOPS");
  ASSIGN_OR_RETURN(const PreparedModel model, PrepareModel(flags.model, {}, flags.groups));
  ASSIGN_OR_RETURN(const std::vector<profile::SizedModel> sized, SizedModels(flags, model));
  ASSIGN_OR_RETURN(const profile::Profile made, Analytic(*flags.analytic, model, sized));
  if (!flags.output.empty()) RETURN_IF_ERROR(profile::WriteProfile(flags.output, made));
  if (globals.json) {
    std::cout << profile::ProfileToJson(made);
  } else {
    PrintProfileHead(made);
    PrintProfileSizes(made);
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

}   // namespace

VerbBody MakeProfile(CLI::App& command) {
  auto flags = std::make_shared<ProfileFlags>();
  command.require_subcommand(0, 1);
  command.fallthrough();
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model (./show for a file called show)");
  command.add_option("--sizes", flags->sizes,
                     "input sizes, with commas: 128,224,192x256; default: the model's own and eight more");
  command.add_option("--groups", flags->groups, "auto, all, paper, a number, or a JSON file of groups")->capture_default_str();
  AddComputeRate(command, "--analytic", &flags->analytic,
                 "derive it from the multiply-adds at this rate instead of measuring (one multiply-add is one FLOP)");
  command.add_option("-o,--output", flags->output, "the profile file to write");
  CLI::App* show = command.add_subcommand("show", "a profile as tables");
  show->add_option("FILE", flags->file, "a profile")->required();
  show->add_option("--size", flags->size, "only this size, 224 or HxW");
  return [flags, show](const Globals& globals) -> absl::StatusOr<int> {
    if (!show->parsed()) return Make(*flags, globals);
    if (!flags->model.empty()) return UsageError(Concat("profile show: '", flags->model, "' was not expected"));
    return Show(*flags, globals);
  };
}

}   // namespace partway::apps
