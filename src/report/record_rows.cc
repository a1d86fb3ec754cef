#include "report/record_rows.h"

#include <cmath>
#include <span>

#include "base/json_fields.h"
#include "report/replay_rows.h"

namespace partway::report {
namespace {

using Json = nlohmann::ordered_json;

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }
template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json AtOrNull(double at_s) { return at_s < 0 ? Json(nullptr) : Json(at_s); }

// What a hostile record may say without making sums overflow: thirty years, a terabyte a frame, a million groups.
constexpr double kSecondsMax = 1e9;
constexpr int64_t kBytesMax = 1'000'000'000'000;
constexpr int kCutMax = 1'000'000;

// The lengths of a frame's parts, each with its key, once for both directions.
struct Part {
  const char* key;
  double device::FrameRecord::*field;
};
constexpr Part kLengths[] = {
    {"head_s", &device::FrameRecord::head_s},       {"wait_s", &device::FrameRecord::wait_s},
    {"upload_s", &device::FrameRecord::upload_s},   {"edge_queue_s", &device::FrameRecord::edge_queue_s},
    {"edge_s", &device::FrameRecord::edge_s},       {"reply_s", &device::FrameRecord::reply_s},
    {"latency_s", &device::FrameRecord::latency_s},
};
constexpr Part kMoreLengths[] = {{"prepare_s", &device::FrameRecord::prepare_s},
                                 {"encode_s", &device::FrameRecord::encode_s},
                                 {"tail_s", &device::FrameRecord::tail_s}};
constexpr Part kStarts[] = {
    {"arrived_at_s", &device::FrameRecord::arrived_at_s}, {"prepare_at_s", &device::FrameRecord::prepare_at_s},
    {"head_at_s", &device::FrameRecord::head_at_s},       {"encode_at_s", &device::FrameRecord::encode_at_s},
    {"upload_at_s", &device::FrameRecord::upload_at_s},   {"edge_at_s", &device::FrameRecord::edge_at_s},
    {"tail_at_s", &device::FrameRecord::tail_at_s},
};

}   // namespace

Json ToJson(const RunHeader& h) {
  Json json{
      {"record", 1},
      {"command", h.command},
      {"version", h.version},
      {"commit", h.commit},
      {"seed", h.seed},
      {"started", h.started},
      {"machine",
       {{"cpu", h.machine.cpu}, {"cores", h.machine.cores}, {"system", h.machine.system}, {"cpu_hz", h.machine.cpu_hz}}},
      {"engine",
       {{"name", h.engine.name}, {"version", h.engine.version}, {"provider", h.engine.provider}, {"threads", h.engine.threads}}},
      {"model", {{"name", h.model_name}, {"sha256", h.model_sha256}, {"groups", h.groups}}},
      {"link", TextOrNull(h.link)},
      {"policy", h.policy},
      {"source", TextOrNull(h.source)},
      {"edge", TextOrNull(h.edge)},
      {"slowdown", h.slowdown}};
  if (h.control) {
    json["control"] = {
        {"slot_s", h.control->slot_s}, {"max_latency_s", h.control->max_latency_s}, {"min_accuracy", h.control->min_accuracy}};
  }
  if (h.replay) json["replay"] = ToJson(*h.replay);
  if (h.simulation) {
    const SimulationInfo& s = *h.simulation;
    json["simulation"] = {{"scenario", s.scenario},           {"slot_s", s.slot_s},
                          {"max_latency_s", s.max_latency_s}, {"min_accuracy", s.min_accuracy},
                          {"bound_k", OrNull(s.bound_k)},     {"mixed_bound_k", OrNull(s.mixed_bound_k)}};
    if (s.devices > 0) json["simulation"]["devices"] = s.devices;
  }
  return json;
}

Json ToJson(const FrameRow& f) {
  Json row{{"id", f.id}, {"captured_s", f.captured_s}, {"cut", f.cut}, {"size", f.size}, {"codec", TextOrNull(f.codec)}};
  for (const Part& part : kLengths) row[part.key] = f.*part.field;
  row["upload_bytes"] = f.upload_bytes;
  row["outcome"] = device::OutcomeName(f.outcome);
  row["reason"] = TextOrNull(f.reason);
  row["top1"] = OrNull(f.top1);
  row["correct"] = OrNull(f.correct);
  row["deadline_missed"] = f.deadline_missed;
  for (const Part& part : kMoreLengths) row[part.key] = f.*part.field;
  for (const Part& part : kStarts) row[part.key] = AtOrNull(f.*part.field);
  row["picture"] = TextOrNull(f.picture);
  row["agrees"] = OrNull(f.agrees);
  return row;
}

