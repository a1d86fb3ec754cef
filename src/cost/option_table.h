// Every way to run a frame, with all that can be predicted of it: one row for each cut x size x codec. A cut N option sends nothing and
// so has no codec. Built once from profiles and tables (build_options.h), then evaluated under a State.
//
// Laid out in columns, and each column in the order of rows, so that a decision walks through plain arrays of double: no names,
// no allocation, no branches in the loop (720 rows of latency in well under a microsecond). Immutable once built; thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "cost/state.h"

namespace partway::cost {

// Value of a column where nothing was measured (accuracy, privacy). Any comparison with it is false, so a constraint on it refuses the row.
inline constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

struct InputSize {
  int height = 0, width = 0;   // pixels
  bool operator==(const InputSize&) const = default;
};

struct OptionKey {
  int16_t cut = 0;
  int16_t size = 0;    // index into OptionTable::sizes
  int16_t codec = 0;   // index into OptionTable::codecs; kNoCodec for cut N
  bool operator==(const OptionKey&) const = default;
};
inline constexpr int16_t kNoCodec = -1;

struct OptionTable {
  // What the indices mean.
  std::vector<std::string> group_names;   // N
  std::vector<InputSize> sizes;           // ascending by pixels
  std::vector<std::string> codecs;        // in the order asked for
  int groups() const { return static_cast<int>(group_names.size()); }

  // Rows, ordered by cut, then size, then codec.
  std::vector<OptionKey> keys;
  size_t size() const { return keys.size(); }

  // Coefficients of paper eq. 1-2 per frame, one for each Weight: latency = sum over w of coefficient[w] * weight[w].
  //   kDevice     device seconds, head (eq. 1: w s rho_md(c, s) / g_md) and encoding
  //   kUplink     uploaded bits (eq. 1: w s sigma_md(c, s), or what the codec makes of them)
  //   kRoundTrip  1 for a frame that leaves the device, 0 else
  //   kEdge       edge seconds, decoding and tail (eq. 1: w s rho_es(c, s) / g_es)
  //   kDownlink   bits of the reply
  std::array<std::vector<double>, kWeights> coefficient;
  std::vector<double> encode_s, decode_s;   // the parts of kDevice and kEdge that are the codec's

  std::vector<double> accuracy;   // share in 0..1, or kNotKnown
  // Weights of that side's groups and the largest sum of a group's input and output frontiers. What an engine needs inside a group comes on top.
  std::vector<double> device_memory_bytes, edge_memory_bytes;
  // What somebody who sees the upload learns of the picture, 0 for an option that uploads nothing: distance correlation (0..1)
  // between pictures and uploads, SSIM (up to 1) of the pictures reconstructed from them. Or kNotKnown.
  std::vector<double> distance_correlation, reconstruction_ssim;

  // Place of each row among all when their objectives are equal (RankRows).
  std::vector<int32_t> rank;

  bool local(size_t row) const { return keys[row].codec == kNoCodec; }
  double upload_bytes(size_t row) const { return coefficient[kUplink][row] / 8; }
};

// "cut 4 at 224 as int8"; "all on the device at 224" and "all on the edge at 224 as jpeg:75" for the ends.
std::string OptionText(const OptionTable& table, size_t row);
std::string SizeText(const InputSize& size);   // as base/quantity.h has it

// Fills `rank`: higher accuracy first (unknown last), then fewer uploaded bits, then less device work, then the order of rows.
void RankRows(OptionTable* table);

}   // namespace partway::cost
