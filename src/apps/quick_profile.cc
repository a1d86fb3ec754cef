#include "apps/quick_profile.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "apps/cache_folder.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "base/hash.h"
#include "base/machine.h"
#include "base/status.h"
#include "codec/codec_spec.h"
#include "engine/check.h"
#include "profile/estimate_size.h"
#include "profile/measure/codec_inputs.h"
#include "profile/measure/codec_speed.h"
#include "profile/measure/describe.h"
#include "profile/measure/measurement.h"
#include "profile/profile_check.h"
#include "profile/profile_json.h"

namespace partway::apps {
namespace {

constexpr double kForGroups = 0.7;   // of the time that is left when the shapes are known; the rest is for codecs
constexpr double kSpread = 0.05;     // of the medians, which is as good as a policy needs: speeds are measured on as it runs

double Work(const profile::SizeProfile& at) {
  double macs = 0;
  for (const int64_t m : at.group_macs) macs += static_cast<double>(m);
  return macs;
}

class Taking {
 public:
  Taking(const DeviceSide& side, const Globals& globals, Duration limit)
      : side_(side),
        model_(side.prepared),
        info_(side.engine->info()),
        limit_(limit),
        begun_(clock_.Now()),
        clocks_(profile::ClocksFor(info_, clock_)),
        // The run's own chain does the measuring; without a sum to compare with, the boundaries' price is in the groups.
        chain_(side.chain.get(), [](engine::GroupChain*) {}),
        progress_(clock_, globals.quiet || globals.json, "a quick profile of this machine, %", kParts) {}

  // Times of `sizes` into `into`, in order; of those that there is no time for, all but the times.
  absl::Status Groups(const std::vector<engine::ProbeSize>& sizes, profile::Profile* into) {
    ASSIGN_OR_RETURN(const std::vector<profile::SizedModel> sized, Sized(sizes));
    std::vector<profile::SizeProfile> described;
    std::vector<profile::MeasuredSize> measured;
    for (const profile::SizedModel& at : sized) {
      ASSIGN_OR_RETURN(profile::SizeProfile size, profile::DescribeSize(at, info_.threads));
      ASSIGN_OR_RETURN(std::vector<NamedTensor> noise, engine::NoiseInputs(*model_.graph, at.types, 1));
      measured.push_back({at.height, at.width, std::move(noise), std::max(1.0, Work(size))});
      described.push_back(std::move(size));
    }
    profile::MeasureOptions options{.spread = kSpread, .time_limit = Share(kForGroups), .leave_out = true};
    profile::Measurement measurement(chain_, nullptr, std::move(measured), options, clocks_);
    while (!measurement.done() && !stop_.load()) {
      RETURN_IF_ERROR(measurement.Step());
      progress_.Update(static_cast<int64_t>(measurement.share_done() * kForGroups * kParts));
    }
    for (size_t i = 0; i < described.size(); ++i) {
      measurement.Fill(i, &described[i]);
      if (described[i].groups.front().n == 0 && !measurement.left_out(i))
        return absl::CancelledError("stopped before the profile was taken");
      into->sizes.push_back(std::move(described[i]));
    }
    return absl::OkStatus();
  }

  // On what crosses the cuts at the smallest size, and at the largest that was measured if there is time for a run of that.
  absl::Status Codecs(const std::vector<codec::CodecSpec>& codecs, const std::vector<engine::ProbeSize>& sizes,
                      profile::Profile* into) {
    std::vector<engine::ProbeSize> on = {sizes.front()};
    for (auto size = sizes.rbegin(); size + 1 < sizes.rend(); ++size) {
      const profile::SizeProfile* at = into->Find(size->height, size->width, info_.threads);
      if (at == nullptr || at->groups.front().n == 0) continue;
      const double run = profile::TimeOf(*at, 0, into->group_count()).value();
      if (2 * run < ToSeconds(Share(0.5))) on.push_back(*size);
      break;
    }
    ASSIGN_OR_RETURN(const std::vector<profile::SizedModel> sized, Sized(on));
    ASSIGN_OR_RETURN(const std::vector<profile::CodecInput> inputs, profile::CodecInputs(*chain_, sized, model_.loaded.config));
    ASSIGN_OR_RETURN(std::vector<profile::CodecSpeed> speeds,
                     profile::TimeCodecs(codecs, inputs, {.time_limit = Share(1)}, clocks_, [&] { return !stop_.load(); }));
    for (profile::CodecSpeed& speed : speeds) into->codecs.push_back(std::move(speed));
    progress_.Update(kParts);
    return absl::OkStatus();
  }

 private:
  static constexpr int kParts = 100;

  Duration Share(double share) const { return FromSeconds(share * std::max(0.0, ToSeconds(limit_ - (clock_.Now() - begun_)))); }
  absl::StatusOr<std::vector<profile::SizedModel>> Sized(const std::vector<engine::ProbeSize>& sizes) const {
    std::vector<profile::SizedModel> sized;
    for (const engine::ProbeSize& size : sizes) {
      if (stop_.load()) return absl::CancelledError("stopped before the profile was taken");
      absl::StatusOr<profile::SizedModel> at = profile::ModelAtSize(model_.graph, model_.grouping->positions, size);
      if (!at.ok()) return at.status();
      sized.push_back(*std::move(at));
    }
    return sized;
  }