namespace {

Json NamedNumbers(const std::map<std::string, double>& numbers) {
  Json json = Json::object();
  for (const auto& [name, value] : numbers) json[name] = value;
  return json;
}

absl::Status ReadNumbers(Fields& fields, const char* key, std::map<std::string, double>* numbers) {
  Json part;
  if (!fields.Object(key, &part)) return absl::OkStatus();
  for (const auto& [name, value] : part.items()) {
    if (!value.is_number()) return InvalidArgument("slot.", key, ".", name, ": expected a number");
    (*numbers)[name] = value.get<double>();
  }
  return absl::OkStatus();
}

}   // namespace

Json ToJson(const SlotRow& s) {
  Json choice = Json::array();
  for (const SlotChoice& c : s.choice) {
    choice.push_back({{"cut", c.cut}, {"size", c.size}, {"codec", TextOrNull(c.codec)}, {"frames", c.frames}});
  }
  Json row{{"t", s.t}};
  if (!s.policy.empty()) row["policy"] = s.policy;
  row.update(Json{{"a", s.a},
                  {"b", s.b},
                  {"k", s.k},
                  {"choice", choice},
                  {"uplink_bps", s.uplink_bps},
                  {"queues", NamedNumbers(s.queues)},
                  {"predicted_latency_s", s.predicted_latency_s},
                  {"latency_s", s.latency_s},
                  {"accuracy", std::isnan(s.accuracy) ? Json(nullptr) : Json(s.accuracy)}});
  if (!s.state.empty()) row["state"] = NamedNumbers(s.state);
  return row;
}

Json ToJson(const EventRow& e) {
  Json row{{"at_s", e.at_s}, {"kind", e.kind}, {"detail", TextOrNull(e.detail)}};
  for (const auto& [key, value] : e.values) {
    if (!row.contains(key)) row[key] = value;
  }
  return row;
}

namespace {
// What slots were held to, of a simulated run and of a live one alike.
template <class Info>
void GetLimits(Fields& fields, Info* info) {
  fields.Get("slot_s", &info->slot_s);
  fields.Get("max_latency_s", &info->max_latency_s);
  fields.Get("min_accuracy", &info->min_accuracy);
  if (!(info->slot_s > 0 && info->slot_s <= kSecondsMax)) fields.Fail("slot_s", "seconds above 0");
}
}   // namespace

absl::StatusOr<RunHeader> HeaderFromJson(const Json& json) {
  RunHeader h;
  Fields fields(json, "header");
  int record = 0;
  fields.Get("record", &record);
  RETURN_IF_ERROR(fields.status());
  if (record != 1) return InvalidArgument("header.record: format ", record, ", this program reads format 1");
  fields.Get("command", &h.command);
  fields.Get("version", &h.version);
  fields.Get("commit", &h.commit);
  fields.Get("seed", &h.seed);
  fields.Get("started", &h.started);
  Json part;
  if (fields.Object("machine", &part)) {
    Fields machine(part, "header.machine");
    machine.Get("cpu", &h.machine.cpu);
    machine.Get("cores", &h.machine.cores);
    machine.Get("system", &h.machine.system);
    machine.Get("cpu_hz", &h.machine.cpu_hz);
    RETURN_IF_ERROR(machine.status());
  }
  if (fields.Object("engine", &part)) {
    Fields engine(part, "header.engine");
    engine.Get("name", &h.engine.name);
    engine.Get("version", &h.engine.version);
    engine.Get("provider", &h.engine.provider);
    engine.Get("threads", &h.engine.threads);
    RETURN_IF_ERROR(engine.status());
  }
  if (fields.Object("model", &part)) {
    Fields model(part, "header.model");
    model.Get("name", &h.model_name);
    model.Get("sha256", &h.model_sha256);
    model.Get("groups", &h.groups);
    RETURN_IF_ERROR(model.status());
  }
  fields.Get("link", &h.link);
  fields.Get("policy", &h.policy);
  fields.Get("source", &h.source);
  fields.Get("edge", &h.edge);
  fields.Get("slowdown", &h.slowdown);
  if (fields.Object("control", &part)) {
    ControlInfo& c = h.control.emplace();
    Fields control(part, "header.control");
    GetLimits(control, &c);
    RETURN_IF_ERROR(control.status());
  }
  if (fields.Object("replay", &part)) {
    ASSIGN_OR_RETURN(h.replay, ReplayFromJson(part));
  }
  if (fields.Object("simulation", &part)) {
    SimulationInfo& s = h.simulation.emplace();
    Fields simulation(part, "header.simulation");
    simulation.Get("scenario", &s.scenario);
    GetLimits(simulation, &s);
    simulation.Get("devices", &s.devices);
    simulation.Get("bound_k", &s.bound_k);
    simulation.Get("mixed_bound_k", &s.mixed_bound_k);
    RETURN_IF_ERROR(simulation.status());
  }
  RETURN_IF_ERROR(fields.status());
  return h;
}

