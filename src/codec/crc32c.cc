#include "codec/crc32c.h"

#include <array>

#include "codec/little_endian.h"

namespace partway::codec {
namespace {

// tables[k][b]: what byte b does to the sum when k more bytes follow in the same step of eight ("slicing by 8").
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t sum = b;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82f63b78u : 0);
    tables[0][b] = sum;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t b = 0; b < 256; ++b) tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 255];
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}   // namespace

uint32_t Crc32c(std::span<const std::byte> bytes) {
  uint32_t sum = ~0u;
  while (bytes.size() >= 8) {
    const uint64_t word = LoadLittle<uint64_t>(bytes.data()) ^ sum;
    sum = 0;
    for (size_t k = 0; k < 8; ++k) sum ^= kTables[7 - k][(word >> (8 * k)) & 255];
    bytes = bytes.subspan(8);
  }
  for (std::byte b : bytes) sum = (sum >> 8) ^ kTables[0][(sum ^ static_cast<uint32_t>(b)) & 255];
  return ~sum;
}

}   // namespace partway::codec
