#include "apps/plan_problem.h"

#include <algorithm>
#include <cmath>

#include "apps/codec_times.h"
#include "apps/edge_profile.h"
#include "apps/options.h"
#include "apps/power_file.h"
#include "apps/prepared_model.h"
#include "apps/verb.h"
#include "base/status.h"
#include "cost/build_options.h"
#include "engine/ort_engine.h"
#include "profile/accuracy_json.h"
#include "profile/measure/describe.h"
#include "profile/privacy_json.h"
#include "profile/profile_check.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

profile::Profile AtRate(profile::Profile profile, MacsPerSecond rate) {
  profile.measured = false;
  profile.rate = rate;
  profile.codecs.clear();
  for (profile::SizeProfile& size : profile.sizes) profile::FillAnalytic(rate, &size);
  return profile;
}

// A measured profile must be this program's engine's: others differ by more than a plan can tell apart.
absl::Status CheckEngine(const profile::Profile& profile, const std::string& name, bool any_engine) {
  if (any_engine || !profile.measured) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto engine, engine::MakeOrtEngine({}));
  absl::Status belongs =
      profile::CheckBelongs(profile, name, {.engine = engine->info().name, .engine_version = engine->info().version});
  if (belongs.ok()) return belongs;
  return FailedPrecondition(std::string(belongs.message()), ", or take it as it is with --any-engine");
}

struct Sides {
  profile::Profile device, edge;
  std::vector<CutValues> values;                     // empty without a model
  std::shared_ptr<const graph::Grouping> grouping;   // null without a model
};

absl::StatusOr<std::optional<Speed>> SpeedFlag(const std::string& text, const std::string& flag) {
  if (text.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const Speed speed, ParseSpeed(text, flag));
  return speed;
}

absl::StatusOr<Sides> LoadDevice(const PlanFlags& flags, const PlanGiven& given, const std::optional<Speed>& device_speed) {
  Sides sides;
  ASSIGN_OR_RETURN(const std::vector<engine::ProbeSize> sizes, ParseSizes(flags.sizes));
  if (flags.model.empty()) {
    if (flags.profile.empty()) return UsageError("plan what? A MODEL or --profile FILE is missing");
    if (!flags.groups.empty())
      return UsageError(
          Concat("--groups ", flags.groups, " needs the MODEL: a profile alone keeps the groups it was measured with"));
  }
  const std::string groups = flags.groups.empty() ? "auto" : flags.groups;
  if (flags.profile.empty() && given.profile == nullptr) {
    if (!device_speed || device_speed->relative) {
      return UsageError("--device: without --profile the device's compute rate is needed, for example --device 5GFLOPS");
    }
    ASSIGN_OR_RETURN(ModelProfile made, ProfileFromMacs(flags.model, sizes, groups, MacsPerSecond(device_speed->value)));
    sides.device = std::move(made.profile);
    sides.values = std::move(made.values);
    sides.grouping = made.grouping;
    return sides;
  }
  const std::string name = given.profile != nullptr ? "the profile of this machine" : flags.profile;
  if (given.profile != nullptr) {
    sides.device = *given.profile;
  } else {
    ASSIGN_OR_RETURN(sides.device, profile::ReadProfile(name));
    RETURN_IF_ERROR(CheckEngine(sides.device, name, flags.any_engine));
  }
  if (flags.model.empty()) return sides;
  // With the model at hand, shapes are exact and the profile is checked against it.
  std::vector<engine::ProbeSize> at = sizes;
  if (at.empty()) {
    for (const profile::SizeProfile& size : sides.device.sizes) {
      const auto same = [&](const engine::ProbeSize& s) { return s.height == size.height && s.width == size.width; };
      if (std::none_of(at.begin(), at.end(), same)) at.push_back({size.height, size.width});
    }
  }
  ASSIGN_OR_RETURN(ModelProfile made, ProfileFromMacs(flags.model, at, groups, MacsPerSecond(1e9)));
  RETURN_IF_ERROR(profile::CheckBelongs(sides.device, name,
                                        {.model = made.profile.model,
                                         .model_sha256 = made.profile.model_sha256,
                                         .grouping = made.profile.grouping,
                                         .groups = made.profile.group_count()}));
  sides.values = std::move(made.values);
  sides.grouping = made.grouping;
  return sides;
}

