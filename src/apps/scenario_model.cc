// The options of a scenario file: from a profile, or from a table that is written out; and how fast device and edge are.
#include <cmath>
#include <filesystem>

#include "apps/plan_problem.h"
#include "apps/power_file.h"
#include "apps/scenario_file.h"
#include "apps/scenario_operators.h"
#include "base/quantity.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

constexpr double kMostCycles = 1e18, kMostUploadBits = 1e12;
constexpr size_t kMostSizes = 1000, kMostCuts = 4097, kMostOptions = 1'000'000;
constexpr double kBitsPerPixel = 24;

// Cycles or multiply-adds a second, or how many times as fast as the profile says.
struct SideSpeed {
  enum class Kind { kAbsent, kHertz, kMacs, kFactor } kind = Kind::kAbsent;
  double value = 0;
};

void ReadSpeed(TomlFields* side, const char* key, SideSpeed* speed) {
  std::string text;
  side->Text(key, &text);
  if (!side->ok() || text.empty()) return;
  if (const auto hertz = ParseFrequency(text); hertz.ok()) {
    *speed = {SideSpeed::Kind::kHertz, hertz->value()};
  } else if (const auto given = ParseSpeed(text, key); given.ok()) {
    *speed = {given->relative ? SideSpeed::Kind::kFactor : SideSpeed::Kind::kMacs, given->value};
  }
  if (speed->kind == SideSpeed::Kind::kAbsent || !(speed->value > 0)) {
    side->Fail(
        key,
        Concat(": '", text,
               "' is not a speed above 0; expected cycles (\"956MHz\"), multiply-adds (\"110GMACS\") or a factor (\"0.5x\")"));
  }
}

struct Side {
  TomlFields fields;
  SideSpeed speed, actual;
};

absl::StatusOr<Side> ReadSide(TomlFields* root, const char* name) {
  std::optional<TomlFields> fields = root->Table(name);
  RETURN_IF_ERROR(root->status());
  Side side{*fields, {}, {}};
  ReadSpeed(&side.fields, "speed", &side.speed);
  ReadSpeed(&side.fields, "actual", &side.actual);
  RETURN_IF_ERROR(side.fields.status());
  return side;
}

// How many times as fast as the options say. `rate`: what the options were made for, in MAC/s or cycles a second; 0 where that is not known.
absl::StatusOr<double> Factor(Side* side, const char* key, const SideSpeed& speed, double macs, double hertz) {
  switch (speed.kind) {
    case SideSpeed::Kind::kAbsent: return 1.0;
    case SideSpeed::Kind::kFactor: return speed.value;
    case SideSpeed::Kind::kMacs:
      if (macs > 0) return speed.value / macs;
      side->fields.Fail(key, ": the profile was measured; expected cycles (\"956MHz\") or a factor (\"0.5x\")");
      return side->fields.status();
    case SideSpeed::Kind::kHertz:
      if (hertz > 0) return speed.value / hertz;
      side->fields.Fail(
          key, macs > 0 ? ": the profile counts multiply-adds; expected a rate of them (\"110GMACS\") or a factor (\"0.5x\")"
                        : ": the profile does not tell its machine's clock; expected a factor (\"0.5x\")");
      return side->fields.status();
  }
  return 1.0;
}

absl::Status ReadSizes(TomlFields* model, std::vector<cost::InputSize>* sizes) {
  model->Require("sizes", "a list of input sizes in pixels");
  RETURN_IF_ERROR(model->status());
  const toml::array* list = model->Node("sizes")->as_array();
  if (list == nullptr || list->empty() || list->size() > kMostSizes) {
    model->Fail("sizes", Concat(": expected a list of 1 to ", kMostSizes, " sizes"));
    return model->status();
  }
  int64_t pixels = 0;
  for (const toml::node& node : *list) {
    const auto edge = node.value_exact<int64_t>();
    if (!edge || *edge < 1 || *edge > 16384 || *edge * *edge <= pixels) {
      return InvalidArgument(model->At(node), "'sizes' in [model]: expected edges in pixels from 1 to 16384, ascending");
    }
    pixels = *edge * *edge;
    sizes->push_back({static_cast<int>(*edge), static_cast<int>(*edge)});
  }
  return absl::OkStatus();
}

