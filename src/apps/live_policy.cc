#include "apps/live_policy.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <thread>

#include "apps/first_frames.h"
#include "apps/options.h"
#include "apps/plan_flags.h"
#include "apps/plan_problem.h"
#include "apps/power_file.h"
#include "apps/quick_profile.h"
#include "base/status.h"
#include "codec/codec_spec.h"
#include "policy/registry.h"
#include "policy/row_subset.h"
#include "profile/accuracy_json.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

constexpr Duration kDefaultLatency = std::chrono::milliseconds(100);
constexpr Duration kLeastSlot = std::chrono::milliseconds(50), kMostSlot = std::chrono::seconds(60);
// Frames come at their own pace: these many may wait for the device, and be under way in all.
constexpr int kWaiting = 4, kDepth = 160;   // 60 frames a second until a silent server counts as lost
constexpr Duration kSilence = std::chrono::seconds(2);
// Of the device, the link and the edge in a slot: frames come unevenly, and a stage that is filled to the brim never gets rid of its queue.
constexpr double kFilled = 0.9;
constexpr double kDefaultLoss = 0.01;   // of accuracy, against the most accurate option
// Where no table says what codecs cost: those that change next to nothing.
constexpr char kSafeCodecs[] = "jpeg:95,int8-ec";

std::string BesideModel(const std::string& model, const char* extension) {
  std::filesystem::path path = model;
  if (!std::filesystem::exists(path)) path = std::filesystem::path(ShareDir()) / model / (model + ".onnx");
  path.replace_extension(extension);
  return std::filesystem::exists(path) ? path.string() : "";
}

bool Has(const std::vector<engine::ProbeSize>& sizes, const engine::ProbeSize& size) {
  return std::any_of(sizes.begin(), sizes.end(),
                     [&](const engine::ProbeSize& s) { return s.height == size.height && s.width == size.width; });
}

// What there is to choose among.
struct Choices {
  std::optional<profile::AccuracyTable> accuracy;
  std::string codecs;
  std::vector<engine::ProbeSize> sizes;   // ascending
};

absl::StatusOr<Choices> ChooseChoices(const LivePolicyFlags& flags, const DeviceOptions& device, const DeviceSide& side,
                                      const Globals& globals, std::vector<std::string>* notes) {
  Choices choices;
  std::string file =
      flags.accuracy.empty() ? BesideModel(device.model, ".accuracy.json") : flags.accuracy;   // or what stands for one
  choices.codecs = flags.codecs;
  ASSIGN_OR_RETURN(choices.sizes, ParseSizes(flags.sizes));
  const engine::ProbeSize own{side.input_edge, side.input_edge};
  const bool classifies = side.prepared.loaded.config.kind != media::OutputKind::kTensor;
  if (!file.empty()) {
    ASSIGN_OR_RETURN(choices.accuracy, profile::ReadAccuracy(file));
  } else if (!flags.source.empty() && classifies && flags.sizes.empty() && flags.codecs.empty()) {
    ASSIGN_OR_RETURN(FirstFrames first, AgreementOnFirstFrames(side, flags.source, globals));
    file = first.path.empty() ? Concat("not kept: ", first.not_kept) : first.path;
    notes->push_back(Concat("no table of accuracy: how often the first ", first.table.n,
                            " frames get the answer of the model at its own size stands for it (", file,
                            "); partway accuracy makes a better one"));
    choices.accuracy = std::move(first.table);
  }
  if (!choices.accuracy) {
    if (choices.codecs.empty()) choices.codecs = kSafeCodecs;
    if (choices.sizes.empty()) choices.sizes = {own};
    notes->push_back(
        Concat("no table of accuracy: frames are ", choices.sizes.size() == 1 ? "all " : "",
               choices.sizes.size() == 1 ? Concat(choices.sizes.front().height, " px") : std::string("of the sizes named"),
               " and travel as ", choices.codecs, "; partway accuracy makes one"));
  } else {
    const profile::AccuracyTable& table = *choices.accuracy;
    if (table.model_sha256 != side.prepared.loaded.model->sha256) {
      return FailedPrecondition(file, ": a table of ", table.model, " (", table.model_sha256.substr(0, 12), "), expected one of ",
                                side.prepared.loaded.model->name, " (", side.prepared.loaded.model->sha256.substr(0, 12), ")");
    }
    std::vector<engine::ProbeSize> measured;
    std::vector<std::string> codecs;
    for (const profile::AccuracyRow& row : table.rows) {
      const engine::ProbeSize size{row.height, row.width};
      if (size.height == size.width && !Has(measured, size)) measured.push_back(size);
      if (row.codec != "raw" && std::find(codecs.begin(), codecs.end(), row.codec) == codecs.end()) codecs.push_back(row.codec);
    }
    if (measured.empty()) return FailedPrecondition(file, ": has no square size, and pictures are squared");
    if (choices.sizes.empty()) choices.sizes = measured;
    for (const engine::ProbeSize& size : choices.sizes) {
      if (Has(measured, size)) continue;
      std::string known;
      for (const engine::ProbeSize& s : measured) Append(&known, known.empty() ? "" : ", ", s.height);
      return UsageError(Concat("--sizes: the table of accuracy ", file, " does not have ", size.height, "; it has ", known));
    }
    if (choices.codecs.empty()) {
      for (const std::string& codec : codecs) Append(&choices.codecs, choices.codecs.empty() ? "" : ",", codec);
      if (codecs.empty()) choices.codecs = "raw8,int8-ec";
    }
  }
  std::sort(choices.sizes.begin(), choices.sizes.end(), [](const auto& a, const auto& b) { return a.height < b.height; });
  return choices;
}

