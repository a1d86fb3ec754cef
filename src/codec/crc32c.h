// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected), the checksum of an encoded frame: RFC 3720, appendix B.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace partway::codec {

// Thread-safe.
uint32_t Crc32c(std::span<const std::byte> bytes);

}   // namespace partway::codec