absl::Status ReadTable(TomlFields model, Side* device, Side* edge, Scenario* scenario) {
  model.Only({"sizes", "accuracy", "head_cycles", "tail_cycles", "upload_bits", "distance_correlation"});
  cost::OptionTable table;
  RETURN_IF_ERROR(model.status());
  RETURN_IF_ERROR(ReadSizes(&model, &table.sizes));
  const size_t sizes = table.sizes.size();
  std::vector<double> accuracy(sizes, cost::kNotKnown);
  model.Numbers("accuracy", 0, 1, sizes, sizes, &accuracy);
  std::vector<std::vector<double>> head, tail, upload;
  const struct {
    const char* key;
    double most;
    std::vector<std::vector<double>>* rows;
  } tables[] = {
      {"head_cycles", kMostCycles, &head}, {"tail_cycles", kMostCycles, &tail}, {"upload_bits", kMostUploadBits, &upload}};
  for (const auto& one : tables) {
    model.Require(one.key, "a row for each size, with a number for each cut 0..N");
    model.Rows(one.key, 0, one.most, sizes, sizes, one.rows);
    RETURN_IF_ERROR(model.status());
    const size_t cuts = one.rows->front().size();
    if (cuts != head.front().size() || cuts < 2 || cuts > kMostCuts || cuts * sizes > kMostOptions) {
      model.Fail(one.key, Concat(": rows of ", cuts, " numbers; expected ",
                                 one.rows == &head ? "2 or more, one for each cut 0..N"
                                                   : Concat(head.front().size(), ", as in head_cycles")));
      return model.status();
    }
  }
  const size_t cuts = head.front().size();
  std::vector<double> exposure(cuts, cost::kNotKnown);
  model.Numbers("distance_correlation", 0, 1, cuts, cuts, &exposure);
  if (exposure.back() > 0) model.Fail("distance_correlation", ": the last number is not 0, but nothing is sent there");
  RETURN_IF_ERROR(model.status());
  for (size_t s = 0; s < sizes; ++s) {
    const char* key = upload[s].back() != 0 ? "upload_bits" : tail[s].back() != 0 ? "tail_cycles" : nullptr;
    if (key == nullptr) continue;
    model.Fail(key, Concat(": the last number of row ", s + 1, " is not 0, but cut ", cuts - 1, " leaves nothing to the edge"));
    return model.status();
  }
  for (Side* side : {device, edge}) {
    side->fields.Require("speed", "cycles a second, as in \"956MHz\"");
    if (side->fields.ok() && side->speed.kind == SideSpeed::Kind::kFactor) {
      side->fields.Fail("speed", ": a factor says nothing for a table of cycles; expected cycles a second (\"956MHz\")");
    }
    RETURN_IF_ERROR(side->fields.status());
  }
  for (size_t g = 0; g + 1 < cuts; ++g) table.group_names.push_back(Concat("group ", g));
  table.codecs = {"raw"};
  for (size_t cut = 0; cut < cuts; ++cut) {
    for (size_t s = 0; s < sizes; ++s) {
      const bool local = cut + 1 == cuts;
      table.keys.push_back({static_cast<int16_t>(cut), static_cast<int16_t>(s), local ? cost::kNoCodec : int16_t{0}});
      const double coefficient[cost::kWeights] = {head[s][cut] / device->speed.value, upload[s][cut], local ? 0.0 : 1.0,
                                                  tail[s][cut] / edge->speed.value, 0};
      for (size_t w = 0; w < cost::kWeights; ++w) table.coefficient[w].push_back(coefficient[w]);
      table.encode_s.push_back(0);
      table.decode_s.push_back(0);
      table.accuracy.push_back(accuracy[s]);
      table.distance_correlation.push_back(exposure[cut]);
      for (auto* column : {&table.device_memory_bytes, &table.edge_memory_bytes, &table.reconstruction_ssim}) {
        column->push_back(cost::kNotKnown);
      }
    }
  }
  cost::RankRows(&table);
  scenario->slots.options = std::make_shared<const cost::OptionTable>(std::move(table));
  // A table counts in one unit, whatever it is called.
  const auto actual = [](Side* side) -> absl::StatusOr<double> {
    return Factor(side, "actual", side->actual, side->speed.value, side->speed.value);
  };
  ASSIGN_OR_RETURN(scenario->slots.actual_device_speed, actual(device));
  ASSIGN_OR_RETURN(scenario->slots.actual_edge_speed, actual(edge));
  return absl::OkStatus();
}

