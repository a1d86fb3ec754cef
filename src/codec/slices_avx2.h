// slices.h and the reading half of rans.h for eight symbols at a time, with AVX2. The results are the same.
#pragma once

#include "codec/rans.h"
#include "codec/slices.h"
#include "codec/vectors.h"

#if PARTWAY_HAS_AVX2

namespace partway::codec {

inline constexpr int kVector = 8;   // numbers of 32 bits in a register
static_assert(kRansStates == kVector);

// What all symbols of a width have in common, in registers.
struct SymbolWidth {
  PARTWAY_AVX2 explicit SymbolWidth(int bits)
      : width(bits),
        rest(reinterpret_cast<const int*>(kNormal.rest[bits].data() + kZHalf)),
        quantile(reinterpret_cast<const int*>(kNormal.quantile[bits].data())),
        shift(_mm_cvtsi32_si128(kValueBits - bits)),
        half(_mm256_set1_epi32(1 << (kValueBits - bits) >> 1)),
        top(_mm256_set1_epi32((1 << bits) - 1)),
        slopes(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(kNormal.slope.data()))),
        reaches(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(kNormal.reach.data()))) {}

  int width;
  const int *rest, *quantile;   // of 16 bits each
  __m128i shift;
  __m256i half, top, slopes, reaches;
};

// Slices of eight symbols, each with its own expected value and scale.
class EightSlices {
 public:
  PARTWAY_AVX2 PARTWAY_ALWAYS_INLINE EightSlices(const int32_t* values, const int32_t* scale_classes, const SymbolWidth& width)
      : width_(width),
        value_(_mm256_load_si256(reinterpret_cast<const __m256i*>(values))),
        scale_class_(_mm256_load_si256(reinterpret_cast<const __m256i*>(scale_classes))),
        octave_(_mm256_srli_epi32(scale_class_, 3)),
        slope_(_mm256_permutevar8x32_epi32(width.slopes, scale_class_)),
        edge_(_mm256_add_epi32(value_, width.half)) {}

  PARTWAY_AVX2 PARTWAY_ALWAYS_INLINE __m256i Start(__m256i symbol) const {
    const __m256i distance = _mm256_sub_epi32(_mm256_sll_epi32(symbol, width_.shift), edge_);
    // The product of two numbers of 16 bits, one of which is positive.
    __m256i z = _mm256_srav_epi32(_mm256_madd_epi16(distance, slope_), _mm256_add_epi32(octave_, _mm256_set1_epi32(kSlopeBits)));
    z = _mm256_min_epi32(_mm256_max_epi32(z, _mm256_set1_epi32(-kZHalf)), _mm256_set1_epi32(kZHalf));
    const __m256i rest = _mm256_and_si256(_mm256_i32gather_epi32(width_.rest, z, 2), _mm256_set1_epi32(0xffff));
    const __m256i inside = _mm256_and_si256(_mm256_add_epi32(symbol, rest), _mm256_cmpgt_epi32(symbol, _mm256_setzero_si256()));
    return _mm256_blendv_epi8(inside, _mm256_set1_epi32(65536), _mm256_cmpgt_epi32(symbol, width_.top));
  }

  // As eight of Slice.
  PARTWAY_AVX2 PARTWAY_ALWAYS_INLINE __m256i Of(__m256i symbol) const {
    const __m256i one = _mm256_set1_epi32(1), start = Start(symbol), end = Start(_mm256_add_epi32(symbol, one));
    return _mm256_or_si256(start, _mm256_slli_epi32(_mm256_sub_epi32(_mm256_sub_epi32(end, start), one), 16));
  }