absl::Status LoadEdge(const PlanFlags& flags, Sides* sides, PlanProblem* problem) {
  std::string relative_to = "the device's profile";
  if (flags.edge.find(':') != std::string::npos) {
    if (!flags.edge_profile.empty()) return UsageError("--edge ADDR and --edge-profile exclude each other");
    if (sides->grouping == nullptr) return UsageError("--edge ADDR needs the MODEL beside --profile, to ask the server for it");
    std::vector<engine::ProbeSize> sizes;
    for (const CutValues& value : sides->values) sizes.push_back({value.size.height, value.size.width});
    ASSIGN_OR_RETURN(sides->edge, FetchEdgeProfile(flags.edge, *sides->grouping, sizes));
    problem->edge_text = flags.edge;
    return absl::OkStatus();
  }
  if (!flags.edge_profile.empty()) {
    ASSIGN_OR_RETURN(sides->edge, profile::ReadProfile(flags.edge_profile));
    RETURN_IF_ERROR(CheckEngine(sides->edge, flags.edge_profile, flags.any_engine));
    RETURN_IF_ERROR(profile::CheckSameModel(sides->device, flags.profile.empty() ? "the model" : flags.profile, sides->edge,
                                            flags.edge_profile));
    problem->edge_text = flags.edge_profile;
    problem->edge_rate = sides->edge.rate ? sides->edge.rate->value() : 0;
    if (flags.edge.empty()) return absl::OkStatus();
    relative_to = flags.edge_profile;
  } else {
    if (flags.edge.empty()) return UsageError("how fast is the edge? --edge RATE, --edge 10x, or --edge-profile FILE is missing");
    sides->edge = sides->device;
    problem->edge_text = problem->device_text;
    problem->edge_rate = problem->device_rate;
  }
  ASSIGN_OR_RETURN(const Speed speed, ParseSpeed(flags.edge, "--edge"));
  if (speed.relative) {
    problem->state.edge_speed = speed.value;
    problem->edge_text = Concat(speed.value, " times as fast as ", relative_to);
    return absl::OkStatus();
  }
  if (!flags.edge_profile.empty())
    return UsageError("--edge RATE and --edge-profile exclude each other; --edge 2x scales the profile");
  sides->edge = AtRate(sides->device, MacsPerSecond(speed.value));
  problem->edge_rate = speed.value;
  problem->edge_text = Concat(FormatCount(speed.value), "FLOPS, from multiply-adds");
  return absl::OkStatus();
}

absl::Status ReadGoal(const PlanFlags& flags, PlanProblem* problem) {
  const absl::StatusOr<cost::Objective> objective = cost::ParseObjective(flags.objective);
  if (!objective.ok()) return UsageError(Concat("--objective: ", std::string(objective.status().message())));
  problem->objective = *objective;
  cost::Limits& limits = problem->limits;
  if (flags.max_latency) limits.max_latency_s = ToSeconds(*flags.max_latency);
  if (flags.min_fps && *flags.min_fps > 0) limits.max_period_s = 1 / *flags.min_fps;
  if (!flags.max_energy.empty()) {
    ASSIGN_OR_RETURN(limits.max_energy_j, ParseEnergy(flags.max_energy, "--max-energy"));
  }
  if (!flags.min_accuracy.empty()) {
    ASSIGN_OR_RETURN(limits.min_accuracy, ParseShare(flags.min_accuracy, "--min-accuracy"));
  }
  if (flags.max_device_memory) limits.max_device_memory_bytes = flags.max_device_memory->value();
  if (flags.max_edge_memory) limits.max_edge_memory_bytes = flags.max_edge_memory->value();
  if (flags.min_device_groups > 0) limits.min_device_groups = flags.min_device_groups;
  limits.max_distance_correlation = flags.max_distance_correlation;
  limits.max_reconstruction_ssim = flags.max_ssim;
  if (!flags.power.empty()) {
    ASSIGN_OR_RETURN(problem->power, LoadPower(flags.power));
  }
  if ((problem->objective.needs_power() || limits.max_energy_j) && !problem->power) {
    return UsageError("--power is missing: energy needs what the device draws, for example --power raspberry-pi-4");
  }
  if (limits.min_accuracy && flags.accuracy.empty()) {
    return UsageError("--min-accuracy needs --accuracy FILE, which says how often each option is right");
  }
  if ((limits.max_distance_correlation || limits.max_reconstruction_ssim) && flags.privacy.empty()) {
    return UsageError("a limit on privacy needs --privacy FILE, which says what each upload gives away");
  }
  return absl::OkStatus();
}