// `bits`: of a frame of the largest size; 0: not given.
double BitsPerPixel(double bits, const cost::OptionTable& table) {
  const cost::InputSize& full = table.sizes.back();
  return bits > 0 ? bits / (static_cast<double>(full.height) * full.width) : kBitsPerPixel;
}

// Cut 0 sends the frame itself, not the float32 values that become of it.
void SetFrameBits(double per_pixel, cost::OptionTable* table) {
  for (size_t row = 0; row < table->size(); ++row) {
    const cost::OptionKey& key = table->keys[row];
    if (key.cut != 0 || key.codec == cost::kNoCodec || table->codecs[static_cast<size_t>(key.codec)] != "raw") continue;
    const cost::InputSize& size = table->sizes[static_cast<size_t>(key.size)];
    table->coefficient[cost::kUplink][row] = per_pixel * size.height * size.width;
  }
  cost::RankRows(table);
}

absl::Status ReadOperators(const TomlFields& model, const std::string& onnx, const std::string& profile_file,
                           const cost::OptionTable& table, double bits_per_pixel, Scenario* scenario) {
  const std::string beside = BesideScenario(model.origin(), onnx);
  std::error_code error;
  const std::string argument = std::filesystem::exists(beside, error) ? beside : onnx;   // else a name of the zoo
  const auto read = [&]() -> absl::StatusOr<policy::OperatorDags> {
    ASSIGN_OR_RETURN(const profile::Profile profile, profile::ReadProfile(profile_file));
    return OperatorsOfModel(argument, profile, profile_file, table, bits_per_pixel);
  };
  absl::StatusOr<policy::OperatorDags> dags = read();
  if (!dags.ok()) {
    return InvalidArgument(model.At("onnx"), "'onnx' in ", model.name(), ": ", std::string(dags.status().message()));
  }
  scenario->operators = Concat(dags->front().operators.size(), " operators of ", onnx);
  scenario->slots.dags = std::make_shared<const policy::OperatorDags>(*std::move(dags));
  return absl::OkStatus();
}

// What is wrong with the files and lists of [model] together, at the key that it is about.
absl::Status AtCause(const TomlFields& model, const PlanFlags& flags, const std::string& message) {
  const auto begins = [&](std::string_view text) { return message.rfind(text, 0) == 0; };
  const auto names = [&](const std::string& file) { return !file.empty() && message.find(file) != std::string::npos; };
  for (const char* list : {"codecs", "sizes"}) {   // a list's errors speak of the flag of `plan`
    const std::string flag = Concat("--", list, ": ");
    if (begins(flag)) return InvalidArgument(model.At(list), "'", list, "' in ", model.name(), ": ", message.substr(flag.size()));
  }
  const char* key = begins("the device's profile has no size")              ? "sizes"
                    : names(flags.edge_profile)                             ? "edge_profile"
                    : names(flags.accuracy) || begins("the accuracy table") ? "accuracy"
                    : names(flags.privacy)                                  ? "privacy"
                                                                            : "profile";
  return InvalidArgument(model.At(key), "'", key, "' in ", model.name(), ": ", message);
}