  // The symbols whose slices hold the slots.
  PARTWAY_AVX2 PARTWAY_ALWAYS_INLINE __m256i Find(__m256i slot, __m256i* start, __m256i* end) const {
    const __m256i one = _mm256_set1_epi32(1), zero = _mm256_setzero_si256();
    const __m256i share = _mm256_srli_epi32(
        _mm256_max_epi32(_mm256_sub_epi32(slot, _mm256_sra_epi32(value_, width_.shift)), zero), 16 - kQuantileBits);
    const __m256i loaded = _mm256_i32gather_epi32(width_.quantile, share, 2);
    const __m256i twice = _mm256_sub_epi32(_mm256_srai_epi32(_mm256_slli_epi32(loaded, 16), 15), one);
    const __m256i reach = _mm256_permutevar8x32_epi32(width_.reaches, scale_class_);
    const __m256i off =
        _mm256_srav_epi32(_mm256_madd_epi16(twice, reach), _mm256_sub_epi32(_mm256_set1_epi32(kReachBits + 1), octave_));
    // The symbol or the one before it: with three edges it is settled which, as good as always.
    __m256i below =
        _mm256_min_epi32(_mm256_max_epi32(_mm256_sra_epi32(_mm256_add_epi32(value_, off), width_.shift), zero), width_.top);
    for (;;) {
      const __m256i above = _mm256_add_epi32(below, one);
      const __m256i first = Start(below), second = Start(above), third = Start(_mm256_add_epi32(above, one));
      const __m256i is_below = _mm256_cmpgt_epi32(second, slot);
      *start = _mm256_blendv_epi8(second, first, is_below);
      *end = _mm256_blendv_epi8(third, second, is_below);
      const __m256i too_high = _mm256_cmpgt_epi32(*start, slot), right = _mm256_cmpgt_epi32(*end, slot);
      if (_mm256_movemask_epi8(_mm256_andnot_si256(too_high, right)) == -1) [[likely]]
        return _mm256_add_epi32(above, is_below);
      const __m256i up =
          _mm256_add_epi32(right, one);   // 1 where the symbol is beyond those two; `too_high` is -1 where it is before them
      below = _mm256_add_epi32(below, _mm256_slli_epi32(_mm256_add_epi32(up, too_high), 1));
    }
  }

 private:
  const SymbolWidth& width_;
  __m256i value_, scale_class_, octave_, slope_, edge_;
};

// For each choice of eight states: which of the next words each of them takes.
inline constexpr auto kWordOf = [] {
  std::array<std::array<uint8_t, 8>, 256> all{};
  for (int mask = 0; mask < 256; ++mask) {
    for (int k = 0, at = 0; k < 8; ++k) {
      if ((mask >> k & 1) != 0) all[mask][k] = static_cast<uint8_t>(at++);
    }
  }
  return all;
}();

// A RansCursor in registers, for turns of all states.
class RansVector {
 public:
  PARTWAY_AVX2 explicit RansVector(const RansCursor& cursor)
      : state_(_mm256_load_si256(reinterpret_cast<const __m256i*>(cursor.states_.data()))),
        next_(cursor.next_),
        beyond_(cursor.beyond_) {}
  PARTWAY_AVX2 void Store(RansCursor* cursor) const {
    _mm256_store_si256(reinterpret_cast<__m256i*>(cursor->states_.data()), state_);
    cursor->next_ = next_;
  }

  PARTWAY_AVX2 PARTWAY_ALWAYS_INLINE __m256i Slots() const { return _mm256_and_si256(state_, _mm256_set1_epi32(0xffff)); }

  // Slices that the slots lie in.
  PARTWAY_AVX2 PARTWAY_ALWAYS_INLINE void Take(__m256i slot, __m256i start, __m256i end) {
    const __m256i first_half = _mm256_srli_epi32(state_, 16);
    const __m256i taken =
        _mm256_add_epi32(_mm256_mullo_epi32(_mm256_sub_epi32(end, start), first_half), _mm256_sub_epi32(slot, start));
    const __m256i low = _mm256_cmpeq_epi32(_mm256_srli_epi32(taken, 16), _mm256_setzero_si256());
    const int mask = _mm256_movemask_ps(_mm256_castsi256_ps(low));
    const __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(next_)));
    const __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(kWordOf[mask].data())));
    const __m256i longer = _mm256_or_si256(_mm256_slli_epi32(taken, 16), _mm256_permutevar8x32_epi32(words, order));
    state_ = _mm256_blendv_epi8(taken, longer, low);
    const uint16_t* const next = next_ + _mm_popcnt_u32(static_cast<unsigned>(mask));
    next_ = next > beyond_ ? beyond_ : next;
  }

 private:
  __m256i state_;
  const uint16_t *next_, *beyond_;
};

}   // namespace partway::codec

#endif
