// What a machine needs for each group of a model: measured with our own engine (profile/measure) or derived from MACs. A plain
// value; profile_json.h reads and writes it (docs/formats.md, "Profile").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"

namespace partway::profile {

struct TimeSpread {
  double median_s = 0, p10_s = 0, p90_s = 0;
  int64_t n = 0;   // measurements; 0: derived, not measured
};

// All groups at one input size and one thread count. Batch 1.
struct SizeProfile {
  int height = 0, width = 0;   // input edge, pixels
  int threads = 1;
  bool estimated = false;            // times from those of other sizes (estimate_size.h), each with n = 0
  std::vector<TimeSpread> groups;    // N
  TimeSpread whole;                  // the model as one session, for the price of the boundaries; n = 0 where not measured
  std::vector<int64_t> group_macs;   // N
  // Raw (float32) bytes of each frontier, cut 0..N; what cut c uploads uncoded. Cut N: 0.
  std::vector<int64_t> cut_bytes;              // N+1
  std::vector<int64_t> output_bytes_of_tail;   // N+1: what comes back if [c, N) runs on the edge
};

// How long a codec works per byte of float32, each way: seconds = fixed + per_byte * bytes.
struct CodecSpeed {
  std::string codec;   // as codec::CodecName
  double encode_fixed_s = 0, encode_s_per_byte = 0;
  double decode_fixed_s = 0, decode_s_per_byte = 0;
};

struct Profile {
  static constexpr int kVersion = 1;
  bool measured = true;                // false: from MACs at `rate`
  std::optional<MacsPerSecond> rate;   // analytic only
  // Machine: what report/ writes into run records too.
  std::string cpu, system;
  int cores = 0;
  double cpu_hz = 0;                              // 0: the system does not tell
  std::string engine, engine_version, provider;   // "onnxruntime", "1.31.1", "cpu"; "" for analytic
  std::string date;                               // UTC, "2026-11-21T07:00:00Z"
  std::string model, model_sha256;
  std::string grouping;                     // fingerprint
  std::vector<int> positions;               // of the grouping, N+1
  std::vector<std::string> group_names;     // N
  std::vector<int64_t> group_param_bytes;   // N
  std::vector<SizeProfile> sizes;           // ascending by pixels, then threads
  std::vector<CodecSpeed> codecs;           // may be empty

  int group_count() const { return static_cast<int>(group_names.size()); }
  // Null where that size was not profiled.
  const SizeProfile* Find(int height, int width, int threads) const;
};

// Seconds of groups [from, to), the sum of medians (a chain runs them one after the other).
Seconds TimeOf(const SizeProfile& at, int from, int to);

}   // namespace partway::profile
