#include "codec/bit_pack.h"

#include <algorithm>

namespace partway::codec {
namespace {

// Eight symbols make `kBits` whole bytes.
template <int kBits>
void Pack(std::span<const uint8_t> symbols, std::span<std::byte> packed) {
  const size_t groups = symbols.size() / 8, rest = symbols.size() % 8;
  const auto pack = [&](size_t group, size_t count, size_t bytes) {
    uint64_t word = 0;
    for (size_t i = 0; i < count; ++i) word |= static_cast<uint64_t>(symbols[8 * group + i]) << (kBits * i);
    for (size_t i = 0; i < bytes; ++i) packed[kBits * group + i] = static_cast<std::byte>(word >> (8 * i));
  };
  for (size_t g = 0; g < groups; ++g) pack(g, 8, kBits);
  if (rest > 0) pack(groups, rest, (rest * kBits + 7) / 8);
}

template <int kBits>
void Unpack(std::span<const std::byte> packed, std::span<uint8_t> symbols) {
  constexpr uint64_t kMask = (1u << kBits) - 1;
  const size_t groups = symbols.size() / 8, rest = symbols.size() % 8;
  const auto unpack = [&](size_t group, size_t count, size_t bytes) {
    uint64_t word = 0;
    for (size_t i = 0; i < bytes; ++i) word |= static_cast<uint64_t>(packed[kBits * group + i]) << (8 * i);
    for (size_t i = 0; i < count; ++i) symbols[8 * group + i] = static_cast<uint8_t>((word >> (kBits * i)) & kMask);
  };
  for (size_t g = 0; g < groups; ++g) unpack(g, 8, kBits);
  if (rest > 0) unpack(groups, rest, (rest * kBits + 7) / 8);
}

}   // namespace

void PackBits(std::span<const uint8_t> symbols, int bits, std::span<std::byte> packed) {
  switch (bits) {
    case 1: return Pack<1>(symbols, packed);
    case 2: return Pack<2>(symbols, packed);
    case 3: return Pack<3>(symbols, packed);
    case 4: return Pack<4>(symbols, packed);
    case 5: return Pack<5>(symbols, packed);
    case 6: return Pack<6>(symbols, packed);
    case 7: return Pack<7>(symbols, packed);
    default: std::transform(symbols.begin(), symbols.end(), packed.begin(), [](uint8_t s) { return std::byte{s}; });
  }
}

void UnpackBits(std::span<const std::byte> packed, int bits, std::span<uint8_t> symbols) {
  switch (bits) {
    case 1: return Unpack<1>(packed, symbols);
    case 2: return Unpack<2>(packed, symbols);
    case 3: return Unpack<3>(packed, symbols);
    case 4: return Unpack<4>(packed, symbols);
    case 5: return Unpack<5>(packed, symbols);
    case 6: return Unpack<6>(packed, symbols);
    case 7: return Unpack<7>(packed, symbols);
    default: std::transform(packed.begin(), packed.end(), symbols.begin(), [](std::byte b) { return static_cast<uint8_t>(b); });
  }
}

}   // namespace partway::codec