absl::Status ReadState(const PlanFlags& flags, PlanProblem* problem) {
  if (flags.uplink.empty()) return UsageError("--uplink is missing, for example --uplink 20Mbps");
  const absl::StatusOr<BitsPerSecond> uplink = ParseBitRate(flags.uplink);
  if (!uplink.ok()) return UsageError(Concat("--uplink: ", std::string(uplink.status().message())));
  problem->state.uplink_bps = uplink->value();
  if (!flags.rtt.empty()) {
    const absl::StatusOr<Duration> rtt = ParseDuration(flags.rtt);
    if (!rtt.ok()) return UsageError(Concat("--rtt: ", std::string(rtt.status().message())));
    problem->state.rtt_s = ToSeconds(*rtt);
  }
  if (flags.downlink) problem->state.downlink_bps = flags.downlink->value();
  problem->state.edge_load = flags.edge_load;
  return cost::CheckState(problem->state);
}

// The sizes to plan with: those asked for, or all that both sides have.
absl::StatusOr<std::vector<cost::InputSize>> ChooseSizes(const PlanFlags& flags, const Sides& sides, int device_threads,
                                                         int edge_threads, std::vector<std::string>* notes) {
  ASSIGN_OR_RETURN(const std::vector<engine::ProbeSize> asked, ParseSizes(flags.sizes));
  std::vector<cost::InputSize> sizes;
  for (const engine::ProbeSize& size : asked) sizes.push_back({size.height, size.width});
  if (sizes.empty()) {
    const std::vector<cost::InputSize> edge = cost::SizesOf(sides.edge, edge_threads);
    for (const cost::InputSize& size : cost::SizesOf(sides.device, device_threads)) {
      if (std::find(edge.begin(), edge.end(), size) != edge.end()) {
        sizes.push_back(size);
      } else {
        notes->push_back(Concat("size ", cost::SizeText(size), " is left out: the edge's profile does not have it"));
      }
    }
  }
  if (sizes.empty()) {
    return FailedPrecondition("the device's profile (", device_threads, device_threads == 1 ? " thread" : " threads",
                              ") and the edge's (", edge_threads,
                              ") have no size in common; profile both at one, or name another number of threads");
  }
  std::stable_sort(sizes.begin(), sizes.end(),
                   [](const auto& a, const auto& b) { return int64_t{a.height} * a.width < int64_t{b.height} * b.width; });
  return sizes;
}

