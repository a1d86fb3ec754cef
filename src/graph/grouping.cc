#include "graph/grouping.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/status.h"
#include "graph/choose_positions.h"
#include "graph/frontier.h"
#include "graph/group_list.h"
#include "graph/group_names.h"
#include "graph/macs.h"
#include "graph/onnx_names.h"
#include "graph/params.h"

namespace partway::graph {
namespace {

constexpr uint64_t kMostListBytes = 16 << 20;

std::string Fingerprint(const OpGraph& graph, const std::vector<int>& positions) {
  std::string text = graph.model->sha256;
  for (const NodeId node : graph.order) Append(&text, ",", node);
  for (const int position : positions) Append(&text, ";", position);
  return Sha256Hex(text).substr(0, 16);
}

// What every form of grouping looks at: computed once.
struct Survey {
  Lifetimes lifetimes;
  PositionTable table;
  std::vector<int64_t> macs;   // before each position

  Survey(const OpGraph& graph, const ValueTypes& types)
      : lifetimes(ComputeLifetimes(graph, graph.order)), table(Sweep(graph, lifetimes, types)) {
    macs.push_back(0);
    for (const NodeId node : graph.order) {
      constexpr int64_t kMost = int64_t{1} << 61;
      macs.push_back(std::min(kMost, macs.back() + NodeMacs(graph, node, types)));
    }
  }
  int end() const { return lifetimes.positions - 1; }
};

int64_t TotalBytes(const OpGraph& graph, const std::vector<ValueId>& values, const ValueTypes& types) {
  int64_t total = 0;
  for (const ValueId v : values) {
    const int64_t bytes = ValueBytes(graph, v, types);
    if (bytes < 0) return -1;
    total += bytes;
  }
  return total;
}

std::shared_ptr<const Grouping> Assemble(std::shared_ptr<const OpGraph> graph, const Survey& survey, const ValueTypes& types,
                                         std::vector<int> positions, std::vector<std::string> names) {
  auto grouping = std::make_shared<Grouping>();
  const int n = static_cast<int>(positions.size()) - 1;
  if (names.empty()) names = NameGroups(*graph, positions);
  for (int g = 0; g < n; ++g) {
    Group& group = grouping->groups.emplace_back();
    group.name = std::move(names[g]);
    group.nodes.assign(graph->order.begin() + positions[g], graph->order.begin() + positions[g + 1]);
    group.macs = survey.macs[positions[g + 1]] - survey.macs[positions[g]];
    const ParamCount params = ParamsOf(*graph, group.nodes);
    group.params = params.params;
    group.param_bytes = params.bytes;
  }
  const SideBytes sides = ParamBytesBySide(*graph);
  std::vector<std::vector<ValueId>> frontiers = FrontiersAt(survey.lifetimes, positions);
  for (int c = 0; c <= n; ++c) {
    Cut& cut = grouping->cuts.emplace_back();
    const int p = positions[c];
    cut.head_macs = survey.macs[p];
    cut.tail_macs = survey.macs.back() - survey.macs[p];
    cut.head_param_bytes = sides.head[p];
    cut.tail_param_bytes = sides.tail[p];
    if (c == n) continue;
    if (c == 0) {
      cut.values = graph->inputs;   // used or not
    } else {
      cut.values = std::move(frontiers[c]);
    }
    cut.bytes = c == 0 ? TotalBytes(*graph, graph->inputs, types) : survey.table.bytes[p];
  }
  grouping->positions = std::move(positions);
  grouping->fingerprint = Fingerprint(*graph, grouping->positions);
  grouping->graph = std::move(graph);
  return grouping;
}

// At a boundary the engine writes its blocked layout out as a plain one and reads it back, and kernels that would have been fused across
// it are not. Measured with ONNX Runtime 1.31 on x86-64 as about this many MACs per byte that crosses; more where what crosses is used
// more than once, as at the start of a residual block, whose addition is then no longer fused into the convolution before it.
constexpr double kMacsPerByte = 9, kMacsPerSharedByte = 14;

// Positions where every value that crosses is used once on the other side.
std::vector<bool> UsedOnce(const OpGraph& graph, const Lifetimes& lifetimes) {
  // +1 from where a value with two or more consumers begins to cross until the last but one of them is behind.
  std::vector<int> node_position(graph.nodes.size(), 0);
  for (size_t i = 0; i < graph.order.size(); ++i) node_position[graph.order[i]] = static_cast<int>(i);
  std::vector<int> change(lifetimes.positions + 1, 0);
  for (size_t v = 0; v < graph.values.size(); ++v) {
    if (lifetimes.first[v] > lifetimes.last[v]) continue;
    std::vector<int> uses;
    for (const NodeId node : graph.values[v].consumers) {
      if (!graph.nodes[node].constant) uses.push_back(node_position[node]);
    }
    if (uses.size() < 2) continue;
    std::nth_element(uses.begin(), uses.end() - 2, uses.end());
    const int until = uses[uses.size() - 2];   // at this position and before it, at least two uses are still to come
    if (until < lifetimes.first[v]) continue;
    ++change[lifetimes.first[v]];
    --change[until + 1];
  }
  std::vector<bool> once;
  int shared = 0;
  for (int p = 0; p < lifetimes.positions; ++p) once.push_back((shared += change[p]) == 0);
  return once;
}

std::vector<Candidate> Candidates(const OpGraph& graph, const Survey& survey) {
  const int n = survey.end();
  const int64_t total = survey.macs.back();
  const std::vector<bool> once = UsedOnce(graph, survey.lifetimes);
  std::vector<Candidate> candidates;
  for (int p = 1; p < n; ++p) {
    if (survey.table.unsendable[p] > 0) continue;
    // Without any known work, each node counts alike.
    const double share =
        total > 0 ? static_cast<double>(survey.macs[p]) / static_cast<double>(total) : static_cast<double>(p) / n;
    const double bytes = static_cast<double>(std::max<int64_t>(0, survey.table.bytes[p]));
    const double cost = total > 0 ? bytes * (once[p] ? kMacsPerByte : kMacsPerSharedByte) / static_cast<double>(total) : 0;
    candidates.push_back(
        {.position = p, .share = share, .values = survey.table.values[p], .bytes = survey.table.bytes[p], .run_cost = cost});
  }
  return candidates;
}

// Positions inside the graph, with both ends put around them.
std::vector<int> WithEnds(std::vector<int> inside, int end) {
  inside.insert(inside.begin(), 0);
  inside.push_back(end);
  return inside;
}

absl::Status CheckSendable(const OpGraph& graph, const Survey& survey, const std::vector<int>& positions,
                           const ValueTypes& types) {
  for (size_t i = 1; i + 1 < positions.size(); ++i) {
    if (survey.table.unsendable[positions[i]] == 0) continue;
    const std::vector<std::vector<ValueId>> frontier = FrontiersAt(survey.lifetimes, {&positions[i], 1});
    for (const ValueId v : frontier.front()) {
      if (!Sendable(graph, v, types)) {
        return InvalidArgument("cannot cut behind group ", i - 1, ": value ", Quoted(graph.values[v].name),
                               " crosses there, but only tensors of numbers can be sent");
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<NamedGroup>> ListFrom(const Model& model, const std::string& how) {
  if (how == "paper") return PaperGroups(model);
  const absl::StatusOr<std::string> text = ReadFile(how, kMostListBytes);
  if (!text.ok()) {
    return InvalidArgument("groups ", Quoted(how), ": expected auto, all, paper, a number of groups or a JSON file (",
                           std::string(text.status().message()), ")");
  }
  absl::StatusOr<std::vector<NamedGroup>> list = ParseGroupList(*text);
  if (!list.ok()) return Annotate(list.status(), how);
  return list;
}

}   // namespace

absl::StatusOr<std::shared_ptr<const Grouping>> MakeGrouping(std::shared_ptr<const OpGraph> graph, const ValueTypes& types,
                                                             std::string_view how) {
  const Survey survey(*graph, types);
  const int end = survey.end();
  std::vector<int> positions;
  std::vector<std::string> names;
  if (how == "auto") {
    positions = WithEnds(ChooseAuto(Candidates(*graph, survey)), end);
  } else if (how == "all") {
    std::vector<int> inside;
    for (const Candidate& candidate : Candidates(*graph, survey)) inside.push_back(candidate.position);
    positions = WithEnds(std::move(inside), end);
  } else if (!how.empty() && how.find_first_not_of("0123456789") == std::string_view::npos) {
    int count = 0;
    if (!absl::SimpleAtoi(absl::string_view(how.data(), how.size()), &count) || count < 1 || count > 100'000) {
      return InvalidArgument("groups ", Quoted(how), ": expected a number from 1 to 100000");
    }
    positions = WithEnds(ChooseEven(Candidates(*graph, survey), count), end);
  } else {
    ASSIGN_OR_RETURN(std::vector<NamedGroup> list, ListFrom(*graph->model, std::string(how)));
    absl::StatusOr<std::vector<int>> at = PositionsOf(*graph, list);
    if (!at.ok()) return Annotate(at.status(), Concat("groups ", Quoted(how)));
    positions = *std::move(at);
    RETURN_IF_ERROR(CheckSendable(*graph, survey, positions, types));
    for (NamedGroup& group : list) names.push_back(std::move(group.name));
  }
  return Assemble(std::move(graph), survey, types, std::move(positions), std::move(names));
}

absl::StatusOr<std::shared_ptr<const Grouping>> GroupingFromPositions(std::shared_ptr<const OpGraph> graph,
                                                                      std::vector<int> positions, const ValueTypes& types) {
  const int end = static_cast<int>(graph->order.size());
  if (positions.size() < 2 || positions.front() != 0 || positions.back() != end) {
    return InvalidArgument("positions of groups must run from 0 to ", end, ", the number of nodes");
  }
  for (size_t i = 1; i < positions.size(); ++i) {
    if (positions[i] <= positions[i - 1] && end > 0) {
      return InvalidArgument("positions of groups must ascend: ", positions[i], " follows ", positions[i - 1]);
    }
  }
  if (end == 0 && positions.size() != 2) return InvalidArgument("a model without nodes is one group");
  const Survey survey(*graph, types);
  RETURN_IF_ERROR(CheckSendable(*graph, survey, positions, types));
  return Assemble(std::move(graph), survey, types, std::move(positions), {});
}

}   // namespace partway::graph
