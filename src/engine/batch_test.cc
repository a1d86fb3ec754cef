#include "engine/batch.h"

#include "gmock/gmock.h"

namespace partway::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Floats(Shape shape, const std::vector<float>& values) {
  Tensor t = *Tensor::Allocate(DType::kFloat32, std::move(shape));
  std::copy(values.begin(), values.end(), t.mutable_floats().begin());
  return t;
}

TEST(Batch, StacksByNameAndGivesTheRowsBack) {
  const std::vector<NamedTensor> a = {{"x", Floats({1, 2}, {1, 2})}, {"y", Floats({1, 1, 1}, {3})}};
  const std::vector<NamedTensor> b = {{"y", Floats({1, 1, 1}, {30})}, {"x", Floats({1, 2}, {10, 20})}};   // another order
  const std::vector<NamedTensor>* const parts[] = {&a, &b};
  auto stacked = Stack(parts);
  ASSERT_TRUE(stacked.ok()) << stacked.status();
  ASSERT_EQ(stacked->size(), 2u);
  EXPECT_THAT((*stacked)[0].tensor.shape(), ElementsAre(2, 2));
  EXPECT_THAT((*stacked)[0].tensor.floats(), ElementsAre(1, 2, 10, 20));
  EXPECT_THAT((*stacked)[1].tensor.floats(), ElementsAre(3, 30));
  const auto rows = Unstack(*std::move(stacked), 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[1][0].name, "x");
  EXPECT_THAT((*rows)[1][0].tensor.shape(), ElementsAre(1, 2));
  EXPECT_THAT((*rows)[1][0].tensor.floats(), ElementsAre(10, 20));
  EXPECT_THAT((*rows)[0][1].tensor.floats(), ElementsAre(3));
}

TEST(Batch, WhatIsNotAlikeIsRefusedByName) {
  const std::vector<NamedTensor> a = {{"x", Floats({1, 2}, {1, 2})}};
  for (const std::vector<NamedTensor>& b : {std::vector<NamedTensor>{{"x", Floats({1, 1}, {1})}},
                                            {{"z", Floats({1, 2}, {1, 2})}},
                                            {},
                                            {{"x", *Tensor::Allocate(DType::kFloat16, {1, 2})}}}) {
    const std::vector<NamedTensor>* const parts[] = {&a, &b};
    EXPECT_THAT(std::string(Stack(parts).status().message()), HasSubstr("'x' is not alike"));
  }
  const std::vector<NamedTensor> two_rows = {{"x", Floats({2, 1}, {1, 2})}};
  const std::vector<NamedTensor>* const parts[] = {&two_rows, &two_rows};
  EXPECT_THAT(std::string(Stack(parts).status().message()), HasSubstr("'x' (FP32 2x1) cannot be stacked"));
  const std::vector<NamedTensor>* const large[] = {&a, &a};
  EXPECT_FALSE(Stack(large, 15).ok()) << "16 bytes";
  EXPECT_FALSE(Stack({}).ok());
}

TEST(Batch, OnlyValuesWithAFirstDimensionOfOneAreStacked) {
  EXPECT_TRUE(CanStack(std::vector<TensorSpec>{{"x", DType::kFloat32, {1, 3}}, {"y", DType::kUint8, {1, 3}}}));
  EXPECT_FALSE(CanStack(std::vector<TensorSpec>{{"x", DType::kFloat32, {1, 3}}, {"sizes", DType::kInt64, {1, 4}}}));
  EXPECT_FALSE(CanStack(std::vector<TensorSpec>{{"x", DType::kFloat32, {1}}}));
  EXPECT_FALSE(CanStack(std::vector<TensorSpec>{{"x", DType::kFloat32, {2, 3}}}));
  EXPECT_FALSE(CanStack(std::vector<TensorSpec>{}));
}

// An output that has not a row for each request, as of an operator that adds up the batch.
TEST(Batch, AnOutputWithoutARowForEachIsAnError) {
  const auto rows = Unstack({{"sum", Floats({1, 2}, {1, 2})}}, 2);
  EXPECT_THAT(std::string(rows.status().message()), HasSubstr("'sum' is 1x2 for a batch of 2"));
}

}   // namespace
}   // namespace partway::engine
