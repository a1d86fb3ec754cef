// Asymmetric numeral systems (Duda, "Asymmetric numeral systems", 2013, the range variant): eight states that take turns, so that a processor
// works on eight symbols at once, over one stream of 16-bit words. Probabilities are in 1/65536.
//
// The coder works backwards: what is put last comes out first. Symbol i belongs to state i % 8. Of fewer symbols than states, or where
// only the first of every eight say anything, no more states than needed are written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/little_endian.h"

namespace partway::codec {

inline constexpr size_t kRansStates = 8;
inline constexpr size_t kRansStateBytes = 4;
inline constexpr uint32_t kRansLow = 1 << 16;   // states lie in [2^16, 2^32)

// A symbol's slice of 0..65535: where it starts, and how many more points than one it has. All of them stands for no symbol, where an
// index is skipped: it leaves a state as it is.
struct Slice {
  uint16_t start = 0, more = 65535;
};
static_assert(sizeof(Slice) == 4);

// Keeps its working memory.
class RansWriter {
 public:
  // `vectors` false: not the code for this processor's vector instructions; the bytes are the same.
  explicit RansWriter(bool vectors = true);

  // Appends all symbols, the first of which is decoded first: `states` states, then words in the order they are read. Symbols of other
  // states must be skipped ones.
  void Write(std::span<const Slice> slices, size_t states, std::string* bytes);

 private:
  bool vectors_;
  size_t capacity_ = 0;
  std::unique_ptr<uint16_t[]> words_;
};

// Where reading stands. A value of its own, so that loops can keep it in registers.
class RansCursor {
 public:
  uint32_t Slot(size_t index) const { return states_[index % kRansStates] & 0xffff; }

  // `slice` is the one that Slot(index) lies in.
  void Take(size_t index, Slice slice) {
    uint32_t& state = states_[index % kRansStates];
    const uint32_t taken = (slice.more + 1u) * (state >> 16) + (state & 0xffff) - slice.start;
    // Without a branch, since none could be foretold.
    const bool low = taken < kRansLow;
    const uint32_t longer = (taken << 16) | *next_;
    state = low ? longer : taken;
    const uint16_t* const next = next_ + (low ? 1 : 0);
    next_ = next > beyond_ ? beyond_ : next;
  }

  // All was read, and nothing beyond it.
  bool Complete() const {
    for (uint32_t state : states_) {
      if (state != kRansLow) return false;
    }
    return next_ + 1 == beyond_;
  }

 private:
  friend class RansReader;
  friend class RansVector;
  alignas(32) std::array<uint32_t, kRansStates> states_{};
  const uint16_t* next_ = nullptr;
  const uint16_t* beyond_ = nullptr;   // one word after the end: whoever comes here has read too much
};

// Keeps the words that a cursor reads. Any bytes are read without harm: beyond their end come zeros, and Complete() tells.
class RansReader {
 public:
  // False if not even the states are there.
  bool Start(std::span<const std::byte> bytes, size_t states, RansCursor* cursor) {
    const size_t head = states * kRansStateBytes;
    if (bytes.size() < head || bytes.size() % 2 != 0) return false;
    cursor->states_.fill(kRansLow);
    for (size_t k = 0; k < states; ++k) {
      cursor->states_[k] = LoadLittle<uint32_t>(bytes.data() + k * kRansStateBytes);
      if (cursor->states_[k] < kRansLow) return false;
    }
    // One word beyond the end is counted, and all states may look at one more.
    words_.assign((bytes.size() - head) / 2 + 1 + kRansStates, 0);
    if (bytes.size() > head) std::memcpy(words_.data(), bytes.data() + head, bytes.size() - head);
    cursor->next_ = words_.data();
    cursor->beyond_ = words_.data() + (bytes.size() - head) / 2 + 1;
    return true;
  }

 private:
  std::vector<uint16_t> words_;
};

}   // namespace partway::codec
