// partway check: is the model cut in two what it is whole, and what does the cut cost?
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>

#include "apps/options.h"
#include "apps/prepared_model.h"
#include "apps/progress.h"
#include "apps/verb.h"
#include "base/status.h"
#include "engine/check.h"
#include "engine/ort_engine.h"
#include "media/preprocess.h"
#include "media/source.h"
#include "nlohmann/json.hpp"

namespace partway::apps {
namespace {

struct CheckFlags {
  std::string model, cuts = "all", groups = "auto", size, input, provider = "cpu";
  int from = -1, to = -1, threads = 1, repeat = 3;
  uint64_t seed = 1;
  double tolerance = -1;
  bool sessions = false;
};

absl::StatusOr<std::vector<engine::CutPoints>> CutsOf(const CheckFlags& flags, const PreparedModel& model) {
  std::vector<int> cuts;
  if (flags.from >= 0 || flags.to >= 0) {
    const int from = std::max(flags.from, 0), to = flags.to < 0 ? model.grouping->size() : flags.to;
    RETURN_IF_ERROR(CheckCut(model, flags.groups, from));
    RETURN_IF_ERROR(CheckCut(model, flags.groups, to));
    if (from > to) return UsageError(Concat("--from ", from, " lies after --to ", to));
    return std::vector<engine::CutPoints>{{from, to}};
  }
  for (size_t begin = 0; begin <= flags.cuts.size();) {
    const size_t end = std::min(flags.cuts.find(',', begin), flags.cuts.size());
    const std::string item = flags.cuts.substr(begin, end - begin);
    begin = end + 1;
    if (item == "all") {
      for (int c = 0; c <= model.grouping->size(); ++c) cuts.push_back(c);
      continue;
    }
    int cut = -1;
    const auto [rest, error] = std::from_chars(item.data(), item.data() + item.size(), cut);
    if (error != std::errc() || rest != item.data() + item.size()) {
      return UsageError(Concat("--cuts: '", item, "' is neither a cut's number nor 'all'"));
    }
    RETURN_IF_ERROR(CheckCut(model, flags.groups, cut));
    cuts.push_back(cut);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  std::vector<engine::CutPoints> points;
  for (const int c : cuts) points.push_back({c});
  return points;
}

// 1x3xHxW to 1xHxWx3.
absl::StatusOr<Tensor> ChannelsLast(const Tensor& nchw) {
  const int64_t h = nchw.shape()[2], w = nchw.shape()[3];
  ASSIGN_OR_RETURN(Tensor nhwc, Tensor::Allocate(DType::kFloat32, {1, h, w, 3}));
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t i = 0; i < h * w; ++i) nhwc.mutable_floats()[i * 3 + c] = nchw.floats()[c * h * w + i];
  }
  return nhwc;
}

// The picture goes into the one input that can take it; others get noise.
absl::StatusOr<std::vector<NamedTensor>> InputsOf(const CheckFlags& flags, const PreparedModel& model) {
  ASSIGN_OR_RETURN(std::vector<NamedTensor> inputs, engine::NoiseInputs(*model.graph, model.types, flags.seed));
  if (flags.input.empty()) return inputs;
  ASSIGN_OR_RETURN(const media::Picture picture, media::ReadPicture(flags.input));
  for (NamedTensor& input : inputs) {
    const Shape& s = input.tensor.shape();
    if (input.tensor.dtype() != DType::kFloat32 || s.size() != 4 || s[0] != 1) continue;
    const bool first = s[1] == 3, last = s[3] == 3;
    if (!first && !last) continue;
    const int64_t h = first ? s[2] : s[1], w = first ? s[3] : s[2];
    ASSIGN_OR_RETURN(input.tensor, media::ToInput(picture, static_cast<int>(h), static_cast<int>(w), model.loaded.config));
    if (!first) {
      ASSIGN_OR_RETURN(input.tensor, ChannelsLast(input.tensor));
    }
    return inputs;
  }
  return InvalidArgument("no input of ", model.loaded.model->name,
                         " takes a picture (float32, 3 channels); leave --input away for noise");
}

std::string CutText(const engine::CutPoints& cuts) { return cuts.size() == 1 ? Concat(cuts[0]) : Concat(cuts[0], "..", cuts[1]); }

nlohmann::json ToJson(const engine::CheckReport& report, const engine::EngineInfo& info) {
  nlohmann::json rows = nlohmann::json::array();
  for (const engine::CutCheck& c : report.cuts) {
    nlohmann::json row = {{"cut", c.cuts[0]},
                          {"max_abs_diff", c.difference.max_abs},
                          {"max_rel_diff", c.difference.max_rel},
                          {"bit_identical", c.difference.bit_identical},
                          {"within_tolerance", c.within},
                          {"whole_s", c.whole_s},
                          {"split_s", c.split_s}};
    if (c.cuts.size() == 2) row["to"] = c.cuts[1];
    rows.push_back(std::move(row));
  }
  return {{"cuts", std::move(rows)},
          {"ok", report.ok()},
          {"tolerance", report.tolerance},
          {"engine", {{"name", info.name}, {"version", info.version}, {"provider", info.provider}, {"threads", info.threads}}}};
}

void Print(const engine::CheckReport& report, const engine::EngineInfo& info, const std::string& name) {
  std::printf("%s on %s %s (%s, %d thread%s), tolerance %.0e of the output's range\n\n", name.c_str(), info.name.c_str(),
              info.version.c_str(), info.provider.c_str(), info.threads, info.threads == 1 ? "" : "s", report.tolerance);
  std::printf("%8s  %12s  %12s  %-13s  %10s  %10s  %6s\n", "cut", "max abs", "max rel", "same", "whole", "split", "ratio");
  for (const engine::CutCheck& c : report.cuts) {
    const char* same = c.difference.bit_identical ? "bit for bit" : c.within ? "in tolerance" : "DIFFERS";
    std::printf("%8s  %12.3g  %12.3g  %-13s  %10s  %10s  %6.3f\n", CutText(c.cuts).c_str(), c.difference.max_abs,
                c.difference.max_rel, same, FormatSeconds(c.whole_s).c_str(), FormatSeconds(c.split_s).c_str(),
                c.whole_s > 0 ? c.split_s / c.whole_s : 0.0);
  }
  const auto differing = std::count_if(report.cuts.begin(), report.cuts.end(), [](const auto& c) { return !c.within; });
  if (differing == 0) {
    std::printf("\nsplit equals whole at every cut checked\n");
  } else {
    std::printf("\n%d of %zu cuts differ from the whole by more than the tolerance\n", static_cast<int>(differing),
                report.cuts.size());
  }
}

absl::StatusOr<int> Check(const CheckFlags& flags, const Globals& globals) {
  if (flags.repeat < 0) return UsageError("--repeat must be 0 or more");
  ASSIGN_OR_RETURN(const engine::ProbeSize size, ParseSize(flags.size));
  ASSIGN_OR_RETURN(const PreparedModel model, PrepareModel(flags.model, size, flags.groups));
  engine::CheckOptions options{.repeat = flags.repeat, .sessions_per_piece = flags.sessions};
  if (flags.tolerance >= 0) options.tolerance = flags.tolerance;
  ASSIGN_OR_RETURN(options.cuts, CutsOf(flags, model));
  ASSIGN_OR_RETURN(const std::vector<NamedTensor> inputs, InputsOf(flags, model));
  absl::StatusOr<std::unique_ptr<engine::Engine>> made =
      engine::MakeOrtEngine({.provider = flags.provider, .threads = flags.threads});
  if (absl::IsInvalidArgument(made.status())) return UsageError(std::string(made.status().message()));
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, std::move(made));
  const SteadyClock clock;
  absl::StatusOr<engine::CheckReport> report;
  {
    Progress progress(clock, globals.quiet, "cuts checked", static_cast<int64_t>(options.cuts.size()));
    report =
        engine::CheckCuts(*engine, model.grouping, model.types, inputs, options, clock, [&](int done) { progress.Update(done); });
  }
  if (!report.ok()) return report.status();
  if (globals.json) {
    std::cout << ToJson(*report, engine->info()).dump() << "\n";
  } else {
    Print(*report, engine->info(), model.loaded.model->name);
  }
  return report->ok() ? kExitDone : kExitClaimFails;
}

}   // namespace

