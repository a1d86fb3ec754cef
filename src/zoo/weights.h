// Seeded weights that are the same on every machine: integers from base/rng.h times one factor, so that no rounding mode, fused
// multiply-add or maths library can change a bit.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace partway::zoo {

// Fills `out` with rows of `row` weights (one row: the weights of one output channel), uniform with variance `variance`, drawn from
// a stream of its own for (seed, name). `centring` 0..1 is the share of its own mean that is taken off each row: at 1 every row sums
// to zero. `row_sums`, where not empty, receives each row's sum. About 1 ns a weight. Thread-safe.
void FillWeights(std::span<float> out, int64_t row, double variance, double centring, uint64_t seed, std::string_view name,
                 std::span<float> row_sums = {});

// `value` to 16 significant bits: what depends on the last bits of double arithmetic is the same everywhere after that.
float Rounded(double value);

}   // namespace partway::zoo
