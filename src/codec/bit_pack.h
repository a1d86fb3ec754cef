// Symbols of B bits as bytes: symbol i takes the bits i*B up, lowest bit first; the last byte is filled up with zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace partway::codec {

inline size_t PackedBytes(size_t symbols, int bits) { return symbols / 8 * bits + (symbols % 8 * bits + 7) / 8; }

// `bits` 1..8; symbols below 2^bits; `packed` has PackedBytes(symbols.size(), bits).
void PackBits(std::span<const uint8_t> symbols, int bits, std::span<std::byte> packed);
void UnpackBits(std::span<const std::byte> packed, int bits, std::span<uint8_t> symbols);

}   // namespace partway::codec