absl::Status ReadProfiled(TomlFields model, Side* device, Side* edge, double frame_bits, Scenario* scenario) {
  model.Only({"profile", "edge_profile", "accuracy", "privacy", "sizes", "codecs", "onnx"});
  PlanFlags flags;
  model.Text("profile", &flags.profile);
  model.Text("edge_profile", &flags.edge_profile);
  model.Text("accuracy", &flags.accuracy);
  model.Text("privacy", &flags.privacy);
  flags.codecs = "raw";
  model.Text("codecs", &flags.codecs);
  std::string onnx;
  model.Text("onnx", &onnx);
  RETURN_IF_ERROR(model.status());
  if (model.Has("sizes")) {
    std::vector<cost::InputSize> sizes;
    RETURN_IF_ERROR(ReadSizes(&model, &sizes));
    for (const cost::InputSize& size : sizes) Append(&flags.sizes, flags.sizes.empty() ? "" : ",", cost::SizeText(size));
  }
  for (std::string* file : {&flags.profile, &flags.edge_profile, &flags.accuracy, &flags.privacy}) {
    if (!file->empty()) *file = BesideScenario(model.origin(), *file);
  }
  flags.any_engine = true;   // nothing is run with it
  flags.device = "1x";
  flags.edge = flags.edge_profile.empty() ? "1x" : "";
  flags.uplink = "1Mbps";   // a plan needs one; the scenario's own comes slot by slot
  absl::StatusOr<PlanProblem> problem = MakePlanProblem(flags);
  if (!problem.ok()) return AtCause(model, flags, std::string(problem.status().message()));
  scenario->model_name = problem->model;
  scenario->model_sha256 = problem->model_sha256;
  scenario->notes = problem->notes;
  const double per_pixel = BitsPerPixel(frame_bits, problem->table);
  SetFrameBits(per_pixel, &problem->table);
  if (!onnx.empty()) RETURN_IF_ERROR(ReadOperators(model, onnx, flags.profile, problem->table, per_pixel, scenario));
  scenario->slots.options = std::make_shared<const cost::OptionTable>(std::move(problem->table));
  const struct {
    Side* side;
    double macs, hertz;
    double *believed, *actual;
  } sides[] = {
      {device, problem->device_rate, problem->device_hz, &scenario->slots.device_speed, &scenario->slots.actual_device_speed},
      {edge, problem->edge_rate, problem->edge_hz, &scenario->slots.edge_speed, &scenario->slots.actual_edge_speed}};
  for (const auto& one : sides) {
    ASSIGN_OR_RETURN(*one.believed, Factor(one.side, "speed", one.side->speed, one.macs, one.hertz));
    ASSIGN_OR_RETURN(*one.actual, Factor(one.side, "actual", one.side->actual, one.macs, one.hertz));
    if (one.side->actual.kind == SideSpeed::Kind::kAbsent) *one.actual = *one.believed;
  }
  return absl::OkStatus();
}

// What the device draws: a name of the table or a file beside the scenario.
absl::Status ReadPower(TomlFields* device, std::shared_ptr<const cost::PowerModel>* power) {
  std::string name;
  device->Text("power", &name);
  RETURN_IF_ERROR(device->status());
  if (name.empty()) return absl::OkStatus();
  const bool is_file = name.find('/') != std::string::npos || name.ends_with(".toml");
  const absl::StatusOr<cost::PowerModel> model = LoadPower(is_file ? BesideScenario(device->origin(), name) : name);
  if (!model.ok()) {
    device->Fail("power", Concat(": ", std::string(model.status().message())));
    return device->status();
  }
  *power = std::make_shared<const cost::PowerModel>(*model);
  return absl::OkStatus();
}

}   // namespace

absl::Status ReadScenarioModel(TomlFields root, Scenario* scenario) {
  ASSIGN_OR_RETURN(Side device, ReadSide(&root, "device"));
  device.fields.Only({"speed", "actual", "power"});
  RETURN_IF_ERROR(device.fields.status());
  RETURN_IF_ERROR(ReadPower(&device.fields, &scenario->slots.power));
  ASSIGN_OR_RETURN(Side edge, ReadSide(&root, "edge"));
  edge.fields.Only(
      {"speed", "actual", "load", "limits_frames", "workers", "queue", "queue_per_device", "jitter", "reports_load"});
  edge.fields.Number("load", 0, 0.999, &scenario->slots.edge_load);
  edge.fields.Flag("limits_frames", &scenario->slots.edge_limits_frames);
  RETURN_IF_ERROR(edge.fields.status());
  std::optional<TomlFields> frames = root.Table("frames"), model = root.Table("model");
  RETURN_IF_ERROR(root.status());
  double frame_bits = 0;
  frames->Number("bits", 0, kMostUploadBits, &frame_bits);
  RETURN_IF_ERROR(frames->status());
  if (model->Has("profile")) return ReadProfiled(*model, &device, &edge, frame_bits, scenario);
  if (frame_bits != 0) {
    frames->Fail("bits", ": a table that is written out says itself what is sent; expected 0");
    return frames->status();
  }
  return ReadTable(*model, &device, &edge, scenario);
}

}   // namespace partway::apps