// What a privacy table says, as the planner asks for it: entropy coding is lossless and gives away neither more nor less, and no codec gives away
// more than the values it starts from, so what was measured of raw values holds for every codec that was not measured itself.
absl::StatusOr<std::vector<cost::PrivacyEntry>> LoadPrivacy(const std::string& file, const profile::Profile& device,
                                                            const std::vector<cost::InputSize>& sizes, const cost::Limits& limits,
                                                            std::vector<std::string>* notes) {
  std::vector<cost::PrivacyEntry> entries;
  if (file.empty()) return entries;
  ASSIGN_OR_RETURN(const profile::PrivacyTable table, profile::ReadPrivacy(file));
  if (table.model_sha256 != device.model_sha256) {
    return FailedPrecondition(file, ": a privacy table of ", table.model, " (", table.model_sha256.substr(0, 12),
                              "), expected one of ", device.model, " (", device.model_sha256.substr(0, 12), ")");
  }
  if (table.grouping != device.grouping) {
    return FailedPrecondition(file, ": made with another grouping (", table.grouping, ") than the profile (", device.grouping,
                              "); measure again with the same --groups");
  }
  for (const profile::PrivacyRow& row : table.rows) {
    cost::PrivacyEntry entry{table.height, table.width, row.cut, row.codec, row.distance_correlation, row.ssim};
    entries.push_back(entry);
    const bool coded = row.codec.ends_with("-ec");
    entry.codec = coded ? row.codec.substr(0, row.codec.size() - 3) : Concat(row.codec, "-ec");
    entries.push_back(entry);
    entry.codec.clear();
    if (row.codec == "raw" || row.codec == "raw-ec") entries.push_back(entry);
  }
  if (limits.max_distance_correlation || limits.max_reconstruction_ssim) {
    if (const std::string few = profile::TooFewPictures(table); !few.empty()) notes->push_back(Concat(file, ": ", few));
    if (table.control_ssim && limits.max_reconstruction_ssim && *table.control_ssim <= *limits.max_reconstruction_ssim)
      notes->push_back(Concat(file, ": the limit of ", *limits.max_reconstruction_ssim,
                              " on SSIM is more than its pictures can tell: it lets the picture itself pass"));
  }
  const cost::InputSize measured{table.height, table.width};
  if (sizes.size() > 1 || sizes.front() != measured) {
    notes->push_back(Concat("privacy was measured at ", cost::SizeText(measured), " only: at other sizes a limit on it refuses"));
  }
  return entries;
}

}   // namespace

absl::StatusOr<double> SpeedFactor(const Speed& speed, double rate, const std::string& flag) {
  if (speed.relative) return speed.value;
  if (rate > 0) return speed.value / rate;
  return UsageError(
      Concat(flag, ": the profile was measured, so a rate says nothing; give a factor, for example 0.5x for half as fast"));
}

absl::StatusOr<ModelProfile> ProfileFromMacs(const std::string& model, const std::vector<engine::ProbeSize>& sizes,
                                             const std::string& groups, MacsPerSecond rate) {
  ASSIGN_OR_RETURN(const PreparedModel prepared, PrepareModel(model, {}, groups));
  ModelProfile made;
  made.grouping = prepared.grouping;
  std::vector<engine::ProbeSize> ordered = sizes.empty() ? std::vector<engine::ProbeSize>{prepared.size} : sizes;
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return int64_t{a.height} * a.width < int64_t{b.height} * b.width; });
  std::vector<profile::SizedModel> sized;
  for (const engine::ProbeSize& size : ordered) {
    absl::StatusOr<profile::SizedModel> at = profile::ModelAtSize(prepared.graph, prepared.grouping->positions, size);
    if (absl::IsInvalidArgument(at.status()) && !sizes.empty())
      return UsageError(Concat("--sizes: ", std::string(at.status().message())));
    if (!at.ok()) return at.status();
    CutValues crossing{{at->height, at->width}, {}};
    for (int cut = 0; cut < at->grouping->size(); ++cut) {
      std::vector<TensorSpec> specs;
      for (const graph::ValueId v : at->grouping->cuts[static_cast<size_t>(cut)].values) {
        const std::string& name = prepared.graph->values[v].name;
        const auto type = at->types.find(name);
        if (type != at->types.end()) specs.push_back({name, type->second.dtype, type->second.shape});
      }
      crossing.by_cut.push_back(std::move(specs));
    }
    made.values.push_back(std::move(crossing));
    sized.push_back(*std::move(at));
  }
  ASSIGN_OR_RETURN(made.profile, profile::AnalyticProfile(*prepared.grouping, sized, rate));
  return made;
}