absl::Status ParseEnergyLimit(const LivePolicyFlags& flags, LiveProblem* live) {
  if (flags.max_energy.empty() != flags.power.empty()) {
    return UsageError(flags.power.empty()
                          ? "--power is missing: energy needs what the device draws, for example --power raspberry-pi-4"
                          : "--power is for --max-energy, for example --max-energy 500mJ");
  }
  if (flags.max_energy.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(live->max_energy_j, ParseEnergy(flags.max_energy, "--max-energy"));
  if (!(*live->max_energy_j > 0)) return UsageError("--max-energy: expected more than 0 J");
  ASSIGN_OR_RETURN(live->power, LoadPower(flags.power));
  return absl::OkStatus();
}

// Rows that no state makes admissible go, and where accuracy is known those of which it is not; the rest is the policy's to choose among.
absl::Status ApplyLimits(const LivePolicyFlags& flags, LiveProblem* live) {
  const auto known = [&](size_t row) { return !std::isnan(live->table.accuracy[row]); };
  bool any_known = false;
  for (size_t row = 0; row < live->table.size(); ++row) any_known = any_known || known(row);
  std::vector<int32_t> keep;
  for (size_t row = 0; row < live->table.size(); ++row) {
    if (live->table.keys[row].cut < flags.min_device_groups || (any_known && !known(row))) continue;
    keep.push_back(static_cast<int32_t>(row));
  }
  const auto local = [&](int32_t row) { return live->table.local(static_cast<size_t>(row)); };
  if (std::none_of(keep.begin(), keep.end(), local)) {
    return FailedPrecondition(
        "the table of accuracy does not say how often the uncut model is right (codec raw), so nothing could run on the device");
  }
  if (keep.size() < live->table.size()) live->table = policy::KeepRows(live->table, keep).table;
  if (!flags.min_accuracy.empty()) {
    ASSIGN_OR_RETURN(live->problem.min_accuracy, ParseShare(flags.min_accuracy, "--min-accuracy"));
  }
  if (!any_known) {
    if (live->problem.min_accuracy > 0)
      return UsageError("--min-accuracy needs a table of accuracy: --accuracy FILE (partway accuracy), or one of --sizes");
    return absl::OkStatus();
  }
  const double best = *std::max_element(live->table.accuracy.begin(), live->table.accuracy.end());
  if (flags.min_accuracy.empty()) live->problem.min_accuracy = std::max(0.0, best - kDefaultLoss);
  if (live->problem.min_accuracy > best) {
    return FailedPrecondition("--min-accuracy ", flags.min_accuracy, ": no option reaches it; the most accurate has ", best);
  }
  return absl::OkStatus();
}

}   // namespace

