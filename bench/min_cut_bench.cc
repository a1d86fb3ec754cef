// How long DADS takes to decide on the operators of a network: DSL by one least cut, DSH by iterated ones, over many states of the link.
// Goal: 500 us on one core for EfficientNetV2-S.
//
//   min_cut_bench [--quick] [--json] [--model efficientnet_v2_s] [--size S]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "apps/operator_dag_of.h"
#include "apps/options.h"
#include "apps/prepared_model.h"
#include "base/clock.h"
#include "base/status.h"
#include "nlohmann/json.hpp"
#include "policy/min_cut.h"
#include "policy/slowest_stage.h"

namespace partway {
namespace {

constexpr double kGoalSeconds = 500e-6;

// Uplinks from 1 Mbit/s to 10 Gbit/s, so that the answers run from all here over many sets to all there.
constexpr int kStates = 60;
double Uplink(int i) { return 1e6 * std::pow(10.0, 4.0 * i / (kStates - 1)); }

struct Figures {
  double mean_s = 0, slowest_s = 0;   // over the states, each the fastest of all rounds
};

// Each state's least time over the rounds, which others on the machine disturb least.
template <class Body>
Figures Time(int rounds, const Body& body) {
  const SteadyClock clock;
  std::vector<double> least(kStates, INFINITY);
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < kStates; ++i) {
      const Instant start = clock.Now();
      body(i);
      least[static_cast<size_t>(i)] = std::min(least[static_cast<size_t>(i)], ToSeconds(clock.Now() - start));
    }
  }
  Figures figures;
  for (const double seconds : least) {
    figures.mean_s += seconds / kStates;
    figures.slowest_s = std::max(figures.slowest_s, seconds);
  }
  return figures;
}

absl::Status Run(int argc, char** argv) {
  bool quick = false, json = false;
  std::string model = "efficientnet_v2_s", size;
  CLI::App app("decision time of DADS on a network's operators");
  app.add_flag("--quick", quick, "few rounds");
  app.add_flag("--json", json, "one document on stdout");
  app.add_option("--model", model, "an ONNX file or the name of a zoo model")->capture_default_str();
  app.add_option("--size", size, "input size; the model's own if left away");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return error.get_exit_code() == 0 ? absl::OkStatus() : InvalidArgument("wrong command line");
  }
  ASSIGN_OR_RETURN(const engine::ProbeSize at, apps::ParseSize(size));
  ASSIGN_OR_RETURN(const apps::PreparedModel prepared, apps::PrepareModel(model, at, "auto"));
  apps::OperatorDagInputs inputs;
  // The Parecon paper's sides as docs/study-parecon.md reads them, and memories that make additions and activations count.
  inputs.rates = {110e9, 8e12, 60e9, 1e12};
  inputs.input_bits = 24.0 * prepared.size.height * prepared.size.width;
  ASSIGN_OR_RETURN(const policy::OperatorDag dag, apps::OperatorDagOf(*prepared.graph, prepared.types, inputs));

  policy::MinCut light(dag);
  policy::SlowestStageCut heavy(dag);
  const int rounds = quick ? 5 : 50;
  std::vector<int> here(kStates), needed(kStates);
  std::vector<double> gap(kStates);
  const Figures dsl = Time(rounds, [&](int i) {
    const std::vector<uint8_t>& set = light.Solve({1, 1, 1 / Uplink(i), 0});
    here[static_cast<size_t>(i)] = static_cast<int>(std::count(set.begin(), set.end(), 1));
  });
  const Figures dsh = Time(rounds, [&](int i) {
    heavy.Solve({1, 1 / Uplink(i), 1});
    needed[static_cast<size_t>(i)] = heavy.rounds();
    gap[static_cast<size_t>(i)] = heavy.slowest_s() / heavy.bound_s() - 1;
  });
  std::vector<int> answers = here;
  std::sort(answers.begin(), answers.end());
  const auto distinct = std::unique(answers.begin(), answers.end()) - answers.begin();
  const double worst_gap = *std::max_element(gap.begin(), gap.end());
  if (json) {
    const nlohmann::ordered_json document = {{"bench", "min_cut"},
                                             {"model", model},
                                             {"operators", dag.operators.size()},
                                             {"tensors", dag.tensors.size()},
                                             {"states", kStates},
                                             {"dsl_mean_s", dsl.mean_s},
                                             {"dsl_slowest_s", dsl.slowest_s},
                                             {"dsh_mean_s", dsh.mean_s},
                                             {"dsh_slowest_s", dsh.slowest_s},
                                             {"dsh_cuts", *std::max_element(needed.begin(), needed.end())},
                                             {"dsh_gap_to_bound", worst_gap},
                                             {"goal_s", kGoalSeconds}};
    std::cout << document.dump() << "\n";
    return absl::OkStatus();
  }
  std::printf("%s: %zu operators, %zu tensors; %d uplinks from 1 Mbit/s to 10 Gbit/s, %td sizes of answer\n", model.c_str(),
              dag.operators.size(), dag.tensors.size(), kStates, distinct);
  const auto line = [](const char* what, const Figures& figures) {
    std::printf("%-32s mean %7.1f us, slowest %7.1f us  %s the goal of 500 us\n", what, figures.mean_s * 1e6,
                figures.slowest_s * 1e6, figures.slowest_s <= kGoalSeconds ? "within" : "above");
  };
  line("DSL, one least cut", dsl);
  line("DSH, iterated least cuts", dsh);
  std::printf("DSH took up to %d cuts and ended at most %.1f %% above its bound\n",
              *std::max_element(needed.begin(), needed.end()), 100 * worst_gap);
  return absl::OkStatus();
}

}   // namespace
}   // namespace partway

int main(int argc, char** argv) {
  const absl::Status status = partway::Run(argc, argv);
  if (!status.ok()) std::cerr << "min_cut_bench: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
