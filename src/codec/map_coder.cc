#include "codec/map_coder.h"

#include <algorithm>
#include <cmath>

#include "codec/map_model.h"
#include "codec/map_model_steps.h"
#include "codec/normal_table.h"
#include "codec/rans.h"
#include "codec/slices.h"

namespace partway::codec {
namespace {

constexpr size_t kPriorBytes = 4;
constexpr size_t kMaxPositions = 1 << 16, kMaxWidth = 1 << 12;   // of the maps that are modelled at once

// A part of every map: some rows of it.
struct Strip {
  size_t first = 0;   // position
  int height = 0, width = 0;
};

struct Maps {
  size_t count = 1, inner = 1, width = 1;
};

// Maps of next to no positions have no neighbours; all are one map then.
Maps MapsOf(const ChannelLayout& layout) {
  const size_t count = layout.batch * layout.channels;
  Maps maps = layout.inner >= 4 ? Maps{count, layout.inner, layout.width} : Maps{1, count * layout.inner, count * layout.inner};
  maps.width = std::min(maps.width, kMaxWidth);
  return maps;
}

template <class F>
void ForEachStrip(const Maps& maps, F f) {
  const size_t rows = std::max<size_t>(kMaxPositions / maps.width, 1);
  size_t first = 0;
  while (maps.inner - first >= maps.width) {
    const size_t height = std::min(rows, (maps.inner - first) / maps.width);
    f(Strip{first, static_cast<int>(height), static_cast<int>(maps.width)});
    first += height * maps.width;
  }
  if (first < maps.inner) f(Strip{first, 1, static_cast<int>(maps.inner - first)});
}

// Symbols of a strip with the gaps that make every position begin with the first state.
size_t PaddedSymbols(const Maps& maps, const Strip& strip) {
  return (maps.count + kRansStates - 1) / kRansStates * kRansStates * static_cast<size_t>(strip.height) * strip.width;
}

}   // namespace

struct MapCoder::Impl {
  MapModel model;
  std::vector<Slice> slices;   // while encoding, in the order they are decoded
  RansWriter writer;
  RansReader words;
  RansCursor cursor;
  bool vectors = false;

  void EncodeStrip(const uint8_t* symbols, const Maps& maps, const Strip& strip, int bits);
  void DecodeStrip(uint8_t* symbols, const Maps& maps, const Strip& strip, int bits);
  template <bool kEncode, int kWidth, class Symbol>
  PARTWAY_ALWAYS_INLINE void CodeBlock(Symbol* block, const Maps& maps, const Strip& strip, int bits, int lanes, size_t& at);
  template <bool kEncode, class Symbol>
  PARTWAY_ALWAYS_INLINE void CodeStrip(Symbol* symbols, const Maps& maps, const Strip& strip, int bits);
  void EncodeStripAvx2(const uint8_t* symbols, const Maps& maps, const Strip& strip, int bits);
  void DecodeStripAvx2(uint8_t* symbols, const Maps& maps, const Strip& strip, int bits);

