// Reads a frame's bytes from front to back; whatever is missing or out of its bounds is an error that tells the byte.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "codec/little_endian.h"

namespace partway::codec {

class ByteReader {
 public:
  // `offset`: where `bytes` begin in the frame, for messages.
  explicit ByteReader(std::span<const std::byte> bytes, size_t offset = 0) : bytes_(bytes), offset_(offset) {}

  size_t left() const { return bytes_.size() - at_; }
  size_t offset() const { return offset_ + at_; }
  std::span<const std::byte> rest() const { return bytes_.subspan(at_); }

  absl::StatusOr<std::span<const std::byte>> Take(uint64_t count, std::string_view what) {
    if (count > left()) return Error(what, " needs ", count, " bytes, ", left(), " are left");
    const auto taken = bytes_.subspan(at_, static_cast<size_t>(count));
    at_ += taken.size();
    return taken;
  }

  template <class T>
  absl::StatusOr<T> Number(std::string_view what) {
    ASSIGN_OR_RETURN(const auto taken, Take(sizeof(T), what));
    return LoadLittle<T>(taken.data());
  }

  absl::StatusOr<float> Float(std::string_view what) {
    ASSIGN_OR_RETURN(const uint32_t bits, Number<uint32_t>(what));
    return std::bit_cast<float>(bits);
  }

  // At most `max`, and in the shortest form, so that equal frames are equal bytes.
  absl::StatusOr<uint64_t> Varint(uint64_t max, std::string_view what) {
    const size_t start = at_;
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      ASSIGN_OR_RETURN(const uint8_t byte, Number<uint8_t>(what));
      if (shift == 63 && byte > 1) return ErrorAt(start, what, " is no number of 64 bits");
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) {
        if (byte == 0 && shift > 0) return ErrorAt(start, what, " is not in its shortest form");
        break;
      }
    }
    if (value > max) return ErrorAt(start, what, " is ", value, "; at most ", max);
    return value;
  }

  template <class... Args>
  absl::Status Error(const Args&... parts) const {
    return ErrorAt(at_, parts...);
  }

 private:
  template <class... Args>
  absl::Status ErrorAt(size_t at, const Args&... parts) const {
    return InvalidArgument("encoded frame, byte ", offset_ + at, ": ", parts...);
  }

  std::span<const std::byte> bytes_;
  size_t offset_, at_ = 0;
};

}   // namespace partway::codec
