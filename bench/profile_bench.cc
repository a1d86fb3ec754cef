// How well does a profile predict what a head and a tail take? Profiles a model as `partway profile` does, then measures every head [0, c) and
// every tail [c, N) afresh and holds the sums of medians against them. Beside it the obvious other way, each group repeated alone.
//
//   profile_bench [--quick] [--json] [--models a,b] [--groups auto] [--sizes 128,224,320] [--threads N] [--rounds N] [--wall]
//
// With one engine thread the times are of the computing thread, so that a busy machine disturbs them little; else wall time.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "apps/options.h"
#include "apps/prepared_model.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "engine/check.h"
#include "engine/group_chain.h"
#include "engine/ort_engine.h"
#include "nlohmann/json.hpp"
#include "profile/measure/describe.h"
#include "profile/measure/measurement.h"

namespace partway {
namespace {

constexpr double kGoal = 0.10;   // median error over the cuts

struct Flags {
  std::vector<std::string> models = {"efficientnet_lite0", "mobilenet_v2", "resnet50"};
  std::string groups = "auto", sizes = "128,224,320";
  int threads = 1, rounds = 20;
  bool quick = false, json = false, wall = false;
};

using Samples = std::vector<std::vector<double>>;

// At one size: what each cut carries, and what was measured.
struct AtSize {
  profile::SizedModel model;
  std::vector<NamedTensor> inputs;
  std::vector<std::vector<NamedTensor>> crossing;   // by cut
  Samples alone, head, tail;                        // by group; by cut
};

double Median(const std::vector<double>& v) { return profile::SpreadOf(v).median_s; }

absl::StatusOr<double> Lap(engine::GroupChain& chain, int from, int to, const std::vector<NamedTensor>& in, const Clock& clock) {
  std::vector<NamedTensor> out;
  const Instant start = clock.Now();
  RETURN_IF_ERROR(chain.Run(from, to, in, out));
  return ToSeconds(clock.Now() - start);
}

// The first of `times` is not counted: it finds what ran before in the caches.
absl::Status Repeat(engine::GroupChain& chain, int from, int to, const std::vector<NamedTensor>& in, const Clock& clock,
                    int times, std::vector<double>* samples) {
  for (int i = 0; i < times; ++i) {
    ASSIGN_OR_RETURN(const double s, Lap(chain, from, to, in, clock));
    if (i > 0) samples->push_back(s);
  }
  return absl::OkStatus();
}

absl::StatusOr<AtSize> Prepare(const apps::PreparedModel& model, engine::GroupChain& chain, engine::ProbeSize size) {
  AtSize at;
  ASSIGN_OR_RETURN(at.model, profile::ModelAtSize(model.graph, model.grouping->positions, size));
  ASSIGN_OR_RETURN(at.inputs, engine::NoiseInputs(*model.graph, at.model.types, 1));
  std::vector<NamedTensor> known = at.inputs;
  for (int g = 0; g < chain.size(); ++g) {
    at.crossing.push_back(known);
    std::vector<NamedTensor> out;
    RETURN_IF_ERROR(chain.Run(g, g + 1, known, out));
    for (NamedTensor& t : out) known.push_back(std::move(t));
  }
  const auto n = static_cast<size_t>(chain.size());
  at.alone.resize(n);
  at.head.resize(n + 1);
  at.tail.resize(n + 1);
  return at;
}

struct Errors {
  double median = 0, p90 = 0, worst = 0;
};

// Of the sums of `groups` against every head and tail.
Errors ErrorsOf(const std::vector<double>& groups, const AtSize& at) {
  std::vector<double> errors;
  double head = 0, tail = 0;
  for (const double g : groups) tail += g;
  for (size_t c = 0; c <= groups.size(); ++c) {
    if (c > 0) {
      head += groups[c - 1];
      tail -= groups[c - 1];
      errors.push_back(std::fabs(head / Median(at.head[c]) - 1));
    }
    if (c < groups.size()) errors.push_back(std::fabs(tail / Median(at.tail[c]) - 1));
  }
  std::sort(errors.begin(), errors.end());
  const auto at_share = [&](double q) { return errors[static_cast<size_t>(q * static_cast<double>(errors.size() - 1))]; };
  return {at_share(0.5), at_share(0.9), errors.back()};
}

nlohmann::json ToJson(const Errors& e) { return {{"median", e.median}, {"p90", e.p90}, {"worst", e.worst}}; }

absl::Status BenchModel(const std::string& name, const Flags& flags, nlohmann::json* rows, bool* held) {
  ASSIGN_OR_RETURN(const apps::PreparedModel model, apps::PrepareModel(name, {}, flags.groups));
  ASSIGN_OR_RETURN(const std::unique_ptr<engine::Engine> engine, engine::MakeOrtEngine({.threads = flags.threads}));
  ASSIGN_OR_RETURN(std::shared_ptr<engine::GroupChain> chain, engine::GroupChain::Build(*engine, model.grouping, model.types));
  std::vector<engine::ProbeSize> asked = {model.size};
  if (model.size.height > 0) {
    ASSIGN_OR_RETURN(asked, apps::ParseSizes(flags.sizes));
  }
  const SteadyClock wall;
  const ThreadClock own;
  const Clock& clock = flags.wall || flags.threads != 1 ? static_cast<const Clock&>(wall) : own;
  std::vector<AtSize> sizes;
  std::vector<profile::MeasuredSize> measured;
  for (const engine::ProbeSize& size : asked) {
    ASSIGN_OR_RETURN(AtSize at, Prepare(model, *chain, size));
    measured.push_back({at.model.height, at.model.width, at.inputs});
    sizes.push_back(std::move(at));
  }
  // The profile, as the verb makes it.
  profile::Measurement measurement(chain, nullptr, std::move(measured),
                                   {.least = 2 * flags.rounds, .most = 2 * flags.rounds, .time_limit = std::chrono::hours(1)},
                                   {clock, wall});
  while (!measurement.done()) RETURN_IF_ERROR(measurement.Step());
  // The other way, and what is to be predicted, in random turns.
  Rng rng(2);
  const int n = chain->size();
  for (int round = 0; round < flags.rounds; ++round) {
    struct Turn {
      AtSize* at;
      int kind, index;   // alone, head, tail
    };
    std::vector<Turn> turns;
    for (AtSize& at : sizes) {
      for (int g = 0; g < n; ++g) turns.push_back({&at, 0, g});
      for (int c = 1; c <= n; ++c) turns.push_back({&at, 1, c});
      for (int c = 0; c < n; ++c) turns.push_back({&at, 2, c});
    }
    for (size_t i = turns.size(); i > 1; --i) {
      std::swap(turns[i - 1], turns[static_cast<size_t>(rng.UniformInt(0, static_cast<int64_t>(i) - 1))]);
    }
    for (const Turn& turn : turns) {
      const auto i = static_cast<size_t>(turn.index);
      AtSize& at = *turn.at;
      if (turn.kind == 0) RETURN_IF_ERROR(Repeat(*chain, turn.index, turn.index + 1, at.crossing[i], clock, 3, &at.alone[i]));
      if (turn.kind == 1) RETURN_IF_ERROR(Repeat(*chain, 0, turn.index, at.inputs, clock, 3, &at.head[i]));
      if (turn.kind == 2) RETURN_IF_ERROR(Repeat(*chain, turn.index, n, at.crossing[i], clock, 3, &at.tail[i]));
    }
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    profile::SizeProfile times;
    measurement.Fill(i, &times);
    std::vector<double> in_chain, alone;
    for (const profile::TimeSpread& t : times.groups) in_chain.push_back(t.median_s);
    for (const std::vector<double>& s : sizes[i].alone) alone.push_back(Median(s));
    const Errors chain_errors = ErrorsOf(in_chain, sizes[i]), alone_errors = ErrorsOf(alone, sizes[i]);
    *held = *held && chain_errors.median <= kGoal;
    const double whole_s = Median(sizes[i].head.back());
    rows->push_back({{"model", name},
                     {"height", sizes[i].model.height},
                     {"groups", n},
                     {"chain_s", whole_s},
                     {"in_chain", ToJson(chain_errors)},
                     {"alone", ToJson(alone_errors)}});
    if (flags.json) continue;
    std::printf("%-24.24s %5d %7d %9.2f ms   %6.1f%% %6.1f%% %6.1f%%   %6.1f%% %6.1f%% %6.1f%%\n",
                name.substr(name.rfind('/') + 1).c_str(), sizes[i].model.height, n, whole_s * 1e3, 100 * chain_errors.median,
                100 * chain_errors.p90, 100 * chain_errors.worst, 100 * alone_errors.median, 100 * alone_errors.p90,
                100 * alone_errors.worst);
    std::fflush(stdout);
  }
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Flags flags;
  CLI::App app{"How well a profile predicts heads and tails.", "profile_bench"};
  app.add_flag("--quick", flags.quick, "one model, few rounds");
  app.add_flag("--json", flags.json, "one JSON document on stdout");
  app.add_flag("--wall", flags.wall, "wall time even with one thread");
  app.add_option("--models", flags.models, "zoo names or ONNX files")->delimiter(',');
  app.add_option("--groups", flags.groups, "as for partway inspect");
  app.add_option("--sizes", flags.sizes, "of models that take any");
  app.add_option("--threads", flags.threads, "of the engine");
  app.add_option("--rounds", flags.rounds, "rounds of measuring")->check(CLI::Range(3, 10000));
  CLI11_PARSE(app, argc, argv);
  if (flags.quick) {
    flags.models = {"efficientnet_lite0"};
    flags.rounds = 4;
  }
  nlohmann::json rows = nlohmann::json::array();
  bool held = true;
  if (!flags.json) {
    std::printf("error of predicted heads and tails          median    p90  worst    median    p90  worst\n");
    std::printf("%-24s %5s %7s %12s   %23s   %23s\n", "model", "size", "groups", "chain", "timed in the chain",
                "each group alone");
  }
  for (const std::string& model : flags.models) {
    const absl::Status status = BenchModel(model, flags, &rows, &held);
    if (status.ok()) continue;
    std::cerr << model << ": " << status.message() << "\n";
    return 1;
  }
  if (flags.json) std::cout << nlohmann::json{{"rows", rows}, {"goal", kGoal}, {"holds", held}}.dump(2) << "\n";
  if (!flags.json) std::printf("goal: a median of at most %.0f%%: %s\n", 100 * kGoal, held ? "holds" : "does not hold");
  return held ? 0 : 3;
}

}   // namespace
}   // namespace partway

int main(int argc, char** argv) { return partway::Main(argc, argv); }
