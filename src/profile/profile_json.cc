#include "profile/profile_json.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "base/file.h"
#include "base/status.h"
#include "profile/checked_fields.h"
#include "profile/json_parts.h"

namespace partway::profile {
namespace {

using Json = CheckedFields::Json;

constexpr int64_t kMaxBytes = int64_t{1} << 50, kMaxMacs = int64_t{1} << 60, kMaxRuns = 1'000'000'000;
constexpr double kMaxRate = 1e18, kMaxHz = 1e12;
constexpr int kMaxThreads = 4096, kMaxCores = 1 << 20, kMaxPosition = 1 << 24;

Json SpreadJson(const TimeSpread& spread) {
  return {{"median_s", spread.median_s}, {"p10_s", spread.p10_s}, {"p90_s", spread.p90_s}, {"n", spread.n}};
}

Json SizeJson(const Profile& profile, const SizeProfile& at) {
  const int groups = profile.group_count();
  Json rows = Json::array(), cuts = Json::array();
  for (int g = 0; g < groups; ++g) {
    Json row = SpreadJson(at.groups[g]);
    row["macs"] = at.group_macs[g];
    row["in_bytes"] = at.cut_bytes[g];
    row["out_bytes"] = g + 1 < groups ? at.cut_bytes[g + 1] : at.output_bytes_of_tail[0];
    row["rho"] = Rho(profile, at, g);
    row["sigma"] = Sigma(at, g);
    rows.push_back(std::move(row));
  }
  for (int c = 0; c <= groups; ++c) {
    cuts.push_back({{"cut", c}, {"bytes", at.cut_bytes[c]}, {"reply_bytes", at.output_bytes_of_tail[c]}});
  }
  const double sum = TimeOf(at, 0, groups).value();
  Json json = {{"height", at.height}, {"width", at.width}, {"threads", at.threads}, {"groups", std::move(rows)}};
  if (at.estimated) json["estimated"] = true;
  json["groups_s"] = sum;
  json["whole"] = at.whole.n > 0 ? SpreadJson(at.whole) : Json();
  json["groups_over_whole"] = at.whole.n > 0 && at.whole.median_s > 0 ? Json(sum / at.whole.median_s) : Json();
  json["cuts"] = std::move(cuts);
  return json;
}

void ReadSpread(CheckedFields* in, bool measured, const ProfileLimits& limits, TimeSpread* spread) {
  for (const auto& [key, value] :
       {std::pair{"median_s", &spread->median_s}, {"p10_s", &spread->p10_s}, {"p90_s", &spread->p90_s}}) {
    in->Number(key, 0, limits.seconds, "seconds", value);
  }
  in->Number("n", measured ? 1 : 0, measured ? kMaxRuns : 0, "how often it was measured,", &spread->n);
  if (in->ok() && (spread->p10_s > spread->median_s || spread->median_s > spread->p90_s)) {
    in->Fail("median_s",
             Concat("a median between p10_s (", spread->p10_s, ") and p90_s (", spread->p90_s, "), found ", spread->median_s));
  }
}

absl::Status ReadSize(const Json& json, const std::string& name, const ProfileLimits& limits, const Profile& profile,
                      SizeProfile* size) {
  const int groups = profile.group_count();
  const auto count = static_cast<size_t>(groups);
  CheckedFields in(json, name);
  in.Number("height", 1, limits.edge, "pixels", &size->height);
  in.Number("width", 1, limits.edge, "pixels", &size->width);
  in.Number("threads", 1, kMaxThreads, "threads", &size->threads);
  in.fields().Get("estimated", &size->estimated);
  Json rows, cuts;
  in.List("groups", count, count, &rows);
  in.List("cuts", count + 1, count + 1, &cuts);
  RETURN_IF_ERROR(in.status());
  for (int g = 0; g < groups; ++g) {
    CheckedFields row(rows[static_cast<size_t>(g)], Concat(name, ".groups[", g, "]"));
    ReadSpread(&row, profile.measured && !size->estimated, limits, &size->groups.emplace_back());
    row.Number("macs", 0, kMaxMacs, "multiply-adds", &size->group_macs.emplace_back());
    RETURN_IF_ERROR(row.status());
  }
  for (int c = 0; c <= groups; ++c) {
    CheckedFields row(cuts[static_cast<size_t>(c)], Concat(name, ".cuts[", c, "]"));
    const int64_t most = c == groups ? 0 : kMaxBytes;   // all on the device: nothing is sent, nothing comes back
    row.Number("bytes", 0, most, "bytes", &size->cut_bytes.emplace_back());
    row.Number("reply_bytes", 0, most, "bytes", &size->output_bytes_of_tail.emplace_back());
    RETURN_IF_ERROR(row.status());
  }
  if (!in.Has("whole")) return absl::OkStatus();
  Json whole;
  in.Object("whole", &whole);
  RETURN_IF_ERROR(in.status());
  CheckedFields row(whole, Concat(name, ".whole"));
  ReadSpread(&row, true, limits, &size->whole);
  return row.status();
}

absl::Status ReadHead(CheckedFields* in, const ProfileLimits& limits, Profile* profile) {
  int version = 0;
  in->Number("profile", 0, std::numeric_limits<int>::max(), "the version of the format,", &version);
  RETURN_IF_ERROR(in->status());
  if (version != Profile::kVersion) {
    return InvalidArgument("version ", version, " of the profile format, expected ", Profile::kVersion);
  }
  if (!in->Has("measured")) in->Fail("measured", "true or false; it is missing");
  in->fields().Get("measured", &profile->measured);
  if (!profile->measured) {
    double rate = 0;
    in->Number("rate_macs_per_s", std::numeric_limits<double>::min(), kMaxRate, "multiply-adds per second", &rate);
    profile->rate = MacsPerSecond(rate);
  }
  Json machine, engine, model, grouping, groups;
  in->Object("machine", &machine);
  in->Object("engine", &engine);
  in->Object("model", &model);
  in->Object("grouping", &grouping);
  in->List("groups", 1, static_cast<size_t>(limits.groups), &groups);
  in->Text("date", &profile->date);
  RETURN_IF_ERROR(in->status());

  CheckedFields on(machine, "machine"), with(engine, "engine"), of(model, "model"), by(grouping, "grouping");
  on.Text("cpu", &profile->cpu);
  on.Text("system", &profile->system);
  on.Number("cores", 0, kMaxCores, "cores", &profile->cores);
  on.Number("cpu_hz", 0, kMaxHz, "hertz", &profile->cpu_hz);
  with.Text("name", &profile->engine);
  with.Text("version", &profile->engine_version);
  with.Text("provider", &profile->provider);
  of.Text("name", &profile->model);
  of.Hex("sha256", 64, &profile->model_sha256);
  by.Hex("fingerprint", 16, &profile->grouping);
  Json positions;
  by.List("positions", groups.size() + 1, groups.size() + 1, &positions);
  for (const CheckedFields* part : {&on, &with, &of, &by}) RETURN_IF_ERROR(part->status());

  for (size_t i = 0; i < positions.size(); ++i) {
    const Json& at = positions[i];
    const int last = profile->positions.empty() ? -1 : profile->positions.back();
    const bool good = at.is_number_integer() && at >= 0 && at <= kMaxPosition && at.get<int>() > last;
    if (!good) return InvalidArgument("grouping.positions[", i, "]: expected whole numbers that ascend from 0");
    profile->positions.push_back(at.get<int>());
  }
  if (profile->positions.front() != 0) return InvalidArgument("grouping.positions[0]: expected 0");
  for (size_t g = 0; g < groups.size(); ++g) {
    CheckedFields row(groups[g], Concat("groups[", g, "]"));
    row.Text("name", &profile->group_names.emplace_back());
    row.Number("param_bytes", 0, kMaxBytes, "bytes", &profile->group_param_bytes.emplace_back());
    RETURN_IF_ERROR(row.status());
  }
  return absl::OkStatus();
}

bool Before(const SizeProfile& a, const SizeProfile& b) {
  const auto key = [](const SizeProfile& s) {
    return std::tuple(static_cast<int64_t>(s.height) * s.width, s.height, s.width, s.threads);
  };
  return key(a) < key(b);
}

absl::StatusOr<Profile> FromJson(const Json& json, const ProfileLimits& limits) {
  if (!json.is_object() || !json.contains("profile")) {
    return InvalidArgument("not a profile: expected an object with \"profile\": ", Profile::kVersion);
  }
  Profile profile;
  CheckedFields in(json, "profile");
  RETURN_IF_ERROR(ReadHead(&in, limits, &profile));
  Json sizes, codecs;
  in.List("sizes", 1, static_cast<size_t>(limits.sizes), &sizes);
  if (in.Has("codecs")) in.List("codecs", 0, static_cast<size_t>(limits.codecs), &codecs);
  RETURN_IF_ERROR(in.status());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::string name = Concat("sizes[", i, "]");
    SizeProfile size;
    RETURN_IF_ERROR(ReadSize(sizes[i], name, limits, profile, &size));
    if (profile.Find(size.height, size.width, size.threads) != nullptr) {
      return InvalidArgument(name, ": ", size.height, "x", size.width, " with ", size.threads, " threads is there twice");
    }
    profile.sizes.push_back(std::move(size));
  }
  std::sort(profile.sizes.begin(), profile.sizes.end(), Before);
  for (size_t i = 0; i < codecs.size(); ++i) {
    CheckedFields row(codecs[i], Concat("codecs[", i, "]"));
    CodecSpeed speed;
    row.Text("codec", &speed.codec);
    for (const auto& [key, value] : {std::pair{"encode_fixed_s", &speed.encode_fixed_s},
                                     {"encode_s_per_byte", &speed.encode_s_per_byte},
                                     {"decode_fixed_s", &speed.decode_fixed_s},
                                     {"decode_s_per_byte", &speed.decode_s_per_byte}}) {
      row.Number(key, 0, limits.seconds, "seconds", value);
    }
    RETURN_IF_ERROR(row.status());
    const bool twice =
        std::any_of(profile.codecs.begin(), profile.codecs.end(), [&](const CodecSpeed& c) { return c.codec == speed.codec; });
    if (twice) return InvalidArgument("codecs[", i, "]: ", speed.codec.substr(0, 40), " is there twice");
    profile.codecs.push_back(std::move(speed));
  }
  return profile;
}

}   // namespace