absl::StatusOr<PlanProblem> MakePlanProblem(const PlanFlags& flags, const PlanGiven& given) {
  PlanProblem problem;
  RETURN_IF_ERROR(ReadState(flags, &problem));
  RETURN_IF_ERROR(ReadGoal(flags, &problem));
  ASSIGN_OR_RETURN(const std::optional<Speed> device_speed, SpeedFlag(flags.device, "--device"));
  ASSIGN_OR_RETURN(Sides sides, LoadDevice(flags, given, device_speed));
  problem.model = sides.device.model;
  problem.model_sha256 = sides.device.model_sha256;
  problem.device_rate = sides.device.rate ? sides.device.rate->value() : 0;
  problem.device_text = given.profile != nullptr ? "the profile of this machine" : flags.profile;
  if (device_speed) {
    ASSIGN_OR_RETURN(problem.state.device_speed, SpeedFactor(*device_speed, problem.device_rate, "--device"));
    if (problem.device_rate > 0) {
      problem.device_text = Concat(FormatCount(problem.device_rate * problem.state.device_speed), "FLOPS, from multiply-adds");
    } else {
      Append(&problem.device_text, ", ", problem.state.device_speed, " times as fast");
    }
  }
  RETURN_IF_ERROR(LoadEdge(flags, &sides, &problem));
  const auto clock = [](const profile::Profile& profile) { return profile.measured ? profile.cpu_hz : 0; };
  problem.device_hz = clock(sides.device);
  problem.edge_hz = clock(sides.edge);

  std::optional<profile::AccuracyTable> accuracy;
  if (given.accuracy != nullptr) {
    accuracy = *given.accuracy;
  } else if (!flags.accuracy.empty()) {
    ASSIGN_OR_RETURN(accuracy, profile::ReadAccuracy(flags.accuracy));
  }
  cost::OptionInputs inputs;
  inputs.device = &sides.device;
  inputs.edge = &sides.edge;
  inputs.device_threads = flags.device_threads > 0 ? flags.device_threads : cost::FastestThreads(sides.device);
  inputs.edge_threads = flags.edge_threads > 0 ? flags.edge_threads : cost::FastestThreads(sides.edge);
  inputs.accuracy = accuracy ? &*accuracy : nullptr;
  ASSIGN_OR_RETURN(inputs.sizes, ChooseSizes(flags, sides, inputs.device_threads, inputs.edge_threads, &problem.notes));
  ASSIGN_OR_RETURN(CodecChoices codecs, ChooseCodecs(flags.codecs, sides.device, inputs.sizes, sides.values, inputs.accuracy));
  inputs.codecs = std::move(codecs.codecs);
  std::vector<std::string> stand_ins = FillCodecTimes(inputs.codecs, inputs.accuracy, &sides.device, &sides.edge);
  ASSIGN_OR_RETURN(inputs.privacy, LoadPrivacy(flags.privacy, sides.device, inputs.sizes, problem.limits, &problem.notes));
  ASSIGN_OR_RETURN(cost::OptionSet set, cost::BuildOptions(inputs));
  problem.table = std::move(set.table);
  const bool lossy = std::any_of(inputs.codecs.begin(), inputs.codecs.end(), [](const auto& codec) { return !codec.lossless; });
  if (!accuracy && (inputs.sizes.size() > 1 || lossy)) {
    problem.notes.insert(problem.notes.begin(),
                         Concat("accuracy is not known, so ", inputs.sizes.size() > 1 ? "the smallest size" : "the fewest bits",
                                " wins wherever it is faster; give --accuracy FILE (partway accuracy)",
                                inputs.sizes.size() > 1 ? " or one of --sizes" : ""));
  }
  for (const auto* more : {&codecs.notes, &stand_ins, &set.notes})
    problem.notes.insert(problem.notes.end(), more->begin(), more->end());
  return problem;
}

}   // namespace partway::apps
