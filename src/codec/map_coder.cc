#include "codec/map_coder.h"

#include <algorithm>
#include <cmath>

#include "codec/map_model.h"
#include "codec/map_model_steps.h"
#include "codec/normal_table.h"
#include "codec/rans.h"
#include "codec/slices.h"
#include "codec/slices_avx2.h"
#include "codec/vectors.h"

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

// States that some map has: the map of lane k in a block of 16 has state k % 8.
size_t StatesOf(const Maps& maps) { return std::min(maps.count, kRansStates); }

// Symbols that some lanes take in the stream: whole turns of the states.
size_t Turns(size_t lanes) { return (lanes + kRansStates - 1) / kRansStates * kRansStates; }

// Some maps side by side.
template <class Symbol>
struct Block {
  Symbol* symbols;   // of the first map's first position
  size_t stride;     // from one map to the next
  int lanes;
};

}   // namespace

struct MapCoder::Impl {
  explicit Impl(bool vectors) : vectors(vectors && HaveAvx2()), writer(vectors) {}

  bool vectors;
  MapModel model;
  std::vector<Slice> slices;   // while encoding, in the order they are decoded
  RansWriter writer;
  RansReader words;
  RansCursor cursor;
  MapPriors priors;
  Running running;   // of the block

  template <class Symbol>
  void CodeStrip(Symbol* symbols, const Maps& maps, const Strip& strip, int bits);
  // All positions of a block, for at most kWidth lanes. `to`: where their slices go.
  template <int kWidth>
  void EncodeBlock(const Block<const uint8_t>& block, const Strip& strip, int bits, Slice* to);
  template <int kWidth>
  void DecodeBlock(const Block<uint8_t>& block, const Strip& strip, int bits);
  template <int kWidth>
  PARTWAY_AVX2 void EncodeBlockAvx2(const Block<const uint8_t>& block, const Strip& strip, int bits, Slice* to);
  template <int kWidth>
  PARTWAY_AVX2 void DecodeBlockAvx2(const Block<uint8_t>& block, const Strip& strip, int bits);
  void EndBlock(int lanes) { model.EndBlock(lanes, running); }
  PARTWAY_AVX2 void EndBlockAvx2(int lanes) { model.EndBlock(lanes, running); }
};

template <int kWidth>
void MapCoder::Impl::EncodeBlock(const Block<const uint8_t>& block, const Strip& strip, int bits, Slice* to) {
  Running local = running;
  const uint8_t* from = block.symbols;
  for (int y = 0; y < strip.height; ++y) {
    for (int x = 0; x < strip.width; ++x, ++from, to += Turns(block.lanes)) {
      Expected expected;
      model.Expect<kWidth>(y, x, local, &expected);
      alignas(64) Lanes symbols{};
      for (int k = 0; k < block.lanes; ++k) {
        symbols[k] = from[k * block.stride];
        to[k] = Slices(expected.value[k], expected.scale_class[k], bits).Of(symbols[k]);
      }
      model.Observe<kWidth>(y, x, block.lanes, expected, symbols, &local);
    }
  }
  running = local;
}

template <int kWidth>
void MapCoder::Impl::DecodeBlock(const Block<uint8_t>& block, const Strip& strip, int bits) {
  Running local = running;
  RansCursor rans = cursor;
  uint8_t* to = block.symbols;
  for (int y = 0; y < strip.height; ++y) {
    for (int x = 0; x < strip.width; ++x, ++to) {
      Expected expected;
      model.Expect<kWidth>(y, x, local, &expected);
      alignas(64) Lanes symbols{};
      for (int k = 0; k < block.lanes; ++k) {
        Slice slice;
        symbols[k] = Slices(expected.value[k], expected.scale_class[k], bits).Find(rans.Slot(k), &slice);
        rans.Take(k, slice);
        to[k * block.stride] = static_cast<uint8_t>(symbols[k]);
      }
      model.Observe<kWidth>(y, x, block.lanes, expected, symbols, &local);
    }
  }
  cursor = rans;
  running = local;
}

#if PARTWAY_HAS_AVX2

// The same with eight lanes at a time in the coder, too.
template <int kWidth>
PARTWAY_AVX2 void MapCoder::Impl::EncodeBlockAvx2(const Block<const uint8_t>& block, const Strip& strip, int bits, Slice* to) {
  Running local = running;
  const SymbolWidth symbol_width(bits);
  const uint8_t* from = block.symbols;
  const int lanes = block.lanes;
  const size_t turns = Turns(lanes);
  for (int y = 0; y < strip.height; ++y) {
    for (int x = 0; x < strip.width; ++x, ++from, to += turns) {
      Expected expected;
      model.Expect<kWidth>(y, x, local, &expected);
      alignas(64) Lanes symbols{};
      for (int k = 0; k < lanes; ++k) symbols[k] = from[k * block.stride];
      for (int k = 0; k < kWidth; k += kVector) {
        const EightSlices all(expected.value.data() + k, expected.scale_class.data() + k, symbol_width);
        const __m256i slices = all.Of(_mm256_load_si256(reinterpret_cast<const __m256i*>(symbols.data() + k)));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + k), slices);
      }
      for (size_t k = lanes; k < turns; ++k) to[k] = Slice();
      model.Observe<kWidth>(y, x, lanes, expected, symbols, &local);
    }
  }
  running = local;
}