void AddLivePolicyFlags(CLI::App& command, LivePolicyFlags* flags) {
  AddDuration(command, "--max-latency", &flags->max_latency, "of a frame, on average over slots (default 100ms)");
  command.add_option("--min-accuracy", flags->min_accuracy,
                     "share of right answers, on average over slots; default: 0.01 below the most accurate option");
  command.add_option("--min-device-groups", flags->min_device_groups, "groups that run on the device at least")
      ->check(WholeNumberFrom(0));
  command.add_option("--max-energy", flags->max_energy,
                     "most energy the device spends on a frame, for example 500mJ (needs --power)");
  command.add_option("--power", flags->power,
                     "what the device draws: a known board and radio (raspberry-pi-4+lte) or a TOML file");
  command.add_option("--accuracy", flags->accuracy, "a table of 'partway accuracy'; default: x.accuracy.json beside x.onnx");
  command.add_option("--profile", flags->profile, "of this device; default: a quick one is taken and kept");
  command.add_option("--sizes", flags->sizes, "input sizes to choose among, with commas; default: those of the accuracy table");
  command.add_option("--codecs", flags->codecs, "codecs to choose among, with commas; default: those of the accuracy table");
  AddDuration(command, "--slot", &flags->slot, "how long a decision holds (default 1s)");
}

absl::Status CheckLivePolicy(const std::string& name, const std::string& flag) {
  std::string known;
  for (const policy::Entry& entry : policy::Registry()) {
    if (entry.needs_future) continue;
    if (entry.name == name) return absl::OkStatus();
    Append(&known, known.empty() ? "" : ", ", entry.name);
  }
  return UsageError(Concat(flag, ": ",
                           policy::FindPolicy(name) != nullptr
                               ? Concat("'", name, "' needs to know the future, so it runs in simulations only")
                               : Concat("no policy '", name, "'"),
                           "; there are ", known));
}

