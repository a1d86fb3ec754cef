#include "apps/quick_profile.h"

#include "apps/cache_folder.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "base/hash.h"
#include "base/machine.h"
#include "base/status.h"
#include "codec/codec_spec.h"
#include "engine/check.h"
#include "profile/measure/codec_inputs.h"
#include "profile/measure/codec_speed.h"
#include "profile/measure/describe.h"
#include "profile/measure/measurement.h"
#include "profile/profile_check.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

constexpr Duration kGroups = std::chrono::milliseconds(6500), kCodecs = std::chrono::milliseconds(2500);
constexpr double kSpread = 0.05;   // of the medians, which is as good as a policy needs: speeds are measured on as it runs

absl::StatusOr<profile::Profile> Measure(const DeviceSide& side, const std::vector<profile::SizedModel>& sized,
                                         const std::vector<codec::CodecSpec>& codecs, const Globals& globals) {
  const std::atomic<bool>& stop = StopSignal();
  const PreparedModel& model = side.prepared;
  const engine::EngineInfo info = side.engine->info();
  const SteadyClock clock;
  const profile::MeasureClocks clocks = profile::ClocksFor(info, clock);
  profile::Profile made = profile::DescribeModel(*model.grouping);
  profile::DescribeMachine(ThisMachine(), info, UtcNow(), &made);
  // The run's own chain does the measuring; without a sum to compare with, the boundaries' price is in the groups.
  const std::shared_ptr<engine::GroupChain> chain(side.chain.get(), [](engine::GroupChain*) {});
  ASSIGN_OR_RETURN(const std::vector<profile::CodecInput> inputs, profile::CodecInputs(*chain, sized, model.loaded.config));
  std::vector<profile::MeasuredSize> sizes;
  for (const profile::SizedModel& at : sized) {
    ASSIGN_OR_RETURN(std::vector<NamedTensor> noise, engine::NoiseInputs(*model.graph, at.types, 1));
    sizes.push_back({at.height, at.width, std::move(noise)});
  }
  profile::Measurement measurement(chain, nullptr, std::move(sizes), {.spread = kSpread, .time_limit = kGroups}, clocks);
  constexpr int kParts = 100;
  Progress progress(clock, globals.quiet || globals.json, "a quick profile of this machine, %", kParts);
  while (!measurement.done() && !stop.load()) {
    RETURN_IF_ERROR(measurement.Step());
    progress.Update(static_cast<int64_t>(measurement.share_done() * kParts));
  }
  for (size_t i = 0; i < sized.size(); ++i) {
    ASSIGN_OR_RETURN(profile::SizeProfile size, profile::DescribeSize(sized[i], info.threads));
    measurement.Fill(i, &size);
    if (size.groups.front().n == 0) return absl::CancelledError("stopped before the profile was taken");
    made.sizes.push_back(std::move(size));
  }
  ASSIGN_OR_RETURN(made.codecs,
                   profile::TimeCodecs(codecs, inputs, {.time_limit = kCodecs}, clocks, [&] { return !stop.load(); }));
  return made;
}

}   // namespace

absl::StatusOr<QuickProfile> KeptProfile(const DeviceSide& side, const std::vector<engine::ProbeSize>& sizes,
                                         const std::vector<codec::CodecSpec>& codecs, const Globals& globals) {
  const PreparedModel& model = side.prepared;
  const engine::EngineInfo info = side.engine->info();
  const MachineInfo machine = ThisMachine();
  std::string key =
      Concat(model.loaded.model->sha256, " ", model.grouping->fingerprint, " ", info.name, " ", info.version, " ", info.provider,
             " ", info.threads, " ", machine.cpu, " ", machine.cores, " ", profile::Profile::kVersion);
  for (const engine::ProbeSize& size : sizes) Append(&key, " ", size.height, "x", size.width);
  for (const codec::CodecSpec& codec : codecs) Append(&key, " ", codec::CodecName(codec));
  ASSIGN_OR_RETURN(const std::string folder, CacheFolder("profiles"));
  QuickProfile kept{.path = Concat(folder, "/", model.loaded.model->name, "-", Sha256Hex(key).substr(0, 16), ".profile.json")};
  if (const auto there = profile::ReadProfile(kept.path); there.ok()) {
    const absl::Status belongs = profile::CheckBelongs(*there, kept.path,
                                                       {.model = model.loaded.model->name,
                                                        .model_sha256 = model.loaded.model->sha256,
                                                        .grouping = model.grouping->fingerprint,
                                                        .groups = model.grouping->size()});
    if (belongs.ok()) return kept;   // one that is damaged is taken anew
  }
  std::vector<profile::SizedModel> sized;
  for (const engine::ProbeSize& size : sizes) {
    absl::StatusOr<profile::SizedModel> at = profile::ModelAtSize(model.graph, model.grouping->positions, size);
    if (!at.ok()) return at.status();
    sized.push_back(*std::move(at));
  }
  ASSIGN_OR_RETURN(const profile::Profile made, Measure(side, sized, codecs, globals));
  RETURN_IF_ERROR(profile::WriteProfile(kept.path, made));
  kept.measured = true;
  return kept;
}

}   // namespace partway::apps