RhoUnit RhoUnitOf(const Profile& profile) { return profile.measured && profile.cpu_hz > 0 ? RhoUnit::kCycles : RhoUnit::kMacs; }

double Rho(const Profile& profile, const SizeProfile& at, int group) {
  const auto g = static_cast<size_t>(group);
  const double bits = static_cast<double>(at.cut_bytes[g]) * 8;
  if (bits <= 0) return 0;
  const double work =
      RhoUnitOf(profile) == RhoUnit::kCycles ? at.groups[g].median_s * profile.cpu_hz : static_cast<double>(at.group_macs[g]);
  return work / bits;
}

double Sigma(const SizeProfile& at, int group) {
  const auto g = static_cast<size_t>(group);
  const auto in = static_cast<double>(at.cut_bytes[g]);
  return in > 0 ? static_cast<double>(at.cut_bytes[g + 1]) / in : 0;
}

std::string ProfileToJson(const Profile& profile) {
  Json groups = Json::array(), sizes = Json::array(), codecs = Json::array();
  for (int g = 0; g < profile.group_count(); ++g) {
    groups.push_back({{"name", profile.group_names[g]}, {"param_bytes", profile.group_param_bytes[g]}});
  }
  for (const SizeProfile& at : profile.sizes) sizes.push_back(SizeJson(profile, at));
  for (const CodecSpeed& c : profile.codecs) {
    codecs.push_back({{"codec", c.codec},
                      {"encode_fixed_s", c.encode_fixed_s},
                      {"encode_s_per_byte", c.encode_s_per_byte},
                      {"decode_fixed_s", c.decode_fixed_s},
                      {"decode_s_per_byte", c.decode_s_per_byte}});
  }
  Json json = {{"profile", Profile::kVersion}, {"measured", profile.measured}};
  json["rate_macs_per_s"] = profile.rate ? Json(profile.rate->value()) : Json();
  json["machine"] = {{"cpu", profile.cpu}, {"cores", profile.cores}, {"system", profile.system}, {"cpu_hz", profile.cpu_hz}};
  json["engine"] = {{"name", profile.engine}, {"version", profile.engine_version}, {"provider", profile.provider}};
  json["date"] = profile.date;
  json["model"] = {{"name", profile.model}, {"sha256", profile.model_sha256}};
  json["grouping"] = {{"fingerprint", profile.grouping}, {"positions", profile.positions}};
  json["groups"] = std::move(groups);
  json["rho_unit"] = RhoUnitOf(profile) == RhoUnit::kCycles ? "cycles" : "macs";
  json["sizes"] = std::move(sizes);
  json["codecs"] = std::move(codecs);
  // Names come from the model's file and need not be UTF-8; JSON must be.
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<Profile> ProfileFromJson(std::string_view text, const ProfileLimits& limits) {
  if (text.size() > limits.file_bytes) return ResourceExhausted("more than the ", limits.file_bytes, " bytes a profile may have");
  ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  return FromJson(json, limits);
}

absl::StatusOr<Profile> ReadProfile(const std::string& path, const ProfileLimits& limits) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, limits.file_bytes));
  absl::StatusOr<Profile> profile = ProfileFromJson(text, limits);
  if (!profile.ok()) return Annotate(profile.status(), path);
  return profile;
}

absl::Status WriteProfile(const std::string& path, const Profile& profile) {
  const std::string text = ProfileToJson(profile);
  // What nobody can read again is not written.
  if (const absl::Status readable = ProfileFromJson(text).status(); !readable.ok())
    return Annotate(readable, Concat("not written to ", path));
  return WriteFileAtomically(path, text);
}

}   // namespace partway::profile
