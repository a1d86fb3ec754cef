// Does the edge gain by running equal requests together? For every cut the rest of the model is timed for one request and for batches, in turns so that all
// see the same machine; time(n) / (n time(1)) below 1 is a gain, and the server makes batches below 0.9 (edge/batch_times.h).
//
//   batch_bench [--quick] [--json] [--models a,b] [--sizes-of-batch 2,4,8] [--size S] [--threads N] [--rounds N]
//
// With one engine thread the times are of the computing thread, so that a busy machine disturbs them little; else wall time. Stacking the
// inputs and taking the outputs apart is part of the batch's time, as on the server.
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
#include "engine/batch.h"
#include "engine/check.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "nlohmann/json.hpp"

namespace partway {
namespace {

struct Flags {
  std::vector<std::string> models = {"efficientnet_lite0", "mobilenet_v2", "resnet50"};
  std::vector<int> batches = {2, 4, 8};
  std::string groups = "auto", size;
  int threads = 1, rounds = 9;
  bool quick = false, json = false;
};

double Median(std::vector<double> v) {
  const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), middle, v.end());
  return *middle;
}

// What [cut, N) reads, of `count` different inputs.
absl::StatusOr<std::vector<std::vector<NamedTensor>>> ValuesAt(engine::GroupChain& chain, const apps::PreparedModel& model,
                                                               int cut, int count) {
  std::vector<std::vector<NamedTensor>> all;
  for (int i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(std::vector<NamedTensor> values,
                     engine::NoiseInputs(*model.graph, model.types, static_cast<uint64_t>(i) + 1));
    if (cut > 0) {
      std::vector<NamedTensor> made;
      RETURN_IF_ERROR(chain.Run(0, cut, values, made));
      values = std::move(made);
    }
    all.push_back(std::move(values));
  }
  return all;
}

absl::StatusOr<nlohmann::json> BenchCut(engine::GroupChain& chain, const apps::PreparedModel& model, int cut,
                                        const Flags& flags) {
  const int most = *std::max_element(flags.batches.begin(), flags.batches.end());
  ASSIGN_OR_RETURN(const std::vector<std::vector<NamedTensor>> values, ValuesAt(chain, model, cut, most));
  const ThreadClock thread_clock;
  const SteadyClock wall_clock;
  const Clock& clock = flags.threads == 1 ? static_cast<const Clock&>(thread_clock) : wall_clock;
  std::vector<double> one_s;
  std::vector<std::vector<double>> batch_s(flags.batches.size());
  for (int round = -2; round < flags.rounds; ++round) {   // two to warm up
    std::vector<NamedTensor> made;
    const Instant start = clock.Now();
    RETURN_IF_ERROR(chain.Run(cut, chain.size(), values[0], made));
    if (round >= 0) one_s.push_back(ToSeconds(clock.Now() - start));
    for (size_t b = 0; b < flags.batches.size(); ++b) {
      const int n = flags.batches[b];
      std::vector<const std::vector<NamedTensor>*> parts;
      for (int i = 0; i < n; ++i) parts.push_back(&values[static_cast<size_t>(i)]);
      const Instant batch_start = clock.Now();
      ASSIGN_OR_RETURN(const std::vector<NamedTensor> stacked, engine::Stack(parts));
      std::vector<NamedTensor> out;
      RETURN_IF_ERROR(chain.Run(cut, chain.size(), stacked, out));
      RETURN_IF_ERROR(engine::Unstack(std::move(out), n).status());
      if (round >= 0) batch_s[b].push_back(ToSeconds(clock.Now() - batch_start));
    }
  }
  const double one = Median(one_s);
  nlohmann::json row{{"cut", cut}, {"one_s", one}, {"ratios", nlohmann::json::object()}};
  for (size_t b = 0; b < flags.batches.size(); ++b)
    row["ratios"][std::to_string(flags.batches[b])] = Median(batch_s[b]) / (flags.batches[b] * one);
  return row;
}

absl::StatusOr<nlohmann::json> BenchModel(const std::string& name, const Flags& flags) {
  ASSIGN_OR_RETURN(const engine::ProbeSize size, apps::ParseSize(flags.size));
  ASSIGN_OR_RETURN(const apps::PreparedModel model, apps::PrepareModel(name, size, flags.groups));
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, engine::MakeOrtEngine({.threads = flags.threads}));
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::GroupChain> chain,
                   engine::GroupChain::Build(*engine, model.grouping, model.types));
  nlohmann::json row{{"model", name}, {"groups", chain->size()}, {"cuts", nlohmann::json::array()}};
  if (!flags.json) {
    std::printf("%s, %d groups: time(n) / (n time(1))\n   cut    time(1)", name.c_str(), chain->size());
    for (const int n : flags.batches) std::printf("  n=%-3d", n);
    std::printf("\n");
  }
  for (int cut = 0; cut < chain->size(); cut += flags.quick ? std::max(1, chain->size() - 1) : 1) {
    ASSIGN_OR_RETURN(nlohmann::json at, BenchCut(*chain, model, cut, flags));
    if (!flags.json) {
      std::printf("  %4d %7.2f ms", cut, at["one_s"].get<double>() * 1e3);
      for (const int n : flags.batches) std::printf("  %5.2f", at["ratios"][std::to_string(n)].get<double>());
      std::printf("\n");
      std::fflush(stdout);
    }
    row["cuts"].push_back(std::move(at));
  }
  return row;
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"batches of equal requests against one after the other"};
  app.add_option("--models", flags.models, "zoo names or ONNX files, with commas")->delimiter(',');
  app.add_option("--sizes-of-batch", flags.batches, "with commas")->delimiter(',')->check(CLI::Range(2, 64));
  app.add_option("--groups", flags.groups, "as for `partway inspect`");
  app.add_option("--size", flags.size, "input size");
  app.add_option("--threads", flags.threads, "of the engine");
  app.add_option("--rounds", flags.rounds, "of each")->check(CLI::PositiveNumber);
  app.add_flag("--quick", flags.quick, "one model, first and last cut, few rounds");
  app.add_flag("--json", flags.json, "one JSON document on stdout");
  CLI11_PARSE(app, argc, argv);
  if (flags.quick) {
    flags.models.resize(1);
    flags.rounds = std::min(flags.rounds, 3);
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& name : flags.models) {
    const absl::StatusOr<nlohmann::json> row = BenchModel(name, flags);
    if (!row.ok()) {
      std::cerr << "batch_bench: " << name << ": " << row.status().message() << "\n";
      return 1;
    }
    rows.push_back(*row);
  }
  if (flags.json)
    std::cout << nlohmann::json{{"bench", "batch"},
                                {"threads", flags.threads},
                                {"clock", flags.threads == 1 ? "thread" : "wall"},
                                {"rows", rows}}
                     .dump()
              << "\n";
  return 0;
}

}   // namespace
}   // namespace partway

int main(int argc, char** argv) { return partway::Main(argc, argv); }
