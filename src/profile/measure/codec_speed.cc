#include "profile/measure/codec_speed.h"

#include <tuple>
#include <utility>

#include "base/status.h"

namespace partway::profile {
namespace {

// f and p of t = f + p b, from pairs (b, t): minimises the sum of (f / t + p b / t - 1)^2 over f, p >= 0.
std::pair<double, double> Fit(std::span<const std::pair<double, double>> points) {
  double aa = 0, ac = 0, cc = 0, a = 0, c = 0;
  for (const auto& [bytes, seconds] : points) {
    if (seconds <= 0) continue;
    const double x = 1 / seconds, y = bytes / seconds;
    aa += x * x;
    ac += x * y;
    cc += y * y;
    a += x;
    c += y;
  }
  if (cc <= 0) return {aa > 0 ? a / aa : 0, 0};
  const double determinant = aa * cc - ac * ac;
  if (determinant > 1e-9 * aa * cc) {
    const double fixed = (a * cc - c * ac) / determinant, per_byte = (c * aa - a * ac) / determinant;
    if (fixed >= 0 && per_byte >= 0) return {fixed, per_byte};
    if (per_byte < 0) return {a / aa, 0};
  }
  return {0, c / cc};
}

double BytesOf(const CodecInput& input) {
  double bytes = 0;
  for (const NamedTensor& t : input.values) bytes += static_cast<double>(t.tensor.byte_size());
  return bytes;
}

}   // namespace

CodecSpeed FitCodecSpeed(const std::string& codec, std::span<const CodecSample> samples) {
  std::vector<std::pair<double, double>> encode, decode;
  for (const CodecSample& s : samples) {
    encode.emplace_back(s.bytes, s.encode_s);
    decode.emplace_back(s.bytes, s.decode_s);
  }
  CodecSpeed speed{.codec = codec};
  std::tie(speed.encode_fixed_s, speed.encode_s_per_byte) = Fit(encode);
  std::tie(speed.decode_fixed_s, speed.decode_s_per_byte) = Fit(decode);
  return speed;
}

absl::StatusOr<std::vector<CodecSpeed>> TimeCodecs(std::span<const codec::CodecSpec> specs, std::span<const CodecInput> inputs,
                                                   const CodecTiming& timing, const MeasureClocks& clocks,
                                                   const std::function<bool()>& go_on) {
  const Instant begun = clocks.wall.Now();
  std::vector<CodecSpeed> speeds;
  for (const codec::CodecSpec& spec : specs) {
    const std::string name = codec::CodecName(spec);
    codec::Encoder encoder(spec);
    codec::Decoder decoder;
    std::vector<CodecSample> samples;
    for (const CodecInput& input : inputs) {
      if (spec.pictures_only() && !input.picture) continue;
      const auto late = [&] { return clocks.wall.Now() - begun >= timing.time_limit; };
      if (!samples.empty()) {
        const CodecSample& last = samples.back();
        const double each = last.bytes > 0 ? (last.encode_s + last.decode_s) * BytesOf(input) / last.bytes : 0;
        if (ToSeconds(clocks.wall.Now() - begun) + each * (timing.repeat + 1) >= ToSeconds(timing.time_limit)) continue;
      }
      std::vector<double> encode, decode;
      std::string frame;
      for (int i = 0; i <= timing.repeat; ++i) {
        if (go_on && !go_on()) return absl::CancelledError("stopped while codecs were timed");
        const Instant start = clocks.stopwatch.Now();
        absl::Status encoded = encoder.Encode(input.values, input.picture ? &*input.picture : nullptr, &frame);
        const Instant middle = clocks.stopwatch.Now();
        if (!encoded.ok()) return Annotate(encoded, name);
        const auto decoded = decoder.Decode(std::as_bytes(std::span(frame.data(), frame.size())));
        const Instant end = clocks.stopwatch.Now();
        if (!decoded.ok())
          return InternalError(name, ": its own frame does not decode: ", std::string(decoded.status().message()));
        if (i == 0) continue;
        encode.push_back(ToSeconds(middle - start));
        decode.push_back(ToSeconds(end - middle));
        if (late()) break;
      }
      samples.push_back({BytesOf(input), SpreadOf(std::move(encode)).median_s, SpreadOf(std::move(decode)).median_s});
    }
    if (!samples.empty()) speeds.push_back(FitCodecSpeed(name, samples));
  }
  return speeds;
}

}   // namespace partway::profile
