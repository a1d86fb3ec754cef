#include "apps/codec_times.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/text.h"
#include "codec/codec_spec.h"

namespace partway::apps {
namespace {

using Kind = codec::CodecSpec::Kind;

// How far off the time of `timed` is for `wanted`; nullopt where it says nothing. Of equally near ones the one that does more work is the nearer.
std::optional<double> Distance(const codec::CodecSpec& wanted, const codec::CodecSpec& timed) {
  if (wanted.kind != timed.kind || wanted.entropy != timed.entropy) return std::nullopt;
  constexpr double kMoreWork = 1e-3, kOtherChannels = 16;   // more than all bits
  if (wanted.kind == Kind::kJpeg) return std::abs(wanted.quality - timed.quality) - kMoreWork * timed.quality;
  if (wanted.kind == Kind::kInt) {
    return std::abs(wanted.bits - timed.bits) - kMoreWork * timed.bits +
           (wanted.per_channel == timed.per_channel ? 0 : kOtherChannels);
  }
  return std::nullopt;
}

const profile::CodecSpeed* NearestTimed(const std::vector<profile::CodecSpeed>& speeds, const codec::CodecSpec& wanted) {
  const profile::CodecSpeed* nearest = nullptr;
  double least = 0;
  for (const profile::CodecSpeed& speed : speeds) {
    const auto timed = codec::ParseCodec(speed.codec);
    const std::optional<double> distance = timed.ok() ? Distance(wanted, *timed) : std::nullopt;
    if (!distance || (nearest != nullptr && *distance >= least)) continue;
    nearest = &speed;
    least = *distance;
  }
  return nearest;
}

// Mean bytes at cut 0 over those of `other`, over the sizes that tell both; nullopt where none does.
std::optional<double> BytesRatio(const profile::AccuracyTable* table, const std::string& codec, const std::string& other) {
  if (table == nullptr) return std::nullopt;
  std::map<std::pair<int, int>, double> of_other;
  for (const profile::AccuracyRow& row : table->rows) {
    if (row.cut == 0 && row.codec == other && row.bytes > 0) of_other[{row.height, row.width}] = row.bytes;
  }
  double sum = 0;
  int sizes = 0;
  for (const profile::AccuracyRow& row : table->rows) {
    if (row.cut != 0 || row.codec != codec || !(row.bytes > 0)) continue;
    const auto found = of_other.find({row.height, row.width});
    if (found == of_other.end()) continue;
    sum += row.bytes / found->second;
    ++sizes;
  }
  return sizes > 0 ? std::optional(sum / sizes) : std::nullopt;
}

}   // namespace

std::vector<std::string> FillCodecTimes(const std::vector<cost::CodecChoice>& codecs, const profile::AccuracyTable* accuracy,
                                        profile::Profile* device, profile::Profile* edge) {
  // What is filled in is nobody's neighbour.
  const std::vector<profile::CodecSpeed> timed_on_device = device->codecs, timed_on_edge = edge->codecs;
  std::string taken;
  for (const cost::CodecChoice& choice : codecs) {
    const auto wanted = codec::ParseCodec(choice.name);
    if (!wanted.ok()) continue;
    std::string told;   // of this codec, so that device and edge say the same once
    for (profile::Profile* side : {device, edge}) {
      const std::vector<profile::CodecSpeed>& speeds = side == device ? timed_on_device : timed_on_edge;
      const auto same = [&](const profile::CodecSpeed& speed) { return speed.codec == choice.name; };
      if (std::any_of(speeds.begin(), speeds.end(), same)) continue;
      const profile::CodecSpeed* nearest = NearestTimed(speeds, *wanted);
      if (nearest == nullptr) continue;
      const double ratio = wanted->kind == Kind::kJpeg ? BytesRatio(accuracy, choice.name, nearest->codec).value_or(1) : 1;
      const double encode = 1 + kJpegEncodingShare * (ratio - 1), decode = 1 + kJpegDecodingShare * (ratio - 1);
      const std::string from = Concat(choice.name, " from ", nearest->codec);
      side->codecs.push_back({.codec = choice.name,
                              .encode_fixed_s = encode * nearest->encode_fixed_s,
                              .encode_s_per_byte = encode * nearest->encode_s_per_byte,
                              .decode_fixed_s = decode * nearest->decode_fixed_s,
                              .decode_s_per_byte = decode * nearest->decode_s_per_byte});
      if (from == told) continue;
      told = from;
      Append(&taken, taken.empty() ? "" : ", ", from);
    }
  }
  if (taken.empty()) return {};
  return {Concat("not timed, so the time of the nearest encoding that was stands in: ", taken,
                 " (partway profile --codecs times them)")};
}

}   // namespace partway::apps
