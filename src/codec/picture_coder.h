// 8-bit planes R, G, B, entropy-coded without loss. Each pixel is expected where the median edge detector of its neighbours puts it (Weinberger,
// Seroussi, Sapiro, "The LOCO-I lossless image compression algorithm", 2000), G first, then R and B as what they differ from G; how far off it
// will be is learned for each of sixteen degrees of unrest around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace partway::codec {

// `planes`: 3 * height * width bytes. Appends. Thread-safe.
void EncodePlanes(std::span<const uint8_t> planes, size_t width, std::string* coded);
// False unless `coded`, all of it, is of exactly as many pixels. Any bytes are safe.
bool DecodePlanes(std::span<const std::byte> coded, size_t width, std::span<uint8_t> planes);

}   // namespace partway::codec