  MapPriors priors;
};

// The positions of one block of maps; `at` is where their slices go.
template <bool kEncode, int kWidth, class Symbol>
PARTWAY_ALWAYS_INLINE void MapCoder::Impl::CodeBlock(Symbol* block, const Maps& maps, const Strip& strip, int bits, int lanes,
                                                     size_t& at) {
  RansCursor local = cursor;
  size_t position = 0, to = at;
  for (int y = 0; y < strip.height; ++y) {
    for (int x = 0; x < strip.width; ++x, ++position) {
      Expected expected;
      model.Expect<kWidth>(y, x, &expected);
      Lanes values{};
      const auto code = [&](int k, size_t state) PARTWAY_ALWAYS_INLINE_LAMBDA {
        const Slices all(expected.value[k], expected.scale_class[k], bits);
        if constexpr (kEncode) {
          values[k] = block[k * maps.inner + position];
          slices[to + k] = all.Of(values[k]);
        } else {
          Slice slice;
          values[k] = all.Find(local.Slot(state), &slice);
          local.Take(state, slice);
        }
      };
      // Unrolled by the number of states, so that these stay in registers.
      const int whole = lanes / kRansStates * kRansStates;
      for (int k = 0; k < whole; k += kRansStates) code(k, 0), code(k + 1, 1), code(k + 2, 2), code(k + 3, 3);
      for (int k = whole; k < lanes; ++k) code(k, static_cast<size_t>(k - whole));
      to += (lanes + kRansStates - 1) / kRansStates * kRansStates;   // each map keeps its state
      if constexpr (!kEncode) {
        for (int k = 0; k < lanes; ++k) block[k * maps.inner + position] = static_cast<uint8_t>(values[k]);
      }
      model.Observe<kWidth>(y, x, lanes, expected, values);
    }
  }
  cursor = local;
  at = to;
}

template <bool kEncode, class Symbol>
PARTWAY_ALWAYS_INLINE void MapCoder::Impl::CodeStrip(Symbol* symbols, const Maps& maps, const Strip& strip, int bits) {
  model.BeginMaps(strip.height, strip.width, bits, priors);
  size_t at = slices.size();
  if constexpr (kEncode) slices.resize(at + PaddedSymbols(maps, strip));
  for (size_t first = 0; first < maps.count; first += kLanes) {
    const int lanes = static_cast<int>(std::min<size_t>(kLanes, maps.count - first));
    Symbol* const block = symbols + first * maps.inner + strip.first;
    model.BeginBlock();
    // Half as wide where that will do.
    if (lanes <= kLanes / 2) {
      CodeBlock<kEncode, kLanes / 2>(block, maps, strip, bits, lanes, at);
    } else {
      CodeBlock<kEncode, kLanes>(block, maps, strip, bits, lanes, at);
    }
    const bool last = first + kLanes >= maps.count;
    if (!last) model.Accumulate(lanes);
    model.EndBlock(lanes, last);
  }
}

void MapCoder::Impl::EncodeStrip(const uint8_t* symbols, const Maps& maps, const Strip& strip, int bits) {
  CodeStrip<true>(symbols, maps, strip, bits);
}
void MapCoder::Impl::DecodeStrip(uint8_t* symbols, const Maps& maps, const Strip& strip, int bits) {
  CodeStrip<false>(symbols, maps, strip, bits);
}

namespace {

#if defined(__x86_64__)
#define PARTWAY_AVX2 __attribute__((target("avx2,bmi,bmi2")))
bool HaveAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"); }
#else
#define PARTWAY_AVX2
bool HaveAvx2() { return false; }
#endif

}   // namespace

PARTWAY_AVX2 void MapCoder::Impl::EncodeStripAvx2(const uint8_t* symbols, const Maps& maps, const Strip& strip, int bits) {
  CodeStrip<true>(symbols, maps, strip, bits);
}
PARTWAY_AVX2 void MapCoder::Impl::DecodeStripAvx2(uint8_t* symbols, const Maps& maps, const Strip& strip, int bits) {
  CodeStrip<false>(symbols, maps, strip, bits);
}

namespace {

// Typical mean and distance of the maps and how far they differ in them. What is chosen here decides how many bits it takes, never
// what is decoded.
MapPriors FitPriors(std::span<const uint8_t> symbols, const Maps& maps, int bits) {
  double mean_sum = 0, mean_squares = 0, log_sum = 0, log_squares = 0, variance_sum = 0;
  for (size_t m = 0; m < maps.count; ++m) {
    const uint8_t* const map = symbols.data() + m * maps.inner;
    uint64_t sum = 0, squares = 0;
    for (size_t i = 0; i < maps.inner; ++i) sum += map[i], squares += map[i] * map[i];
    const double n = static_cast<double>(maps.inner), mean = static_cast<double>(sum) / n;
    const double variance = std::max(static_cast<double>(squares) / n - mean * mean, 0.0) + 1.0 / 64;
    mean_sum += mean, mean_squares += mean * mean;
    variance_sum += variance;
    const double distance = std::sqrt(variance) * 0.62, log = std::log(distance);
    log_sum += log, log_squares += log * log;
  }
  const double count = static_cast<double>(maps.count), n = static_cast<double>(maps.inner);
  const double mean = mean_sum / count, spread = std::max(mean_squares / count - mean * mean - variance_sum / count / n, 1e-3);
  const double log_spread = std::max(log_squares / count - (log_sum / count) * (log_sum / count) - 0.5 / n, 1e-3);
  MapPriors priors;
  priors.mean = static_cast<uint8_t>(std::lrint(mean));
  const double typical = std::clamp(std::exp(log_sum / count) * (1 << (kValueBits - bits)), 1.0, 32767.0);
  priors.distance = static_cast<uint8_t>(ScaleClass(static_cast<int32_t>(typical)));
  // A map's own observation is worth what its noise has over what maps differ by.
  priors.mean_trust = static_cast<uint8_t>(std::clamp(4.0 * 1.6 * variance_sum / count / spread, 1.0, 255.0));
  priors.distance_trust = static_cast<uint8_t>(std::clamp(2.0 * 1.2 / log_spread, 2.0, 255.0));
  return priors;
}

}   // namespace

MapCoder::MapCoder(bool vectors) : impl_(std::make_unique<Impl>()) { impl_->vectors = vectors && HaveAvx2(); }
MapCoder::~MapCoder() = default;

void MapCoder::Encode(std::span<const uint8_t> symbols, const ChannelLayout& layout, int bits, std::string* bytes) {
  const Maps maps = MapsOf(layout);
  impl_->priors = FitPriors(symbols, maps, bits);
  impl_->slices.clear();
  ForEachStrip(maps, [&](const Strip& strip) {
    impl_->vectors ? impl_->EncodeStripAvx2(symbols.data(), maps, strip, bits)
                   : impl_->EncodeStrip(symbols.data(), maps, strip, bits);
  });
  const MapPriors& p = impl_->priors;
  for (uint8_t byte : {p.mean, p.distance, p.mean_trust, p.distance_trust}) *bytes += static_cast<char>(byte);
  impl_->writer.Write(impl_->slices, bytes);
}

bool MapCoder::Decode(std::span<const std::byte> bytes, const ChannelLayout& layout, int bits, std::span<uint8_t> symbols) {
  if (bytes.size() < kPriorBytes || !impl_->words.Start(bytes.subspan(kPriorBytes), &impl_->cursor)) return false;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  impl_->priors = {byte(0), byte(1), byte(2), byte(3)};
  if (impl_->priors.mean >> bits != 0) return false;
  const Maps maps = MapsOf(layout);
  ForEachStrip(maps, [&](const Strip& strip) {
    impl_->vectors ? impl_->DecodeStripAvx2(symbols.data(), maps, strip, bits)
                   : impl_->DecodeStrip(symbols.data(), maps, strip, bits);
  });
  return impl_->cursor.Complete();
}

}   // namespace partway::codec