template <int kWidth>
PARTWAY_AVX2 void MapCoder::Impl::DecodeBlockAvx2(const Block<uint8_t>& block, const Strip& strip, int bits) {
  Running local = running;
  const SymbolWidth symbol_width(bits);
  RansVector rans(cursor);
  uint8_t* to = block.symbols;
  const int lanes = block.lanes;
  const __m256i numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  for (int y = 0; y < strip.height; ++y) {
    for (int x = 0; x < strip.width; ++x, ++to) {
      Expected expected;
      model.Expect<kWidth>(y, x, local, &expected);
      alignas(64) Lanes symbols{};
      for (int k = 0; k < kWidth; k += kVector) {
        const EightSlices all(expected.value.data() + k, expected.scale_class.data() + k, symbol_width);
        const __m256i slot = rans.Slots();
        __m256i start, end;
        const __m256i symbol = all.Find(slot, &start, &end);
        _mm256_store_si256(reinterpret_cast<__m256i*>(symbols.data() + k), symbol);
        // Lanes beyond the last take everything, which is nothing.
        const __m256i real = _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes - k), numbers);
        rans.Take(slot, _mm256_and_si256(start, real), _mm256_blendv_epi8(_mm256_set1_epi32(65536), end, real));
      }
      for (int k = 0; k < lanes; ++k) to[k * block.stride] = static_cast<uint8_t>(symbols[k]);
      model.Observe<kWidth>(y, x, lanes, expected, symbols, &local);
    }
  }
  rans.Store(&cursor);
  running = local;
}

#else
template <int kWidth>
void MapCoder::Impl::EncodeBlockAvx2(const Block<const uint8_t>& block, const Strip& strip, int bits, Slice* to) {
  EncodeBlock<kWidth>(block, strip, bits, to);
}
template <int kWidth>
void MapCoder::Impl::DecodeBlockAvx2(const Block<uint8_t>& block, const Strip& strip, int bits) {
  DecodeBlock<kWidth>(block, strip, bits);
}
#endif

template <class Symbol>
void MapCoder::Impl::CodeStrip(Symbol* symbols, const Maps& maps, const Strip& strip, int bits) {
  constexpr bool kEncode = std::is_const_v<Symbol>;
  model.BeginMaps(strip.height, strip.width, bits, priors);
  const size_t positions = static_cast<size_t>(strip.height) * strip.width;
  for (size_t first = 0; first < maps.count; first += kLanes) {
    const int lanes = static_cast<int>(std::min<size_t>(kLanes, maps.count - first));
    const Block<Symbol> block{symbols + first * maps.inner + strip.first, maps.inner, lanes};
    running = model.BeginBlock();
    // Half as wide where that will do.
    const bool half = lanes <= kLanes / 2;
    if constexpr (kEncode) {
      const size_t at = slices.size();
      slices.resize(at + Turns(lanes) * positions);
      Slice* const to = slices.data() + at;
      if (vectors) {
        half ? EncodeBlockAvx2<kLanes / 2>(block, strip, bits, to) : EncodeBlockAvx2<kLanes>(block, strip, bits, to);
      } else {
        half ? EncodeBlock<kLanes / 2>(block, strip, bits, to) : EncodeBlock<kLanes>(block, strip, bits, to);
      }
    } else if (vectors) {
      half ? DecodeBlockAvx2<kLanes / 2>(block, strip, bits) : DecodeBlockAvx2<kLanes>(block, strip, bits);
    } else {
      half ? DecodeBlock<kLanes / 2>(block, strip, bits) : DecodeBlock<kLanes>(block, strip, bits);
    }
    if (first + kLanes < maps.count) vectors ? EndBlockAvx2(lanes) : EndBlock(lanes);
  }
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

MapCoder::MapCoder(bool vectors) : impl_(std::make_unique<Impl>(vectors)) {}
MapCoder::~MapCoder() = default;

void MapCoder::Encode(std::span<const uint8_t> symbols, const ChannelLayout& layout, int bits, std::string* bytes) {
  const Maps maps = MapsOf(layout);
  impl_->priors = FitPriors(symbols, maps, bits);
  impl_->slices.clear();
  ForEachStrip(maps, [&](const Strip& strip) { impl_->CodeStrip(symbols.data(), maps, strip, bits); });
  const MapPriors& p = impl_->priors;
  for (uint8_t byte : {p.mean, p.distance, p.mean_trust, p.distance_trust}) *bytes += static_cast<char>(byte);
  impl_->writer.Write(impl_->slices, StatesOf(maps), bytes);
}

bool MapCoder::Decode(std::span<const std::byte> bytes, const ChannelLayout& layout, int bits, std::span<uint8_t> symbols) {
  const Maps maps = MapsOf(layout);
  if (bytes.size() < kPriorBytes || !impl_->words.Start(bytes.subspan(kPriorBytes), StatesOf(maps), &impl_->cursor)) return false;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  impl_->priors = {byte(0), byte(1), byte(2), byte(3)};
  if (impl_->priors.mean >> bits != 0) return false;
  ForEachStrip(maps, [&](const Strip& strip) { impl_->CodeStrip(symbols.data(), maps, strip, bits); });
  return impl_->cursor.Complete();
}

}   // namespace partway::codec