  const std::atomic<bool>& stop_ = StopSignal();
  const SteadyClock clock_;
  const DeviceSide& side_;
  const PreparedModel& model_;
  const engine::EngineInfo info_;
  const Duration limit_;
  const Instant begun_;
  const profile::MeasureClocks clocks_;
  const std::shared_ptr<engine::GroupChain> chain_;
  Progress progress_;
};

// Where it is kept; an error where nothing can be.
absl::StatusOr<std::string> PathFor(const DeviceSide& side) {
  const PreparedModel& model = side.prepared;
  const engine::EngineInfo info = side.engine->info();
  const MachineInfo machine = ThisMachine();
  const std::string key =
      Concat(model.loaded.model->sha256, " ", model.grouping->fingerprint, " ", info.name, " ", info.version, " ", info.provider,
             " ", info.threads, " ", machine.cpu, " ", machine.cores, " ", profile::Profile::kVersion);
  ASSIGN_OR_RETURN(const std::string folder, CacheFolder("profiles"));
  return Concat(folder, "/", model.loaded.model->name, "-", Sha256Hex(key).substr(0, 16), ".profile.json");
}

// What is there of it; none of a file that is damaged or another model's.
std::optional<profile::Profile> Kept(const std::string& path, const DeviceSide& side) {
  const PreparedModel& model = side.prepared;
  absl::StatusOr<profile::Profile> there = profile::ReadProfile(path);
  if (!there.ok() || !there->measured) return std::nullopt;
  const absl::Status belongs = profile::CheckBelongs(*there, path,
                                                     {.model = model.loaded.model->name,
                                                      .model_sha256 = model.loaded.model->sha256,
                                                      .grouping = model.grouping->fingerprint,
                                                      .groups = model.grouping->size()});
  if (!belongs.ok()) return std::nullopt;
  return *std::move(there);
}

bool Smaller(const profile::SizeProfile& a, const profile::SizeProfile& b) {
  const auto key = [](const profile::SizeProfile& s) {
    return std::tuple(int64_t{s.height} * s.width, s.height, s.width, s.threads);
  };
  return key(a) < key(b);
}

}   // namespace

absl::StatusOr<QuickProfile> KeptProfile(const DeviceSide& side, const std::vector<engine::ProbeSize>& sizes,
                                         const std::vector<codec::CodecSpec>& codecs, const Globals& globals, Duration limit) {
  QuickProfile kept;
  const absl::StatusOr<std::string> path = PathFor(side);
  std::optional<profile::Profile> there;
  if (path.ok()) {
    kept.path = *path;
    there = Kept(*path, side);
  } else {
    kept.not_kept = std::string(path.status().message());
  }
  kept.profile = there ? *std::move(there) : profile::DescribeModel(*side.prepared.grouping);

  const int threads = side.engine->info().threads;
  std::vector<engine::ProbeSize> new_sizes;
  for (const engine::ProbeSize& size : sizes) {
    if (kept.profile.Find(size.height, size.width, threads) == nullptr) new_sizes.push_back(size);
  }
  std::vector<codec::CodecSpec> new_codecs;
  for (const codec::CodecSpec& codec : codecs) {
    const auto timed = [&](const profile::CodecSpeed& speed) { return speed.codec == codec::CodecName(codec); };
    if (std::none_of(kept.profile.codecs.begin(), kept.profile.codecs.end(), timed)) new_codecs.push_back(codec);
  }
  if (new_sizes.empty() && new_codecs.empty()) return kept;

  kept.measured = true;
  Taking taking(side, globals, limit);
  const bool fresh = kept.profile.sizes.empty() && kept.profile.codecs.empty();
  if (fresh) profile::DescribeMachine(ThisMachine(), side.engine->info(), UtcNow(), &kept.profile);
  if (!new_sizes.empty()) RETURN_IF_ERROR(taking.Groups(new_sizes, &kept.profile));
  if (!new_codecs.empty()) RETURN_IF_ERROR(taking.Codecs(new_codecs, sizes, &kept.profile));
  profile::EstimateMissingSizes(&kept.profile);
  std::sort(kept.profile.sizes.begin(), kept.profile.sizes.end(), Smaller);
  if (kept.path.empty()) return kept;
  if (const absl::Status written = profile::WriteProfile(kept.path, kept.profile); !written.ok()) {
    kept.path.clear();
    kept.not_kept = std::string(written.message());
  }
  return kept;
}

std::string EstimatedText(const profile::Profile& profile, const std::vector<engine::ProbeSize>& sizes, int threads) {
  std::string text;
  int count = 0;
  for (const engine::ProbeSize& size : sizes) {
    const profile::SizeProfile* at = profile.Find(size.height, size.width, threads);
    if (at == nullptr || !at->estimated) continue;
    Append(&text, text.empty() ? "" : ", ", size.height);
    ++count;
  }
  if (text.empty()) return "";
  return Concat(text, " px ", count == 1 ? "is" : "are", " estimated from the sizes there was time to measure");
}

}   // namespace partway::apps
