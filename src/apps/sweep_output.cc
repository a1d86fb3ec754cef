#include "apps/sweep_output.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>

#include "apps/plan_json.h"
#include "apps/plan_words.h"
#include "base/status.h"
#include "base/version.h"
#include "cost/predict.h"
#include "report/heat_map.h"

namespace partway::apps {
namespace {

using Json = nlohmann::ordered_json;

// Winners by how much of the plane they win; equal shares by row.
std::vector<std::pair<int, size_t>> Winners(const cost::Grid& grid) {
  std::vector<std::pair<int, size_t>> winners(grid.winners.begin(), grid.winners.end());
  std::stable_sort(winners.begin(), winners.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return winners;
}

struct AxisTitle {
  std::string title;
  double unit;   // of the numbers on the axis
};
AxisTitle TitleOf(const PlanProblem& problem, cost::Axis axis) {
  switch (axis) {
    case cost::Axis::kUplink: return {"uplink, Mbps", 1e6};
    case cost::Axis::kDeviceSpeed:
      if (problem.device_rate > 0) return {"device, GFLOPS", 1e9};
      return {"device, times its profile", 1};
    case cost::Axis::kEdgeSpeed:
      if (problem.edge_rate > 0) return {"edge, GFLOPS", 1e9};
      return {"edge, times its profile", 1};
    case cost::Axis::kRoundTrip: return {"round trip, ms", 1e-3};
    case cost::Axis::kEdgeLoad: return {"edge load", 1};
    case cost::Axis::kMinAccuracy: break;
  }
  return {"least accuracy, share", 1};
}

std::string Number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

std::string Csv(const PlanProblem& problem, const Swept& swept, const std::string& command) {
  const std::string x_key = AxisKey(problem, swept.x.axis, 1).key, y_key = AxisKey(problem, swept.y.axis, 1).key;
  std::string csv =
      Concat("# ", command, "\n# partway ", kVersion, " (", kCommit, "), model ", problem.model, " ", problem.model_sha256, "\n",
             x_key, ",", y_key, ",option,cut,size,codec,latency_s,throughput_fps,energy_j,upload_bytes,accuracy\n");
  const auto known = [](double value) { return std::isnan(value) ? std::string() : Number(value); };
  for (size_t j = 0; j < swept.y.values.size(); ++j) {
    for (size_t i = 0; i < swept.x.values.size(); ++i) {
      const int best = swept.grid.best[j * swept.x.values.size() + i];
      Append(&csv, Number(AxisKey(problem, swept.x.axis, swept.x.values[i]).value), ",",
             Number(AxisKey(problem, swept.y.axis, swept.y.values[j]).value), ",");
      if (best == cost::kNoOption) {
        csv += ",,,,,,,,\n";
        continue;
      }
      const auto row = static_cast<size_t>(best);
      const cost::OptionKey& key = problem.table.keys[row];
      const cost::State at =
          cost::With(cost::With(problem.state, swept.x.axis, swept.x.values[i]), swept.y.axis, swept.y.values[j]);
      const cost::Prediction p = cost::Predict(problem.table, row, at, problem.power_or_null());
      Append(&csv, best, ",", key.cut, ",", cost::SizeText(problem.table.sizes[static_cast<size_t>(key.size)]), ",",
             problem.table.local(row) ? "" : problem.table.codecs[static_cast<size_t>(key.codec)], ",", Number(p.latency_s), ",",
             Number(p.throughput_fps()), ",", known(p.energy_j), ",", Number(problem.table.upload_bytes(row)), ",",
             known(problem.table.accuracy[row]), "\n");
    }
  }
  return csv;
}

Json AxisJson(const PlanProblem& problem, const cost::SweepAxis& axis) {
  Json values = Json::array();
  for (const double value : axis.values) values.push_back(AxisKey(problem, axis.axis, value).value);
  return {{"key", AxisKey(problem, axis.axis, 1).key}, {"values", std::move(values)}};
}

}   // namespace

absl::StatusOr<std::vector<RowFlips>> FlipsOfRows(const PlanProblem& problem, const cost::SweepAxis& x,
                                                  const cost::SweepAxis& y) {
  std::vector<RowFlips> rows;
  if (x.values.size() < 2) return rows;
  for (const double value : y.values) {
    cost::Limits limits = problem.limits;
    if (y.axis == cost::Axis::kMinAccuracy) limits.min_accuracy = value;
    const cost::State state = cost::With(problem.state, y.axis, value);
    ASSIGN_OR_RETURN(std::vector<cost::Region> regions,
                     cost::RegionsAlong(x.axis, x.values.front(), x.values.back(), problem.table, state, problem.objective,
                                        limits, problem.power_or_null()));
    rows.push_back({value, {x.axis, x.values.front(), std::move(regions)}});
  }
  return rows;
}

// What the axes leave as it is, and the limits.
std::string HeldWords(const PlanProblem& problem, std::initializer_list<cost::Axis> swept) {
  const auto held = [&](cost::Axis axis) { return std::find(swept.begin(), swept.end(), axis) == swept.end(); };
  std::string text;
  const auto add = [&](const std::string& what) { Append(&text, text.empty() ? "" : ", ", what); };
  const cost::State& state = problem.state;
  if (held(cost::Axis::kUplink)) add(Concat("uplink ", FormatBitRate(state.uplink_bps)));
  if (held(cost::Axis::kDeviceSpeed)) add(Concat("device ", problem.device_text));
  if (held(cost::Axis::kEdgeSpeed)) add(Concat("edge ", problem.edge_text));
  if (held(cost::Axis::kRoundTrip)) add(Concat("round trip ", FormatSeconds(state.rtt_s)));
  if (held(cost::Axis::kEdgeLoad) && state.edge_load > 0) add(Concat("load ", state.edge_load));
  for (const cost::Constraint constraint : cost::kConstraints) {
    if (const std::optional<double>& limit = problem.limits.of(constraint)) add(LimitWords(constraint, *limit));
  }
  return text;
}

std::string SweepSvg(const PlanProblem& problem, const Swept& swept, const std::string& title,
                     const std::vector<std::string>& notes) {
  report::HeatMap map;
  map.title = title;
  const AxisTitle x = TitleOf(problem, swept.x.axis), y = TitleOf(problem, swept.y.axis);
  map.subtitle = Concat("least ", cost::ObjectiveText(problem.objective), ", ", problem.table.size(), " options at ",
                        swept.grid.best.size(), " points; ", HeldWords(problem, {swept.x.axis, swept.y.axis}));
  const auto fill = [&](const cost::SweepAxis& axis, const AxisTitle& named, bool logarithmic, report::HeatMap::Axis* out) {
    out->title = named.title;
    out->unit = named.unit;
    out->logarithmic = logarithmic;
    for (const double value : axis.values) out->values.push_back(AxisKey(problem, axis.axis, value).value);
  };
  fill(swept.x, x, swept.x_logarithmic, &map.x);
  fill(swept.y, y, swept.y_logarithmic, &map.y);
  std::map<int, int> index;
  for (const auto& [row, count] : Winners(swept.grid)) {
    if (row == cost::kNoOption) continue;
    index[row] = static_cast<int>(map.names.size());
    map.names.push_back(Words(problem.table, row));
  }
  for (const int row : swept.grid.best) map.cells.push_back(row == cost::kNoOption ? -1 : index.at(row));
  map.notes = notes;
  return report::DrawHeatMap(map);
}

SweepOutput DescribeSweep(const PlanProblem& problem, const Swept& swept, const std::string& command) {
  SweepOutput output;
  Json& json = output.json;
  json["command"] = command;
  json["version"] = kVersion;
  json["commit"] = kCommit;
  json["model"] = {{"name", problem.model}, {"sha256", problem.model_sha256}};
  json["objective"] = cost::ObjectiveText(problem.objective);
  json["x"] = AxisJson(problem, swept.x);
  json["y"] = AxisJson(problem, swept.y);
  json["winners"] = Json::object();
  json["options"] = Json::array();
  for (const auto& [row, count] : Winners(swept.grid)) {
    json["winners"][Words(problem.table, row)] = count;
    if (row == cost::kNoOption) continue;
    const cost::OptionKey& key = problem.table.keys[static_cast<size_t>(row)];
    json["options"].push_back(
        {{"option", row},
         {"name", Words(problem.table, row)},
         {"cut", key.cut},
         {"size", cost::SizeText(problem.table.sizes[static_cast<size_t>(key.size)])},
         {"codec", key.codec == cost::kNoCodec ? Json(nullptr) : Json(problem.table.codecs[static_cast<size_t>(key.codec)])},
         {"points", count}});
  }
  json["best"] = Json::array();   // row-major, y by x
  for (const int row : swept.grid.best) json["best"].push_back(row == cost::kNoOption ? Json(nullptr) : Json(row));
  json["flips"] = Json::array();
  for (const RowFlips& row : swept.flips) {
    const KeyedValue y = AxisKey(problem, swept.y.axis, row.y);
    for (Json& flip : FlipsJson(problem, row.flips)) {
      flip[y.key] = y.value;
      json["flips"].push_back(std::move(flip));
    }
  }
  json["notes"] = problem.notes;

  const std::string title = Concat("Where to cut ", problem.model);
  output.files = {{"sweep.csv", Csv(problem, swept, command)},
                  {"sweep.svg", SweepSvg(problem, swept, title, {})},
                  {"sweep.json", json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"}};
  const size_t points = swept.grid.best.size();
  output.text = Concat(problem.model, ": ", problem.table.size(), " options at ", points, " points\n");
  for (const auto& [row, count] : Winners(swept.grid)) {
    char share[32];
    std::snprintf(share, sizeof share, "%6.1f %%", 100.0 * static_cast<double>(count) / static_cast<double>(points));
    Append(&output.text, share, "  ", Words(problem.table, row), "\n");
  }
  for (const std::string& note : problem.notes) Append(&output.text, "note: ", note, "\n");
  return output;
}

}   // namespace partway::apps
