#include "codec/picture_planes.h"

#include <array>
#include <cmath>

namespace partway::codec {

bool Usable(const PictureScale& scale) {
  for (size_t c = 0; c < 3; ++c) {
    if (!std::isfinite(scale.mean[c]) || !std::isfinite(scale.std[c]) || scale.std[c] == 0) return false;
  }
  return true;
}

void ToPlanes(std::span<const float> values, const PictureScale& scale, uint8_t* planes) {
  const size_t plane = values.size() / 3;
  for (size_t c = 0; c < 3; ++c) {
    const float mean = scale.mean[c], std = scale.std[c];
    for (size_t i = c * plane; i < (c + 1) * plane; ++i) {
      float pixel = values[i] * std + mean + 0.5f;
      pixel = pixel < 0 ? 0 : pixel;
      pixel = pixel > 255 ? 255 : pixel;
      planes[i] = static_cast<uint8_t>(static_cast<int>(pixel));
    }
  }
}

void FromPlanes(std::span<const uint8_t> planes, const PictureScale& scale, float* values) {
  const size_t plane = planes.size() / 3;
  for (size_t c = 0; c < 3; ++c) {
    std::array<float, 256> value;
    for (int v = 0; v < 256; ++v) value[v] = (static_cast<float>(v) - scale.mean[c]) / scale.std[c];
    for (size_t i = c * plane; i < (c + 1) * plane; ++i) values[i] = value[planes[i]];
  }
}

void Interleave(std::span<const uint8_t> planes, uint8_t* rgb) {
  const size_t plane = planes.size() / 3;
  for (size_t i = 0; i < plane; ++i, rgb += 3) rgb[0] = planes[i], rgb[1] = planes[plane + i], rgb[2] = planes[2 * plane + i];
}

void Deinterleave(std::span<const uint8_t> rgb, uint8_t* planes) {
  const size_t plane = rgb.size() / 3;
  for (size_t i = 0; i < plane; ++i) {
    for (size_t c = 0; c < 3; ++c) planes[c * plane + i] = rgb[3 * i + c];
  }
}

}   // namespace partway::codec