absl::Status CheckLiveFlags(const LivePolicyFlags& flags, const DeviceSide& side) {
  if (!flags.policy.empty()) RETURN_IF_ERROR(CheckLivePolicy(flags.policy, "--policy"));
  if (flags.slot && !(*flags.slot >= kLeastSlot && *flags.slot <= kMostSlot)) return UsageError("--slot: expected 50ms to 60s");
  if (flags.max_latency && !(*flags.max_latency > Duration(0))) return UsageError("--max-latency: expected more than 0s");
  if (!flags.min_accuracy.empty()) RETURN_IF_ERROR(ParseShare(flags.min_accuracy, "--min-accuracy").status());
  ASSIGN_OR_RETURN(const std::vector<engine::ProbeSize> sizes, ParseSizes(flags.sizes));
  for (const engine::ProbeSize& size : sizes) {
    if (size.height != size.width) return UsageError("--sizes: pictures are squared, so a size is one number of pixels");
  }
  RETURN_IF_ERROR(ParseCodecs(flags.codecs).status());
  const int groups = side.prepared.grouping->size();
  if (flags.min_device_groups > groups)
    return UsageError(Concat("--min-device-groups ", flags.min_device_groups, ": the model has ", groups));
  if (!flags.profile.empty()) RETURN_IF_ERROR(profile::ReadProfile(flags.profile).status());
  if (!flags.accuracy.empty()) RETURN_IF_ERROR(profile::ReadAccuracy(flags.accuracy).status());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LiveProblem>> MakeLiveProblem(const LivePolicyFlags& flags, const DeviceOptions& device,
                                                             const DeviceSide& side, const std::string& edge, double slowdown,
                                                             const Globals& globals) {
  RETURN_IF_ERROR(CheckLiveFlags(flags, side));
  auto live = std::make_unique<LiveProblem>();
  RETURN_IF_ERROR(ParseEnergyLimit(flags, live.get()));
  ASSIGN_OR_RETURN(const Choices choices, ChooseChoices(flags, device, side, globals, &live->notes));
  PlanFlags plan;
  plan.model = device.model;
  plan.groups = device.groups;
  plan.profile = flags.profile;
  plan.codecs = choices.codecs;
  plan.device_threads = flags.profile.empty() ? side.engine->info().threads : 0;
  for (const engine::ProbeSize& size : choices.sizes) Append(&plan.sizes, plan.sizes.empty() ? "" : ",", size.height);
  PlanGiven given;
  given.accuracy = choices.accuracy ? &*choices.accuracy : nullptr;
  std::optional<QuickProfile> kept;
  if (plan.profile.empty()) {
    ASSIGN_OR_RETURN(const std::vector<codec::CodecSpec> codecs, ParseCodecs(choices.codecs));
    ASSIGN_OR_RETURN(kept, KeptProfile(side, choices.sizes, codecs, globals));
    given.profile = &kept->profile;
    const std::string estimated = EstimatedText(kept->profile, choices.sizes, plan.device_threads);
    live->notes.push_back(Concat(kept->path.empty()
                                     ? Concat("took a quick profile of this machine, which is not kept: ", kept->not_kept)
                                 : kept->measured ? Concat("took a quick profile of this machine and kept it in ", kept->path)
                                                  : Concat("profile of this machine: ", kept->path),
                                 estimated.empty() ? "" : "; ", estimated));
  }
  if (!edge.empty() && !globals.quiet && !globals.json)
    std::cerr << "partway: asking the edge for its profile; a server that was not asked before measures itself first\n";
  plan.uplink = "10Mbps";   // only so that there is one: the link is measured as the run goes on
  plan.edge = edge.empty() ? "1x" : edge;
  absl::StatusOr<PlanProblem> with_edge = MakePlanProblem(plan, given);
  const absl::StatusCode code = with_edge.status().code();
  if (!edge.empty() && (code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kUnimplemented ||
                        code == absl::StatusCode::kDeadlineExceeded)) {
    live->notes.push_back(
        Concat(std::string(with_edge.status().message()), "; it is taken to be like this machine until it shows what it is"));
    plan.edge = "1x";
    with_edge = MakePlanProblem(plan, given);
  }
  ASSIGN_OR_RETURN(PlanProblem planned, std::move(with_edge));
  live->table = std::move(planned.table);
  live->device_speed = 1 / slowdown;
  live->slot_s = flags.slot ? ToSeconds(*flags.slot) : 1;
  live->problem.slot_s = kFilled * live->slot_s;
  live->problem.max_latency_s = ToSeconds(flags.max_latency.value_or(kDefaultLatency));
  RETURN_IF_ERROR(ApplyLimits(flags, live.get()));
  live->problem.options = &live->table;
  live->problem.edge_limits_frames = true;
  return live;
}

control::ControllerOptions ControllerOptionsOf(const LiveProblem& live, const std::string& policy,
                                               std::optional<Duration> deadline) {
  control::ControllerOptions options;
  options.problem = live.problem;
  options.slot_s = live.slot_s;
  options.first_device_speed = live.device_speed;
  options.max_energy_j = live.max_energy_j;
  options.power = live.power;
  // Others are shown as they are.
  const bool ours = policy.empty() || policy == kDefaultPolicy || policy == "adaptive-single";
  options.fall_back = ours;
  if (ours && deadline) options.deadline_s = ToSeconds(*deadline);
  return options;
}

absl::StatusOr<std::unique_ptr<control::Controller>> MakeController(const LiveProblem& live, const std::string& policy,
                                                                    uint64_t seed, std::optional<Duration> deadline,
                                                                    const policy::Parameters& parameters) {
  const std::string name = policy.empty() ? kDefaultPolicy : policy;
  RETURN_IF_ERROR(CheckLivePolicy(name, "--policy"));
  ASSIGN_OR_RETURN(std::unique_ptr<policy::Policy> made, policy::MakePolicy(name, live.problem, parameters, seed));
  return std::make_unique<control::Controller>(ControllerOptionsOf(live, name, deadline), std::move(made));
}

device::SessionOptions ControlledSession(const control::Controller& controller, int groups, int size) {
  device::SessionOptions session;
  session.group_count = groups;
  session.plan = {.from = groups, .to = groups, .size = size, .codec = "raw"};
  session.waiting_max = kWaiting;
  session.depth_max = kDepth;
  // The controller's heartbeats, one a slot, tell whether the server is there.
  session.silence = std::max<Duration>(kSilence, FromSeconds(2.5 * controller.slot_s()));
  return session;
}

device::LiveOptions ControlledOptions(control::Controller& controller, const DeviceSide& side) {
  device::LiveOptions live;
  live.controller = &controller;
  live.attach = side.attach;
  live.session = ControlledSession(controller, side.prepared.grouping->size(), side.input_edge);
  live.session.encode_slots = std::thread::hardware_concurrency() > 1 ? 1 : 0;
  live.feeder.as_camera = true;
  return live;
}

}   // namespace partway::apps
