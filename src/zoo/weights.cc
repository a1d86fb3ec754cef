#include "zoo/weights.h"

#include <cassert>
#include <cmath>
#include <vector>

#include "base/rng.h"

namespace partway::zoo {
namespace {

// FNV-1a, which turns a tensor's name into its stream.
uint64_t NameHash(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

}   // namespace

float Rounded(double value) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);
  return static_cast<float>(std::ldexp(std::nearbyint(mantissa * 65536), exponent - 16));
}

void FillWeights(std::span<float> out, int64_t row, double variance, double centring, uint64_t seed, std::string_view name,
                 std::span<float> row_sums) {
  assert(row > 0 && static_cast<int64_t>(out.size()) % row == 0);
  Rng rng(seed ^ NameHash(name));
  // Integers uniform over [-2^23, 2^23) have variance 2^46/3.
  const float factor = Rounded(std::sqrt(3 * variance) * 0x1p-23);
  std::vector<int32_t> draws(static_cast<size_t>(row));
  const int64_t rows = static_cast<int64_t>(out.size()) / row;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i + 1 < row; i += 2) {
      const uint64_t word = rng.Next();
      draws[i] = static_cast<int32_t>(word >> 32) >> 8;
      draws[i + 1] = static_cast<int32_t>(word) >> 8;
    }
    if (row % 2 != 0) draws[row - 1] = static_cast<int32_t>(rng.Next() >> 32) >> 8;
    int64_t sum = 0;
    for (const int32_t d : draws) sum += d;
    const int32_t shift = static_cast<int32_t>(std::nearbyint(centring * static_cast<double>(sum) / static_cast<double>(row)));
    float* to = out.data() + r * row;
    for (int64_t i = 0; i < row; ++i) to[i] = static_cast<float>(draws[i] - shift) * factor;
    if (!row_sums.empty()) row_sums[r] = static_cast<float>(sum - row * shift) * factor;
  }
}

}   // namespace partway::zoo
