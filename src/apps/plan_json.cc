#include "apps/plan_json.h"

#include <cmath>

#include "apps/plan_words.h"
#include "cost/predict.h"

namespace partway::apps {
namespace {

using Json = nlohmann::ordered_json;

Json OptionOrNull(const PlanProblem& problem, int row) {
  if (row == cost::kNoOption) return nullptr;
  Json json = OptionJson(problem, static_cast<size_t>(row));
  json["option"] = row;
  return json;
}

Json LimitsJson(const cost::Limits& limits) {
  Json json = Json::object();
  const auto put = [&](const char* key, const std::optional<double>& value) {
    if (value) json[key] = *value;
  };
  put("max_latency_s", limits.max_latency_s);
  if (limits.max_period_s) json["min_throughput_fps"] = 1 / *limits.max_period_s;
  put("max_energy_j", limits.max_energy_j);
  put("min_accuracy", limits.min_accuracy);
  put("max_device_memory_bytes", limits.max_device_memory_bytes);
  put("max_edge_memory_bytes", limits.max_edge_memory_bytes);
  put("min_device_groups", limits.min_device_groups);
  put("max_distance_correlation", limits.max_distance_correlation);
  put("max_reconstruction_ssim", limits.max_reconstruction_ssim);
  return json;
}

Json RelaxationJson(const cost::Relaxation& relaxation) {
  return {{"constraint", cost::ConstraintName(relaxation.constraint)},
          {"limit", relaxation.limit},
          {"needed", relaxation.needed},
          {"share", NumberOrNull(relaxation.share())}};
}

Json LeastJson(const PlanProblem& problem, const cost::LeastRelaxation& least) {
  Json single = Json::array();
  for (const auto& one : least.single) {
    Json json = RelaxationJson(one.relaxation);
    json["option"] = one.row;
    json["option_name"] = Words(problem.table, static_cast<int>(one.row));
    single.push_back(std::move(json));
  }
  Json together = nullptr;
  if (!least.together.empty()) {
    together = {{"option", least.together_row}, {"option_name", Words(problem.table, static_cast<int>(least.together_row))}};
    for (const cost::Relaxation& one : least.together) together["relaxations"].push_back(RelaxationJson(one));
  }
  return {{"refuses_most", cost::ConstraintName(least.refuses_most)},
          {"refused", least.refused},
          {"one_constraint", std::move(single)},
          {"together", std::move(together)}};
}

}   // namespace

nlohmann::ordered_json NumberOrNull(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

nlohmann::ordered_json OptionJson(const PlanProblem& problem, size_t row) {
  const cost::OptionTable& table = problem.table;
  const cost::OptionKey& key = table.keys[row];
  const cost::InputSize& size = table.sizes[static_cast<size_t>(key.size)];
  const cost::Prediction p = cost::Predict(table, row, problem.state, problem.power_or_null());
  return {{"cut", key.cut},
          {"size", size.height == size.width ? Json(size.height) : Json(cost::SizeText(size))},
          {"codec", table.local(row) ? Json(nullptr) : Json(table.codecs[static_cast<size_t>(key.codec)])},
          {"latency_s", NumberOrNull(p.latency_s)},
          {"throughput_fps", NumberOrNull(p.throughput_fps())},
          {"energy_j", NumberOrNull(p.energy_j)},
          {"upload_bytes", table.upload_bytes(row)},
          {"device_s", p.device_s},
          {"head_s", p.head_s},
          {"encode_s", p.encode_s},
          {"upload_s", p.upload_s},
          {"rtt_s", p.rtt_s},
          {"edge_s", p.edge_s},
          {"decode_s", p.decode_s},
          {"tail_s", p.tail_s},
          {"reply_s", p.reply_s},
          {"accuracy", NumberOrNull(table.accuracy[row])},
          {"device_memory_bytes", table.device_memory_bytes[row]},
          {"edge_memory_bytes", table.edge_memory_bytes[row]},
          {"distance_correlation", NumberOrNull(table.distance_correlation[row])},
          {"reconstruction_ssim", NumberOrNull(table.reconstruction_ssim[row])}};
}

nlohmann::ordered_json FlipsJson(const PlanProblem& problem, const cost::AxisFlips& flips) {
  Json list = Json::array();
  const auto index = [](int row) { return row == cost::kNoOption ? Json(nullptr) : Json(row); };
  for (size_t i = 0; i + 1 < flips.regions.size(); ++i) {
    const KeyedValue at = AxisKey(problem, flips.axis, flips.regions[i].to);
    const int from = flips.regions[i].row, to = flips.regions[i + 1].row;
    list.push_back({{at.key, at.value},
                    {"from", index(from)},
                    {"to", index(to)},
                    {"from_name", Words(problem.table, from)},
                    {"to_name", Words(problem.table, to)}});
  }
  return list;
}

nlohmann::ordered_json PlanJson(const PlanProblem& problem, const cost::Plan& plan) {
  Json json;
  json["model"] = {{"name", problem.model}, {"sha256", problem.model_sha256}, {"groups", problem.table.group_names}};
  json["state"] = {{"uplink_bps", problem.state.uplink_bps},
                   {"downlink_bps", NumberOrNull(problem.state.downlink_bps)},
                   {"rtt_s", problem.state.rtt_s},
                   {"device", problem.device_text},
                   {"device_speed", problem.state.device_speed},
                   {"edge", problem.edge_text},
                   {"edge_speed", problem.state.edge_speed},
                   {"edge_load", problem.state.edge_load}};
  json["objective"] = cost::ObjectiveText(problem.objective);
  json["limits"] = LimitsJson(problem.limits);
  json["power"] = nullptr;
  if (problem.power) {
    const cost::PowerModel& power = *problem.power;
    json["power"] = {{"name", power.name},
                     {"compute_w", power.compute_w},
                     {"transmit_w", power.transmit_w},
                     {"receive_w", power.receive_w},
                     {"idle_w", power.idle_w},
                     {"transmit_w_per_bps", power.transmit_w_per_bps},
                     {"receive_w_per_bps", power.receive_w_per_bps},
                     {"source", power.source}};
  }
  json["best"] = OptionOrNull(problem, plan.best);
  json["runner_up"] = OptionOrNull(problem, plan.runner_up);
  json["best_other_cut"] = OptionOrNull(problem, plan.other_cut);
  json["best_middle_cut"] = OptionOrNull(problem, plan.middle);
  json["best_end"] = OptionOrNull(problem, plan.end);
  json["options"] = Json::array();
  for (size_t row = 0; row < problem.table.size(); ++row) json["options"].push_back(OptionJson(problem, row));
  json["pareto"] = plan.pareto;
  json["flips"] = Json::array();
  for (const cost::AxisFlips& flips : plan.flips) {
    for (Json& flip : FlipsJson(problem, flips)) json["flips"].push_back(std::move(flip));
  }
  json["refused"] = Json::array();
  for (const cost::Refusal& refusal : plan.refusals.list) {
    json["refused"].push_back(
        {{"option", refusal.row}, {"constraint", cost::ConstraintName(refusal.constraint)}, {"not_known", refusal.not_known}});
  }
  json["relaxation"] = plan.relaxation ? LeastJson(problem, *plan.relaxation) : Json(nullptr);
  json["notes"] = problem.notes;
  return json;
}

}   // namespace partway::apps
