// Asymmetric numeral systems (Duda, "Asymmetric numeral systems", 2013, the range variant): four states that take turns, so that a processor
// works on four symbols at once, over one stream of 16-bit words. Probabilities are in 1/65536.
//
// The coder works backwards: what is put last comes out first. Symbol i belongs to state i % 4.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "codec/little_endian.h"

namespace partway::codec {

inline constexpr int kRansStates = 4;
inline constexpr size_t kRansStateBytes = 5;
inline constexpr uint64_t kRansLow = 1 << 24;   // states lie in [2^24, 2^40)

// A symbol's slice of 0..65535: `start` and `size`, which is at most 65535; a size of 0 stands for no symbol, where an index is skipped.
struct Slice {
  uint16_t start = 0, size = 0;
};

class RansWriter {
 public:
  // Appends all symbols, the first of which is decoded first: states, then words in the order they are read.
  void Write(std::span<const Slice> slices, std::string* bytes) {
    std::array<uint64_t, kRansStates> states;
    states.fill(kRansLow);
    words_.resize(slices.size() + 1);
    uint16_t* word = words_.data();
    for (size_t i = slices.size(); i-- > 0;) {
      const Slice slice = slices[i];
      if (slice.size == 0) continue;
      uint64_t state = states[i % kRansStates];
      // Without a branch, since none could be foretold.
      const bool full = state >= static_cast<uint64_t>(slice.size) << 24;
      *word = static_cast<uint16_t>(state);
      word += full ? 1 : 0;
      state >>= full ? 16 : 0;
      // Exact: the quotient is below 2^24 and its fraction a multiple of 1/size, far above the rounding of a double.
      const auto quotient =
          static_cast<uint64_t>(static_cast<int64_t>(static_cast<double>(static_cast<int64_t>(state)) / slice.size));
      states[i % kRansStates] = (quotient << 16) + (state - quotient * slice.size) + slice.start;
    }
    for (uint64_t state : states) {
      for (size_t i = 0; i < kRansStateBytes; ++i) *bytes += static_cast<char>(state >> (8 * i));
    }
    std::reverse(words_.data(), word);
    bytes->append(reinterpret_cast<const char*>(words_.data()), static_cast<size_t>(word - words_.data()) * 2);
  }

 private:
  std::vector<uint16_t> words_;
};

// Where reading stands. A value of its own, so that loops can keep it in registers.
class RansCursor {
 public:
  uint32_t Slot(size_t index) const { return static_cast<uint32_t>(states_[index % kRansStates] & 0xffff); }

  // `slice` is the one that Slot(index) lies in.
  void Take(size_t index, Slice slice) {
    uint64_t state = states_[index % kRansStates];
    state = slice.size * (state >> 16) + (state & 0xffff) - slice.start;
    // Without a branch, since none could be foretold.
    const bool low = state < kRansLow;
    const uint64_t longer = (state << 16) | *next_;
    states_[index % kRansStates] = low ? longer : state;
    const uint16_t* const next = next_ + (low ? 1 : 0);
    next_ = next > beyond_ ? beyond_ : next;
  }

  // All was read, and nothing beyond it.
  bool Complete() const {
    for (uint64_t state : states_) {
      if (state != kRansLow) return false;
    }
    return next_ + 1 == beyond_;
  }

 private:
  friend class RansReader;
  std::array<uint64_t, kRansStates> states_{};
  const uint16_t* next_ = nullptr;
  const uint16_t* beyond_ = nullptr;   // one word after the end: whoever comes here has read too much
};

// Keeps the words that a cursor reads. Any bytes are read without harm: beyond their end come zeros, and Complete() tells.
class RansReader {
 public:
  // False if not even the states are there.
  bool Start(std::span<const std::byte> bytes, RansCursor* cursor) {
    constexpr size_t kHead = kRansStates * kRansStateBytes;
    if (bytes.size() < kHead || bytes.size() % 2 != 0) return false;
    for (size_t k = 0; k < kRansStates; ++k) {
      cursor->states_[k] = 0;
      for (size_t i = 0; i < kRansStateBytes; ++i)
        cursor->states_[k] |= static_cast<uint64_t>(bytes[k * kRansStateBytes + i]) << (8 * i);
    }
    words_.assign((bytes.size() - kHead) / 2 + 2, 0);   // two beyond the end that may be looked at
    std::memcpy(words_.data(), bytes.data() + kHead, bytes.size() - kHead);
    cursor->next_ = words_.data();
    cursor->beyond_ = words_.data() + words_.size() - 1;
    return true;
  }

 private:
  std::vector<uint16_t> words_;
};

}   // namespace partway::codec
