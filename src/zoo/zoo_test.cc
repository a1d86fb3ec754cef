#include "zoo/zoo.h"

#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "zoo/weights.h"

namespace partway::zoo {
namespace {

using testing::ElementsAre;

int64_t Elements(const onnx::TensorProto& t) {
  int64_t n = 1;
  for (const int64_t d : t.dims()) n *= d;
  return n;
}

int64_t InitializerElements(const onnx::ModelProto& proto) {
  int64_t n = 0;
  for (const auto& t : proto.graph().initializer()) n += Elements(t);
  return n;
}

std::string Hash(const onnx::ModelProto& proto) {
  std::string bytes;
  proto.SerializeToString(&bytes);
  return Sha256Hex(bytes);
}

// torchvision's published counts (mobilenet_v1: Keras' and the paper's 4.2 M with 1000 classes and batch normalisation).
TEST(ZooTest, ParameterCountsAreExact) {
  const std::map<std::string, int64_t> expected = {{"efficientnet_v2_s", 21'458'488}, {"resnet50", 25'557'032},
                                                   {"resnet152", 60'192'808},         {"mobilenet_v1", 4'231'976},
                                                   {"mobilenet_v2", 3'504'872},       {"alexnet", 61'100'840}};
  for (const auto& [name, params] : expected) {
    ASSERT_NE(FindEntry(name), nullptr) << name;
    EXPECT_EQ(FindEntry(name)->params, params) << name;
  }
}

// Published multiply-adds, in units of 10^9: torchvision's table of weights, MobileNetV1's paper.
TEST(ZooTest, MacsAreThePublishedOnes) {
  const std::map<std::string, double> expected = {{"efficientnet_v2_s", 8.366}, {"resnet50", 4.089},     {"resnet152", 11.514},
                                                  {"mobilenet_v1", 0.569},      {"mobilenet_v2", 0.301}, {"alexnet", 0.714}};
  for (const auto& [name, giga] : expected) {
    EXPECT_NEAR(static_cast<double>(FindEntry(name)->macs) * 1e-9, giga, 0.005 * giga) << name;
  }
}

TEST(ZooTest, TheListedParametersAreTheInitialisersOfTheBuiltModel) {
  for (const Entry& entry : Entries()) {
    if (entry.shipped) continue;
    const auto proto = BuildModel(entry.name);
    ASSERT_TRUE(proto.ok()) << proto.status();
    EXPECT_EQ(InitializerElements(*proto), entry.params) << entry.name;
  }
}

TEST(ZooTest, TheShippedModelHasTheListedParameters) {
  const auto bytes = ReadFile(PARTWAY_SOURCE_DIR "/assets/efficientnet_lite0/efficientnet_lite0.onnx", 1 << 26);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  onnx::ModelProto proto;
  ASSERT_TRUE(proto.ParseFromString(*bytes));
  int64_t params = InitializerElements(proto);
  for (const auto& t : proto.graph().initializer()) params -= t.dims_size() == 0 ? 1 : 0;   // ReLU6's limits, not trained
  EXPECT_EQ(params, FindEntry("efficientnet_lite0")->params);
}

TEST(ZooTest, SameSeedSameBytesOtherSeedOtherBytes) {
  const std::string one = Hash(*BuildModel("mobilenet_v2", 1));
  EXPECT_EQ(one, Hash(*BuildModel("mobilenet_v2", 1)));
  EXPECT_NE(one, Hash(*BuildModel("mobilenet_v2", 2)));
}

TEST(ZooTest, UnknownAndShippedNamesAreRefused) {
  EXPECT_EQ(BuildModel("resnet5").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(BuildModel("resnet5").status().message()), testing::HasSubstr("mobilenet_v1"));
  EXPECT_EQ(BuildModel("efficientnet_lite0").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ZooTest, ThePapersGroupsAreListedAndTravelInTheFile) {
  EXPECT_EQ(FindEntry("efficientnet_v2_s")->groups.size(), 9u);
  EXPECT_EQ(FindEntry("alexnet")->groups.size(), 7u);
  EXPECT_THAT(FindEntry("resnet50")->groups, ElementsAre("stem", "stage1", "stage2", "stage3", "stage4", "classifier"));
  const onnx::ModelProto proto = *BuildModel("resnet50");
  ASSERT_EQ(proto.metadata_props_size(), 1);
  EXPECT_EQ(proto.metadata_props(0).key(), "partway.groups");
  EXPECT_THAT(proto.metadata_props(0).value(), testing::HasSubstr(R"({"last":["layer2.3.act"],"name":"stage2"})"));
}

// 2^-3 has one significant bit; 1 + 2^-20 needs 21 and loses the last.
TEST(WeightsTest, RoundedKeepsSixteenBits) {
  EXPECT_EQ(Rounded(0.125), 0.125f);
  EXPECT_EQ(Rounded(1 + 0x1p-20), 1.0f);
  EXPECT_EQ(Rounded(0), 0.0f);
}

TEST(WeightsTest, VarianceIsTheOneAskedForAndACentredRowSumsToZero) {
  std::vector<float> weights(100'000), sums(100);
  FillWeights(weights, 1000, 0.25, 1, 7, "w", sums);
  double square = 0, first_row = 0;
  for (const float w : weights) square += static_cast<double>(w) * w;
  for (int i = 0; i < 1000; ++i) first_row += weights[static_cast<size_t>(i)];
  // The mean square of 10^5 uniform numbers has a relative standard error of sqrt(4/5 / 10^5) = 0.3 %.
  EXPECT_NEAR(square / 100'000, 0.25, 0.25 * 0.012);
  EXPECT_NEAR(first_row, 0, 1e-3);   // at most half a step of 2^-23 a weight, plus rounding
  EXPECT_NEAR(sums[0], 0, 1e-3);
}

TEST(WeightsTest, StreamsDependOnSeedAndName) {
  std::vector<float> a(9), b(9), c(9), d(9);
  FillWeights(a, 9, 1, 0, 1, "x");
  FillWeights(b, 9, 1, 0, 1, "x");
  FillWeights(c, 9, 1, 0, 2, "x");
  FillWeights(d, 9, 1, 0, 1, "y");
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_NE(a, d);
}

// Taken from a run, so that a change of the stream is seen: it would change every zoo model's hash.
TEST(WeightsTest, TheStreamIsTheSameOnEveryMachine) {
  std::vector<float> a(1'000'000);
  FillWeights(a, 1000, 1, 0.4, 1, "pinned");
  EXPECT_EQ(Sha256Hex(std::string_view(reinterpret_cast<const char*>(a.data()), a.size() * 4)).substr(0, 16), "f5e77e8fc80d8877");
}

}   // namespace
}   // namespace partway::zoo
