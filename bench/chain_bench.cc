// What does running a model as a chain of groups cost over running it whole? Whole and chain run in turns, so that both see the
// same machine; the ratio of the medians is held against the goal of 1.05.
//
//   chain_bench [--quick] [--json] [--models a,b] [--groups auto] [--size S] [--threads N] [--pairs N] [--wall] [--boundaries]
//
// With one engine thread the times are of the computing thread, so that a busy machine disturbs them little; else wall time.
// --boundaries also times, for every cut, the model as two sessions, which shows what that one boundary costs.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "apps/options.h"
#include "apps/prepared_model.h"
#include "base/clock.h"
#include "base/status.h"
#include "engine/check.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "nlohmann/json.hpp"

namespace partway {
namespace {

constexpr double kGoal = 1.05;

struct Flags {
  std::vector<std::string> models = {"efficientnet_lite0", "mobilenet_v2", "resnet50", "efficientnet_v2_s"};
  std::string groups = "auto", size;
  int threads = 1, pairs = 30;
  bool quick = false, json = false, boundaries = false, wall = false;
};

double Quantile(std::vector<double> v, double q) {
  const auto at = v.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(v.size() - 1));
  std::nth_element(v.begin(), at, v.end());
  return *at;
}

struct Times {
  std::vector<double> whole_s, chain_s;
  double ratio() const { return Quantile(chain_s, 0.5) / Quantile(whole_s, 0.5); }
  double best_ratio() const { return Quantile(chain_s, 0) / Quantile(whole_s, 0); }
  double pair_ratio(double q) const {
    std::vector<double> ratios;
    for (size_t i = 0; i < whole_s.size(); ++i) ratios.push_back(chain_s[i] / whole_s[i]);
    return Quantile(std::move(ratios), q);
  }
  nlohmann::json ToJson() const {
    return {{"whole_s", Quantile(whole_s, 0.5)},
            {"chain_s", Quantile(chain_s, 0.5)},
            {"ratio", ratio()},
            {"ratio_of_fastest", best_ratio()},
            {"pair_ratio_p10", pair_ratio(0.1)},
            {"pair_ratio_p90", pair_ratio(0.9)},
            {"pairs", whole_s.size()}};
  }
};

absl::StatusOr<Times> RunInTurns(engine::Segment& whole, engine::GroupChain& chain, const std::vector<NamedTensor>& inputs,
                                 const Flags& flags) {
  std::vector<Tensor> in;
  for (const TensorSpec& spec : whole.inputs()) {
    for (const NamedTensor& t : inputs) {
      if (t.name == spec.name) in.push_back(t.tensor);
    }
  }
  const ThreadClock thread_clock;
  const SteadyClock wall_clock;
  const Clock& clock = flags.threads == 1 && !flags.wall ? static_cast<const Clock&>(thread_clock) : wall_clock;
  Times times;
  for (int i = -2; i < flags.pairs; ++i) {   // two pairs to warm up
    std::vector<Tensor> whole_out(whole.outputs().size());
    std::vector<NamedTensor> chain_out;
    double seconds[2];
    for (int k = 0; k < 2; ++k) {
      const bool run_whole = (i + k) % 2 == 0;   // who goes first changes
      const Instant start = clock.Now();
      RETURN_IF_ERROR(run_whole ? whole.Run(in, whole_out) : chain.Run(0, chain.size(), inputs, chain_out));
      seconds[run_whole ? 0 : 1] = ToSeconds(clock.Now() - start);
    }
    if (i < 0) continue;
    times.whole_s.push_back(seconds[0]);
    times.chain_s.push_back(seconds[1]);
  }
  return times;
}

absl::StatusOr<std::unique_ptr<engine::GroupChain>> TwoSessions(engine::Engine& engine, const apps::PreparedModel& model,
                                                                int cut) {
  ASSIGN_OR_RETURN(std::unique_ptr<engine::GroupChain> chain, engine::GroupChain::Empty(model.grouping));
  RETURN_IF_ERROR(chain->Fuse(engine, model.types, 0, cut));
  RETURN_IF_ERROR(chain->Fuse(engine, model.types, cut, chain->size()));
  return chain;
}

absl::StatusOr<nlohmann::json> BenchModel(const std::string& name, const Flags& flags) {
  ASSIGN_OR_RETURN(const engine::ProbeSize size, apps::ParseSize(flags.size));
  ASSIGN_OR_RETURN(const apps::PreparedModel model, apps::PrepareModel(name, size, flags.groups));
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, engine::MakeOrtEngine({.threads = flags.threads}));
  ASSIGN_OR_RETURN(const std::vector<NamedTensor> inputs, engine::NoiseInputs(*model.graph, model.types, 1));
  std::unique_ptr<engine::Segment> whole;
  {
    const std::string bytes = model.loaded.model->proto.SerializeAsString();
    ASSIGN_OR_RETURN(whole, engine->BuildFromBytes(bytes));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<engine::GroupChain> chain, engine::GroupChain::Build(*engine, model.grouping, model.types));
  ASSIGN_OR_RETURN(const Times times, RunInTurns(*whole, *chain, inputs, flags));
  nlohmann::json row = times.ToJson();
  row["model"] = name;
  row["groups"] = chain->size();
  row["holds"] = times.ratio() <= kGoal;
  if (!flags.json) {
    std::printf("%-24s %3d groups  whole %8.2f ms  chain %8.2f ms  ratio %.3f  (pairs p10 %.3f, p90 %.3f; fastest %.3f)  %s\n",
                name.c_str(), chain->size(), Quantile(times.whole_s, 0.5) * 1e3, Quantile(times.chain_s, 0.5) * 1e3,
                times.ratio(), times.pair_ratio(0.1), times.pair_ratio(0.9), times.best_ratio(),
                times.ratio() <= kGoal ? "" : "above 1.05");
    std::fflush(stdout);
  }
  for (int cut = 1; flags.boundaries && cut < model.grouping->size(); ++cut) {
    chain.reset();
    ASSIGN_OR_RETURN(chain, TwoSessions(*engine, model, cut));
    ASSIGN_OR_RETURN(const Times two, RunInTurns(*whole, *chain, inputs, flags));
    nlohmann::json boundary = two.ToJson();
    boundary["cut"] = cut;
    boundary["bytes"] = model.grouping->cuts[cut].bytes;
    if (!flags.json) {
      std::printf("    cut %3d after %-28s %9lld bytes  ratio %.3f  fastest %.3f\n", cut,
                  model.grouping->groups[cut - 1].name.c_str(), static_cast<long long>(model.grouping->cuts[cut].bytes),
                  two.ratio(), two.best_ratio());
      std::fflush(stdout);
    }
    row["boundaries"].push_back(std::move(boundary));
  }
  return row;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"a model as a chain of groups against the whole model"};
  app.add_option("--models", flags.models, "zoo names or ONNX files, with commas")->delimiter(',');
  app.add_option("--groups", flags.groups, "as for `partway inspect`");
  app.add_option("--size", flags.size, "input size");
  app.add_option("--threads", flags.threads, "of the engine");
  app.add_option("--pairs", flags.pairs, "runs of either kind")->check(CLI::PositiveNumber);
  app.add_flag("--quick", flags.quick, "one model, few runs");
  app.add_flag("--json", flags.json, "one JSON document on stdout");
  app.add_flag("--wall", flags.wall, "time on the wall clock even with one thread");
  app.add_flag("--boundaries", flags.boundaries, "also each cut on its own");
  CLI11_PARSE(app, argc, argv);
  if (flags.quick) {
    flags.models.resize(1);
    flags.pairs = std::min(flags.pairs, 10);
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& name : flags.models) {
    const absl::StatusOr<nlohmann::json> row = BenchModel(name, flags);
    if (!row.ok()) {
      std::cerr << "chain_bench: " << name << ": " << row.status().message() << "\n";
      return 1;
    }
    rows.push_back(*row);
  }
  if (flags.json)
    std::cout << nlohmann::json{{"bench", "chain"},
                                {"goal", kGoal},
                                {"threads", flags.threads},
                                {"clock", flags.threads == 1 && !flags.wall ? "thread" : "wall"},
                                {"rows", rows}}
                     .dump()
              << "\n";
  return 0;
}

}   // namespace
}   // namespace partway

int main(int argc, char** argv) { return partway::Main(argc, argv); }
