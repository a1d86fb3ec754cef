#include "codec/rans.h"

#include "codec/always_inline.h"
#include "codec/vectors.h"

namespace partway::codec {
namespace {

using States = std::array<uint32_t, kRansStates>;

// Writes before `word`, the last first; returns where the first one is.
uint16_t* WriteWords(std::span<const Slice> slices, States& states, uint16_t* word) {
  for (size_t i = slices.size(); i-- > 0;) {
    uint32_t& state = states[i % kRansStates];
    const uint32_t size = slices[i].more + 1u;
    // Without a branch, since none could be foretold.
    const bool full = state >> 16 >= size;
    word[-1] = static_cast<uint16_t>(state);
    word -= full ? 1 : 0;
    const uint32_t left = state >> (full ? 16 : 0), quotient = left / size;
    state = (quotient << 16) + (left - quotient * size) + slices[i].start;
  }
  return word;
}

#if PARTWAY_HAS_AVX2

// For each choice of eight states: their numbers, in order, at the end of eight.
constexpr auto kLastOf = [] {
  std::array<std::array<uint8_t, 8>, 256> all{};
  for (int mask = 0; mask < 256; ++mask) {
    for (int k = 7, at = 7; k >= 0; --k) {
      if ((mask >> k & 1) != 0) all[mask][at--] = static_cast<uint8_t>(k);
    }
  }
  return all;
}();

// Four of 32 bits over four of 17 bits where the quotient is below 2^16. Exact: its fraction is a multiple of 1/divisor, far above the
// rounding of a double.
PARTWAY_AVX2 PARTWAY_ALWAYS_INLINE __m128i Quotients(__m128i dividend, __m128i divisor) {
  const __m256i magic = _mm256_set1_epi64x(0x4330000000000000);   // 2^52, whose last bits count ones
  const __m256d wide = _mm256_castsi256_pd(_mm256_or_si256(_mm256_cvtepu32_epi64(dividend), magic));
  const __m256d exact = _mm256_sub_pd(wide, _mm256_castsi256_pd(magic));
  return _mm256_cvttpd_epi32(_mm256_div_pd(exact, _mm256_cvtepi32_pd(divisor)));
}

// The same for whole turns of eight states.
PARTWAY_AVX2 uint16_t* WriteWordsAvx2(std::span<const Slice> slices, States& states, uint16_t* word) {
  __m256i state = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(states.data()));
  const __m256i last_half = _mm256_set1_epi32(0xffff), one = _mm256_set1_epi32(1);
  for (size_t i = slices.size(); i >= kRansStates;) {
    i -= kRansStates;
    const __m256i slice = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(slices.data() + i));
    const __m256i size = _mm256_add_epi32(_mm256_srli_epi32(slice, 16), one), start = _mm256_and_si256(slice, last_half);
    const __m256i first_half = _mm256_srli_epi32(state, 16);
    const __m256i full = _mm256_cmpeq_epi32(_mm256_max_epu32(first_half, size), first_half);
    const int mask = _mm256_movemask_ps(_mm256_castsi256_ps(full));
    const __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(kLastOf[mask].data())));
    const __m256i words = _mm256_permutevar8x32_epi32(_mm256_and_si256(state, last_half), order);
    const __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(word - kRansStates), packed);
    word -= _mm_popcnt_u32(static_cast<unsigned>(mask));
    const __m256i left = _mm256_blendv_epi8(state, first_half, full);
    const __m128i below = Quotients(_mm256_castsi256_si128(left), _mm256_castsi256_si128(size));
    const __m128i above = Quotients(_mm256_extracti128_si256(left, 1), _mm256_extracti128_si256(size, 1));
    const __m256i quotient = _mm256_inserti128_si256(_mm256_castsi128_si256(below), above, 1);
    const __m256i rest = _mm256_sub_epi32(left, _mm256_mullo_epi32(quotient, size));
    state = _mm256_add_epi32(_mm256_add_epi32(_mm256_slli_epi32(quotient, 16), rest), start);
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(states.data()), state);
  return word;
}

#else
uint16_t* WriteWordsAvx2(std::span<const Slice> slices, States& states, uint16_t* word) {
  return WriteWords(slices, states, word);
}
#endif

}   // namespace

RansWriter::RansWriter(bool vectors) : vectors_(vectors && HaveAvx2()) {}

void RansWriter::Write(std::span<const Slice> slices, size_t states, std::string* bytes) {
  States all;
  all.fill(kRansLow);
  const size_t needed = slices.size() + kRansStates;   // one a symbol, and room to write eight at a time
  if (needed > capacity_) {
    words_ = std::make_unique_for_overwrite<uint16_t[]>(needed);
    capacity_ = needed;
  }
  uint16_t *const end = words_.get() + needed, *word = end;
  const size_t whole = slices.size() / kRansStates * kRansStates;
  word = WriteWords(slices.subspan(whole), all, word);
  word = vectors_ ? WriteWordsAvx2(slices.first(whole), all, word) : WriteWords(slices.first(whole), all, word);
  for (size_t k = 0; k < states; ++k) AppendLittle(bytes, all[k]);
  bytes->append(reinterpret_cast<const char*>(word), static_cast<size_t>(end - word) * 2);
}

}   // namespace partway::codec
