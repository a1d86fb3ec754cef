// Numbers as little-endian bytes at any address.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace partway::codec {

// Tensors' elements travel as they lie in memory, which is little-endian wherever this program runs.
static_assert(std::endian::native == std::endian::little);

template <class T>
T LoadLittle(const std::byte* from) {
  static_assert(std::is_unsigned_v<T>);
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
void StoreLittle(std::byte* to, T value) {
  static_assert(std::is_unsigned_v<T>);
  std::memcpy(to, &value, sizeof value);
}

template <class T>
void AppendLittle(std::string* to, T value) {
  std::byte bytes[sizeof value];
  StoreLittle(bytes, value);
  to->append(reinterpret_cast<const char*>(bytes), sizeof value);
}

inline void AppendFloat(std::string* to, float value) { AppendLittle(to, std::bit_cast<uint32_t>(value)); }

// Seven bits a byte, lowest first; the high bit says that more follow (as in protobuf).
inline void AppendVarint(std::string* to, uint64_t value) {
  for (; value >= 128; value >>= 7) *to += static_cast<char>(value | 128);
  *to += static_cast<char>(value);
}

inline size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 128; value >>= 7) ++size;
  return size;
}

}   // namespace partway::codec