VerbBody MakeCheck(CLI::App& command) {
  auto flags = std::make_shared<CheckFlags>();
  command.add_option("MODEL", flags->model, "an ONNX file or the name of a zoo model")->required();
  command.add_option("--cuts", flags->cuts, "cuts to check: numbers or 'all', with commas")->capture_default_str();
  command.add_option("--from", flags->from, "check head, middle and tail: the middle's first group");
  command.add_option("--to", flags->to, "the group after the middle's last");
  command.add_option("--groups", flags->groups, "auto, all, paper, a number, or a file")->capture_default_str();
  command.add_option("--size", flags->size, "input size, 224 or HxW; the model's own if left away");
  command.add_option("--input", flags->input, "a picture to run on; noise from --seed if left away");
  command.add_option("--seed", flags->seed, "of the noise")->capture_default_str();
  command.add_option("--tolerance", flags->tolerance, "largest difference, as a share of the output's largest value")
      ->check(NumberFrom(0));
  command.add_option("--repeat", flags->repeat, "timed runs of either kind, in turns")->capture_default_str();
  command.add_option("--threads", flags->threads, "of the engine; 0: one per core")->capture_default_str();
  command
      .add_option(
          "--provider", flags->provider,
          "of the engine: " +
              [] {
                std::string names;
                for (const std::string& p : engine::OrtProviders()) Append(&names, names.empty() ? "" : ", ", p);
                return names;
              }())
      ->capture_default_str();
  command.add_flag("--sessions", flags->sessions,
                   "run each piece as one session, as `split` writes it, instead of its chain of groups");
  return [flags](const Globals& globals) { return Check(*flags, globals); };
}

}   // namespace partway::apps
