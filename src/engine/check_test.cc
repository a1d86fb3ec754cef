#include "engine/check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace partway::engine {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

template <class T>
NamedTensor Of(DType dtype, std::vector<T> values) {
  NamedTensor t{"y", *Tensor::Allocate(dtype, {static_cast<int64_t>(values.size())})};
  std::memcpy(t.tensor.mutable_data(), values.data(), t.tensor.byte_size());
  return t;
}
NamedTensor F(std::vector<float> values) { return Of(DType::kFloat32, std::move(values)); }

TEST(Compare, EqualBitsAreIdentical) {
  const Difference d = Compare({F({1, kNan, kInf})}, {F({1, kNan, kInf})});
  EXPECT_TRUE(d.bit_identical);
  EXPECT_EQ(d.max_abs, 0);
  EXPECT_EQ(d.max_rel, 0);
}

TEST(Compare, IsRelativeToTheLargestOfThatOutput) {
  // |2.5 - 2| = 0.5 of a largest |-8| = 8; the second output differs by 1 of 100.
  const Difference d = Compare({F({2, -8}), F({100, 50})}, {F({2.5, -8}), F({100, 51})});
  EXPECT_FALSE(d.bit_identical);
  EXPECT_DOUBLE_EQ(d.max_abs, 1);
  EXPECT_DOUBLE_EQ(d.max_rel, 0.0625);
}

TEST(Compare, NotANumberMustMeetItsLike) {
  EXPECT_EQ(Compare({F({1, kNan})}, {F({1, 2})}).max_rel, kInf);
  EXPECT_EQ(Compare({F({1, 2})}, {F({1, kNan})}).max_rel, kInf);
  EXPECT_EQ(Compare({F({1, kInf})}, {F({1, -kInf})}).max_rel, kInf);
}

TEST(Compare, ShapesTypesAndCountsMustAgree) {
  EXPECT_EQ(Compare({F({1, 2})}, {F({1, 2, 3})}).max_abs, kInf);
  EXPECT_EQ(Compare({F({1})}, {Of<int32_t>(DType::kInt32, {1})}).max_abs, kInf);
  EXPECT_EQ(Compare({F({1})}, {}).max_abs, kInf);
}

TEST(Compare, ZerosOfEitherSignAreEqualButNotTheSameBits) {
  const Difference d = Compare({F({0.0f})}, {F({-0.0f})});
  EXPECT_FALSE(d.bit_identical);
  EXPECT_EQ(d.max_rel, 0);
}

TEST(Compare, CountsHalvesAndIntegersByValue) {
  // fp16: 0x3c00 = 1, 0x3e00 = 1.5, 0x4000 = 2.
  const Difference half =
      Compare({Of<uint16_t>(DType::kFloat16, {0x3c00, 0x4000})}, {Of<uint16_t>(DType::kFloat16, {0x3e00, 0x4000})});
  EXPECT_DOUBLE_EQ(half.max_abs, 0.5);
  EXPECT_DOUBLE_EQ(half.max_rel, 0.25);
  // bfloat16: 0x3f80 = 1, 0x4000 = 2.
  EXPECT_DOUBLE_EQ(Compare({Of<uint16_t>(DType::kBfloat16, {0x3f80})}, {Of<uint16_t>(DType::kBfloat16, {0x4000})}).max_abs, 1);
  EXPECT_DOUBLE_EQ(Compare({Of<int64_t>(DType::kInt64, {10, -20})}, {Of<int64_t>(DType::kInt64, {10, -15})}).max_rel, 0.25);
}

TEST(DefaultTolerance, DependsOnTheProviderAndTheOutputs) {
  const EngineInfo cpu{.provider = "cpu"}, gpu{.provider = "cuda"};
  EXPECT_DOUBLE_EQ(DefaultTolerance(cpu, {{"y", DType::kFloat32, {}}}), 1e-4);
  EXPECT_DOUBLE_EQ(DefaultTolerance(cpu, {{"y", DType::kFloat16, {}}}), 2e-2);
  EXPECT_DOUBLE_EQ(DefaultTolerance(gpu, {{"y", DType::kFloat32, {}}}), 2e-2);
}

}   // namespace
}   // namespace partway::engine
