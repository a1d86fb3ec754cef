// Asymmetric numeral systems (Duda, "Asymmetric numeral systems", 2013, the range variant): four states that take turns, so that a processor
// works on four symbols at once, over one stream of 16-bit words. Probabilities are in 1/65536.
//
// The coder works backwards: what is put last comes out first.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/little_endian.h"

namespace partway::codec {

inline constexpr int kRansStates = 4;
inline constexpr size_t kRansStateBytes = 5;
inline constexpr uint64_t kRansLow = 1 << 24;   // states lie in [2^24, 2^40)

// A symbol's slice of 0..65535: `start` and `size`, which is at least 1 and at most 65535.
struct Slice {
  uint16_t start, size;
};

class RansWriter {
 public:
  RansWriter() { states_.fill(kRansLow); }

  // Symbol number `index` of the whole; call from the last index down to 0.
  void Put(size_t index, Slice slice) {
    uint64_t& state = states_[index % kRansStates];
    if (state >= static_cast<uint64_t>(slice.size) << 24) {
      words_.push_back(static_cast<uint16_t>(state));
      state >>= 16;
    }
    // Exact: the quotient is below 2^24 and its fraction a multiple of 1/size, far above the rounding of a double.
    const auto quotient =
        static_cast<uint64_t>(static_cast<int64_t>(static_cast<double>(static_cast<int64_t>(state)) / slice.size));
    state = (quotient << 16) + (state - quotient * slice.size) + slice.start;
  }

  // States, then words in the order they are read. Starts anew.
  void Finish(std::string* bytes) {
    for (uint64_t state : states_) {
      for (size_t i = 0; i < kRansStateBytes; ++i) *bytes += static_cast<char>(state >> (8 * i));
    }
    for (size_t i = words_.size(); i-- > 0;) AppendLittle(bytes, words_[i]);
    words_.clear();
    states_.fill(kRansLow);
  }

 private:
  std::array<uint64_t, kRansStates> states_;
  std::vector<uint16_t> words_;
};

// Reads any bytes without harm: beyond their end come zeros, and Complete() tells.
class RansReader {
 public:
  // False if not even the states are there.
  bool Start(std::span<const std::byte> bytes) {
    if (bytes.size() < kRansStates * kRansStateBytes) return false;
    for (size_t k = 0; k < kRansStates; ++k) {
      states_[k] = 0;
      for (size_t i = 0; i < kRansStateBytes; ++i) states_[k] |= static_cast<uint64_t>(bytes[k * kRansStateBytes + i]) << (8 * i);
    }
    words_ = bytes.data() + kRansStates * kRansStateBytes;
    left_ = static_cast<ptrdiff_t>(bytes.size() - kRansStates * kRansStateBytes);
    return true;
  }

  uint32_t Slot(size_t index) const { return static_cast<uint32_t>(states_[index % kRansStates] & 0xffff); }

  // `slice` is the one that Slot(index) lies in.
  void Take(size_t index, Slice slice) {
    uint64_t& state = states_[index % kRansStates];
    state = slice.size * (state >> 16) + (state & 0xffff) - slice.start;
    if (state < kRansLow) {
      uint16_t word = 0;
      if (left_ >= 2) {
        word = LoadLittle<uint16_t>(words_);
        words_ += 2;
      }
      left_ -= 2;
      state = (state << 16) | word;
    }
  }

  // All was read, and nothing beyond it.
  bool Complete() const {
    for (uint64_t state : states_) {
      if (state != kRansLow) return false;
    }
    return left_ == 0;
  }

 private:
  std::array<uint64_t, kRansStates> states_{};
  const std::byte* words_ = nullptr;
  ptrdiff_t left_ = 0;
};

}   // namespace partway::codec
