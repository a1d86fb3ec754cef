#include "codec/picture_coder.h"

#include <array>
#include <bit>
#include <cstdlib>
#include <vector>

#include "codec/rans.h"
#include "codec/slices.h"

namespace partway::codec {
namespace {

constexpr int kShift = kValueBits - 8;   // pixels to values
constexpr int kUnrests = 16;
constexpr std::array<size_t, 3> kOrder = {1, 0, 2};   // G, R, B

int Median(int w, int n, int nw) { return std::max(std::min(w, n), std::min(std::max(w, n), w + n - nw)); }

// Codes the planes from the first pixel to the last; `code(index, slices, pixel)` codes one.
template <class Pixel, class Code>
void ForEachPixel(Pixel* planes, size_t height, size_t width, Code code) {
  const size_t plane = height * width;
  size_t index = 0;
  for (size_t order = 0; order < 3; ++order) {
    Pixel* const own = planes + kOrder[order] * plane;
    const Pixel* const green = planes + plane;
    const bool differs = order > 0;
    // Mean distance by unrest, in 1/16 of a value; begins where photographs are.
    std::array<int32_t, kUnrests> distance;
    for (int u = 0; u < kUnrests; ++u) distance[u] = (16 << kShift) * (2 + u) / 4;
    const auto at = [&](size_t i) { return own[i] - (differs ? green[i] : 0); };
    for (size_t y = 0; y < height; ++y) {
      for (size_t x = 0; x < width; ++x, ++index) {
        const size_t i = y * width + x;
        // What lies outside is as the nearest inside.
        const int none = differs ? 0 : 128;
        const int w = x > 0 ? at(i - 1) : y > 0 ? at(i - width) : none, n = y > 0 ? at(i - width) : w;
        const int nw = x > 0 && y > 0 ? at(i - width - 1) : n, ne = y > 0 && x + 1 < width ? at(i - width + 1) : n;
        const int unrest = std::abs(w - nw) + std::abs(n - nw) + std::abs(ne - n);
        const int bits = std::bit_width(static_cast<unsigned>(unrest));   // above 3, two degrees for each doubling
        const int u = unrest < 4 ? unrest : std::min(2 * (bits - 1) + (unrest >> (bits - 2) & 1), kUnrests - 1);
        const int guess = std::clamp(Median(w, n, nw) + (differs ? green[i] : 0), 0, 255) << kShift;
        const int scale = std::clamp((distance[u] >> 4) + (1 << kShift) / 16, 1, (1 << kValueBits));
        code(index, Slices(guess, ScaleClass(scale), 8), own + i);
        const int off = std::abs((own[i] << kShift) - guess);
        distance[u] += ((off << 4) - distance[u]) / 32;
      }
    }
  }
}

}   // namespace

void EncodePlanes(std::span<const uint8_t> planes, size_t width, std::string* coded) {
  std::vector<Slice> slices(planes.size());
  ForEachPixel(planes.data(), planes.size() / 3 / width, width,
               [&](size_t index, const Slices& all, const uint8_t* pixel) { slices[index] = all.Of(*pixel); });
  RansWriter writer;
  writer.Write(slices, kRansStates, coded);
}

bool DecodePlanes(std::span<const std::byte> coded, size_t width, std::span<uint8_t> planes) {
  RansReader words;
  RansCursor reader;
  if (!words.Start(coded, kRansStates, &reader)) return false;
  ForEachPixel(planes.data(), planes.size() / 3 / width, width, [&](size_t index, const Slices& all, uint8_t* pixel) {
    Slice slice;
    *pixel = static_cast<uint8_t>(all.Find(reader.Slot(index), &slice));
    reader.Take(index, slice);
  });
  return reader.Complete();
}

}   // namespace partway::codec
