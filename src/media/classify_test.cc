#include "media/classify.h"

#include <cmath>
#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::media {
namespace {

template <class T>
Tensor Make(DType type, Shape shape, const std::vector<T>& values) {
  Tensor tensor = *Tensor::Allocate(type, std::move(shape));
  std::memcpy(tensor.mutable_data(), values.data(), tensor.byte_size());
  return tensor;
}

Tensor Floats(const std::vector<float>& values) {
  return Make(DType::kFloat32, {1, static_cast<int64_t>(values.size())}, values);
}

std::vector<int> Classes(const std::vector<Guess>& guesses) {
  std::vector<int> classes;
  for (const Guess& g : guesses) classes.push_back(g.index);
  return classes;
}

const float kNan = std::nanf(""), kInf = HUGE_VALF;

TEST(TopK, SoftmaxOfLogits) {
  const auto top = *TopK(Floats({0, std::log(3.0f), std::log(4.0f)}), OutputKind::kLogits, 3);   // 1 : 3 : 4
  EXPECT_EQ(Classes(top), (std::vector<int>{2, 1, 0}));
  EXPECT_NEAR(top[0].probability, 0.5, 1e-6);
  EXPECT_NEAR(top[1].probability, 0.375, 1e-6);
  EXPECT_NEAR(top[2].probability, 0.125, 1e-6);
}

TEST(TopK, ProbabilitiesStayAsGiven) {
  EXPECT_FLOAT_EQ((*TopK(Floats({0.2f, 0.7f}), OutputKind::kProbabilities, 1))[0].probability, 0.7f);
}

TEST(TopK, EqualScoresGiveTheLowerIndex) {
  EXPECT_EQ(Classes(*TopK(Floats({1, 5, 5, 5}), OutputKind::kLogits, 3)), (std::vector<int>{1, 2, 3}));
}

TEST(TopK, HugeLogitsDoNotOverflow) {
  const auto top = *TopK(Floats({1e30f, -1e30f, kInf}), OutputKind::kLogits, 3);
  EXPECT_EQ(top[0].index, 2);
  EXPECT_FLOAT_EQ(top[0].probability, 1);
  EXPECT_FLOAT_EQ(top[1].probability, 0);
}

TEST(TopK, NanComesLast) {
  EXPECT_EQ(Classes(*TopK(Floats({kNan, -kInf, kNan, 2}), OutputKind::kLogits, 4)), (std::vector<int>{3, 1, 0, 2}));
  const auto all = *TopK(Floats({kNan, kNan}), OutputKind::kLogits, 1);
  EXPECT_EQ(all[0].index, 0);
  EXPECT_TRUE(std::isnan(all[0].probability));
}

TEST(TopK, ReadsHalfAndDouble) {
  // 0x3c00 = 1, 0xc000 = -2, 0x7c00 = inf, 0x0001 = 2^-24
  EXPECT_EQ(Classes(*TopK(Make<uint16_t>(DType::kFloat16, {1, 4}, {0x3c00, 0xc000, 0x7c00, 0x0001}), OutputKind::kLogits, 4)),
            (std::vector<int>{2, 0, 3, 1}));
  EXPECT_FLOAT_EQ((*TopK(Make<double>(DType::kFloat64, {2}, {0.25, 0.75}), OutputKind::kProbabilities, 1))[0].probability, 0.75f);
}

TEST(TopK, AcceptsTrailingOnesAndAsksForNoMoreThanThereIs) {
  EXPECT_EQ(TopK(Make<float>(DType::kFloat32, {1, 3, 1, 1}, {1, 2, 3}), OutputKind::kLogits, 5)->size(), 3u);
  EXPECT_EQ(TopK(Make<float>(DType::kFloat32, {1, 1}, {1}), OutputKind::kLogits, 5)->size(), 1u);
}

TEST(TopK, RefusesWhatIsNoRowOfScores) {
  EXPECT_FALSE(TopK(Make<float>(DType::kFloat32, {2, 2}, {1, 2, 3, 4}), OutputKind::kLogits, 1).ok());
  EXPECT_FALSE(TopK(Make<int32_t>(DType::kInt32, {1, 2}, {1, 2}), OutputKind::kLogits, 1).ok());
  EXPECT_FALSE(TopK(Floats({1, 2}), OutputKind::kTensor, 1).ok());
  EXPECT_FALSE(TopK(Tensor(), OutputKind::kLogits, 1).ok());
}

TEST(LabelName, FallsBackToTheNumber) {
  ModelConfig config;
  config.labels = {"tench", ""};
  EXPECT_EQ(LabelName(config, 0), "tench");
  EXPECT_EQ(LabelName(config, 1), "class 1");
  EXPECT_EQ(LabelName(config, 7), "class 7");
}

}   // namespace
}   // namespace partway::media
