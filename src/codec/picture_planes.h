// The input tensor of cut 0 (1x3xHxW float32, value = (pixel - mean) / std) ⇄ the 8-bit planes R, G, B it was made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/codec.h"

namespace partway::codec {

// True when mean and std are finite and no std is zero.
bool Usable(const PictureScale& scale);

// pixel = round(value * std + mean), clamped to 0..255. `values` holds three planes of values.size() / 3; finite.
void ToPlanes(std::span<const float> values, const PictureScale& scale, uint8_t* planes);
// (pixel - mean) / std in float32: bit for bit what preparing the picture gave.
void FromPlanes(std::span<const uint8_t> planes, const PictureScale& scale, float* values);

// Planes ⇄ R, G, B by pixel.
void Interleave(std::span<const uint8_t> planes, uint8_t* rgb);
void Deinterleave(std::span<const uint8_t> rgb, uint8_t* planes);

}   // namespace partway::codec
