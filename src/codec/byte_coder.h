// Elements of any type, entropy-coded byte plane by byte plane: the first bytes of all elements, then the second ones, ... In floats the planes of
// sign and exponent are far from even; planes that are stay as they are.
//
//   per plane: 0, its bytes | 1, histogram, length of the rest (varint), ANS stream (rans.h)
//   histogram: 256 shares of 4096 (varints); a share of 0 is followed by how many more zeros follow (1 byte)
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "codec/byte_reader.h"

namespace partway::codec {

// `elements`: a whole number of elements of `element_bytes` (1, 2, 4 or 8). Appends. Thread-safe.
void EncodeBytes(std::span<const std::byte> elements, size_t element_bytes, std::string* coded);
// Fills `elements`. Errors: InvalidArgument with the place.
absl::Status DecodeBytes(ByteReader& reader, size_t element_bytes, std::span<std::byte> elements);

}   // namespace partway::codec