absl::StatusOr<FrameRow> FrameFromJson(const Json& json) {
  FrameRow f;
  Fields fields(json, "frame");
  if (!fields.Has("id")) fields.Fail("id", "a whole number");
  fields.Get("id", &f.id);
  fields.Get("captured_s", &f.captured_s);
  fields.Get("cut", &f.cut);
  fields.Get("size", &f.size);
  fields.Get("codec", &f.codec);
  for (const auto& parts : {std::span<const Part>(kLengths), std::span<const Part>(kMoreLengths)}) {
    for (const Part& part : parts) {
      fields.Get(part.key, &(f.*part.field));
      if (f.*part.field < 0 || f.*part.field > kSecondsMax) fields.Fail(part.key, "seconds, zero or more");
    }
  }
  for (const Part& part : kStarts) {
    fields.Get(part.key, &(f.*part.field));
    if (std::abs(f.*part.field) > kSecondsMax) fields.Fail(part.key, "seconds on the run's clock");
  }
  if (std::abs(f.captured_s) > kSecondsMax) fields.Fail("captured_s", "seconds on the run's clock");
  fields.Get("upload_bytes", &f.upload_bytes);
  if (f.upload_bytes < 0 || f.upload_bytes > kBytesMax) fields.Fail("upload_bytes", "bytes, zero or more");
  if (f.cut < 0 || f.cut > kCutMax) fields.Fail("cut", "zero or more");
  std::string outcome;
  fields.Get("outcome", &outcome);
  bool known = false;
  for (const auto value : {device::Outcome::kEdge, device::Outcome::kLocal, device::Outcome::kDropped}) {
    if (outcome != device::OutcomeName(value)) continue;
    f.outcome = value;
    known = true;
  }
  if (!known) fields.Fail("outcome", "edge, local or dropped");
  fields.Get("reason", &f.reason);
  fields.Get("top1", &f.top1);
  fields.Get("correct", &f.correct);
  fields.Get("deadline_missed", &f.deadline_missed);
  fields.Get("picture", &f.picture);
  fields.Get("agrees", &f.agrees);
  RETURN_IF_ERROR(fields.status());
  return f;
}

absl::StatusOr<SlotRow> SlotFromJson(const Json& json) {
  SlotRow s;
  Fields fields(json, "slot");
  fields.Get("t", &s.t);
  fields.Get("a", &s.a);
  fields.Get("b", &s.b);
  fields.Get("k", &s.k);
  Json part;
  if (fields.Array("choice", &part)) {
    for (const Json& entry : part) {
      SlotChoice c;
      Fields choice(entry, "slot.choice");
      choice.Get("cut", &c.cut);
      choice.Get("size", &c.size);
      choice.Get("codec", &c.codec);
      choice.Get("frames", &c.frames);
      RETURN_IF_ERROR(choice.status());
      s.choice.push_back(std::move(c));
    }
  }
  fields.Get("uplink_bps", &s.uplink_bps);
  RETURN_IF_ERROR(ReadNumbers(fields, "queues", &s.queues));
  RETURN_IF_ERROR(ReadNumbers(fields, "state", &s.state));
  fields.Get("predicted_latency_s", &s.predicted_latency_s);
  fields.Get("latency_s", &s.latency_s);
  fields.Get("policy", &s.policy);
  const auto accuracy = json.find("accuracy");
  if (accuracy != json.end() && accuracy->is_null()) s.accuracy = std::numeric_limits<double>::quiet_NaN();
  fields.Get("accuracy", &s.accuracy);
  RETURN_IF_ERROR(fields.status());
  return s;
}

absl::StatusOr<EventRow> EventFromJson(const Json& json) {
  EventRow e;
  Fields fields(json, "event");
  fields.Get("at_s", &e.at_s);
  fields.Get("kind", &e.kind);
  fields.Get("detail", &e.detail);
  RETURN_IF_ERROR(fields.status());
  for (const auto& [key, value] : json.items()) {
    if (key != "at_s" && value.is_number()) e.values[key] = value.get<double>();
  }
  return e;
}

}   // namespace partway::report
