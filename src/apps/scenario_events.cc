// What a scenario file says for the event simulator alone.
#include "apps/scenario_file.h"
#include "base/quantity.h"

namespace partway::apps {
namespace {

using Setting = sim::EventSetting;

constexpr double kMostPerSecond = 1000;   // strikes
constexpr double kMostSlowdown = 1e6;
constexpr Duration kLongest = std::chrono::hours(1);

void ReadInt(TomlFields* fields, const char* key, int least, int most, int* value) {
  int64_t number = *value;
  fields->Whole(key, least, most, &number);
  *value = static_cast<int>(number);
}

void ReadTime(TomlFields* fields, const char* key, Duration* value) {
  std::optional<Duration> time;
  fields->Quantity(key, ParseDuration, &time);
  if (!time) return;
  if (*time <= Duration(0) || *time > kLongest) {
    fields->Fail(key, Concat(": expected a time above 0 and up to ", FormatSeconds(ToSeconds(kLongest))));
    return;
  }
  *value = *time;
}

absl::Status ReadDevices(TomlFields devices, Setting* setting) {
  devices.Only({"count", "depth", "waiting", "deadline"});
  ReadInt(&devices, "count", 1, Setting::kMostDevices, &setting->devices);
  ReadInt(&devices, "depth", 1, Setting::kMostDepth, &setting->depth_max);
  ReadInt(&devices, "waiting", 1, Setting::kMostDepth, &setting->waiting_max);
  Duration deadline{0};
  ReadTime(&devices, "deadline", &deadline);
  if (deadline > Duration(0)) setting->deadline = deadline;
  return devices.status();
}

absl::Status ReadFaults(TomlFields fields, Setting* setting) {
  sim::Faults& faults = setting->faults.emplace();
  const struct {
    const char* key;
    double most;
    double* value;
  } shares[] = {{"reply_lost", 1, &faults.reply_lost},
                {"reply_late", 1, &faults.reply_late},
                {"reply_duplicated", 1, &faults.reply_duplicated},
                {"reply_reordered", 1, &faults.reply_reordered},
                {"server_full", 1, &faults.server_full},
                {"edge_error", 1, &faults.edge_error},
                {"model_forgotten", 1, &faults.model_forgotten},
                {"prepare_error", 1, &faults.prepare_error},
                {"compute_error", 1, &faults.compute_error},
                {"probe_lost", 1, &faults.probe_lost},
                {"server_restarts_per_s", kMostPerSecond, &faults.server_restarts_per_s},
                {"link_stalls_per_s", kMostPerSecond, &faults.link_stalls_per_s},
                {"link_resets_per_s", kMostPerSecond, &faults.link_resets_per_s},
                {"server_slow_per_s", kMostPerSecond, &faults.server_slow_per_s}};
  const struct {
    const char* key;
    Duration* value;
  } times[] = {{"late_max", &faults.late_max},
               {"restart_max", &faults.restart_max},
               {"stall_max", &faults.stall_max},
               {"slow_max", &faults.slow_max}};
  fields.Only({"reply_lost", "reply_late", "reply_duplicated", "reply_reordered", "server_full", "edge_error", "model_forgotten",
               "prepare_error", "compute_error", "probe_lost", "server_restarts_per_s", "link_stalls_per_s", "link_resets_per_s",
               "server_slow_per_s", "late_max", "restart_max", "stall_max", "slow_max", "slow_factor_max"});
  for (const auto& one : shares) fields.Number(one.key, 0, one.most, one.value);
  for (const auto& one : times) ReadTime(&fields, one.key, one.value);
  fields.Number("slow_factor_max", 1, kMostSlowdown, &faults.slow_factor_max);
  return fields.status();
}

}   // namespace

absl::Status ReadScenarioEvents(TomlFields root, Scenario* scenario) {
  Setting& setting = scenario->events;
  std::string simulator = "slots";
  root.Text("simulator", &simulator);
  if (simulator != "slots" && simulator != "events") root.Fail("simulator", ": expected \"slots\" or \"events\"");
  RETURN_IF_ERROR(root.status());
  scenario->by_events = simulator == "events";
  const auto named = [scenario](const std::string& what) {
    Append(&scenario->event_keys, scenario->event_keys.empty() ? "" : ", ", what);
  };
  if (const std::optional<TomlFields> devices = root.Table("devices")) {
    RETURN_IF_ERROR(ReadDevices(*devices, &setting));
    named("[devices]");
  }
  if (const std::optional<TomlFields> faults = root.Table("faults")) {
    RETURN_IF_ERROR(ReadFaults(*faults, &setting));
    named("[faults]");
  }
  std::optional<TomlFields> edge = root.Table("edge");
  RETURN_IF_ERROR(root.status());
  ReadInt(&*edge, "workers", 1, Setting::kMostWorkers, &setting.edge_workers);
  ReadInt(&*edge, "queue", 1, Setting::kMostQueued, &setting.edge_limits.max_queued);
  ReadInt(&*edge, "queue_per_device", 1, Setting::kMostQueued, &setting.edge_limits.max_queued_per_device);
  edge->Number("jitter", 0, 1, &setting.edge_jitter);
  edge->Flag("reports_load", &setting.edge_reports_load);
  std::string keys;
  for (const char* key : {"workers", "queue", "queue_per_device", "jitter", "reports_load"}) {
    if (edge->Has(key)) Append(&keys, keys.empty() ? "" : ", ", key);
  }
  if (!keys.empty()) named(Concat("[edge] ", keys));
  return edge->status();
}

}   // namespace partway::apps
