#include <cmath>

#include "gmock/gmock.h"
#include "profile/measure/privacy_run.h"
#include "profile/measure/privacy_score.h"
#include "profile/measure/sent_features.h"
#include "profile/measure/test_pictures.h"
#include "profile/privacy_json.h"

namespace partway::profile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Values(const Shape& shape) {   // 0, 1, 2, ...
  Tensor tensor = *Tensor::Allocate(DType::kFloat32, shape);
  float value = 0;
  for (float& v : tensor.mutable_floats()) v = value++;
  return tensor;
}

TEST(SentFeatures, SmallMapsStayAsTheyAre) {
  const FeatureLayout layout = *LayoutOf({{"a", DType::kFloat32, {1, 2, 2, 3}}, {"b", DType::kFloat32, {1, 4}}}, 1, 1 << 20);
  EXPECT_EQ(layout.averaged, 1);
  EXPECT_EQ(layout.count, 16);
  std::vector<float> row(16);
  ASSERT_TRUE(FillRow(layout, std::vector<NamedTensor>{{"b", Values({1, 4})}, {"a", Values({1, 2, 2, 3})}}, row).ok());
  EXPECT_THAT(row, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3));
  EXPECT_FALSE(FillRow(layout, std::vector<NamedTensor>{{"a", Values({1, 2, 2, 3})}}, row).ok()) << "b is missing";
  EXPECT_FALSE(FillRow(layout, std::vector<NamedTensor>{{"b", Values({1, 4})}, {"a", Values({1, 2, 3, 2})}}, row).ok());
}

TEST(SentFeatures, LargeMapsAreAveragedUntilTheyFit) {
  EXPECT_EQ(LayoutOf({{"a", DType::kFloat32, {1, 1, 65, 10}}}, 1, 1 << 20)->averaged, 2);   // ceil(65 / 64)
  // Room for 4 numbers: 3x3 needs sides of 2, which give 2x2 = 4.
  const FeatureLayout layout = *LayoutOf({{"a", DType::kFloat32, {1, 1, 3, 3}}}, 1, 16);
  EXPECT_EQ(layout.averaged, 2);
  EXPECT_EQ(layout.count, 4);
  std::vector<float> row(4);
  ASSERT_TRUE(FillRow(layout, std::vector<NamedTensor>{{"a", Values({1, 1, 3, 3})}}, row).ok());
  EXPECT_THAT(row, ElementsAre(2, 3.5, 6.5, 8));   // (0+1+3+4)/4, (2+5)/2, (6+7)/2, 8
  EXPECT_TRUE(absl::IsResourceExhausted(LayoutOf({{"a", DType::kFloat32, {1, 5}}}, 1, 16).status()));
}

TEST(SentFeatures, OnlyFloatsOfKnownShape) {
  EXPECT_THAT(std::string(LayoutOf({{"a", DType::kInt64, {1, 2}}}, 7, 100).status().message()),
              HasSubstr("cut 7 sends 'a', INT64 1x2"));
  EXPECT_FALSE(LayoutOf({{"a", DType::kFloat32, {1, -1}}}, 7, 100).ok());
}

TEST(PrivacySplit, EachPictureIsInOnePart) {
  const PrivacySplit split = SplitPictures(23, 5);
  EXPECT_EQ(split.test.size(), 4u);   // 23 / 5
  EXPECT_EQ(split.validation.size(), 4u);
  std::vector<size_t> all = split.train;
  all.insert(all.end(), split.validation.begin(), split.validation.end());
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  for (size_t i = 0; i < 23; ++i) EXPECT_EQ(all[i], i);
  EXPECT_EQ(SplitPictures(23, 5).train, split.train);
  EXPECT_NE(SplitPictures(23, 6).train, split.train);
}

// Pictures that are sums of three patterns, so that 40 of them tell all there is.
PrivacyPictures ThreePatterns(size_t n, std::vector<float>* weights) {
  PrivacyPictures pictures{.edge = 16};
  Rng rng(11);
  for (size_t i = 0; i < n; ++i) {
    const float a = float(rng.Uniform(-40, 40)), b = float(rng.Uniform(-40, 40)), c = float(rng.Uniform(-40, 40));
    weights->insert(weights->end(), {a, b, c});
    for (int y = 0; y < 16; ++y) {
      for (int x = 0; x < 16; ++x)
        pictures.grey.push_back(128 + a * float(std::sin(x)) + b * float(std::cos(y)) + c * float(std::sin(x * 0.5 + y)) / 2);
    }
  }
  SquareMatrix gram(n);
  FillGram(pictures.grey, 0, n, &gram);
  pictures.distances = DistancesFromGram(gram);
  return pictures;
}

TEST(PrivacyScore, WhatTellsAllRebuildsAllAndNoiseNothing) {
  const size_t n = 60;
  std::vector<float> weights, noise;
  const PrivacyPictures pictures = ThreePatterns(n, &weights);
  const PrivacySplit split = SplitPictures(n, 1);
  const Reconstruction baseline = *ScoreBaseline(pictures, split);
  PrivacyRow told, nothing;
  const std::atomic<bool> go{false};
  std::vector<float> features = pictures.grey;
  ASSERT_TRUE(ScoreFeatures(pictures, split, features, go, &told).ok());
  EXPECT_NEAR(told.distance_correlation, 1, 1e-4);
  EXPECT_GT(told.ssim, 0.999);
  EXPECT_GT(told.psnr_db, 50);
  EXPECT_GT(*told.ssim_half, 0.999) << "24 pictures tell the three patterns as well";
  EXPECT_LT(told.ssim_se, 1e-3);
  // The weights alone tell as much: the pictures are linear in them.
  ASSERT_TRUE(ScoreFeatures(pictures, split, weights, go, &told).ok());
  EXPECT_GT(told.ssim, 0.999);
  Rng rng(12);
  for (size_t i = 0; i < n * 200; ++i) noise.push_back(float(rng.Uniform(-1, 1)));
  ASSERT_TRUE(ScoreFeatures(pictures, split, noise, go, &nothing).ok());
  EXPECT_LT(nothing.distance_correlation, 0.3);
  EXPECT_NEAR(nothing.psnr_db, baseline.psnr_db, 1) << "no better than the mean picture";
  EXPECT_EQ(nothing.lambda, 10) << "as little as possible is learned from noise";
}

// Two test pictures whose PSNRs are a and b: mean (a + b) / 2 and a standard error of sqrt(2 ((a - b) / 2)^2 / 1 / 2) = |a - b| / 2.
TEST(PrivacyScore, TheErrorIsThatOfAMean) {
  PrivacyPictures pictures{.edge = 16};
  PrivacySplit split{.train = {0, 1}, .validation = {2}, .test = {3, 4}};
  for (const float grey : {100.0f, 100.0f, 100.0f, 110.0f, 200.0f}) pictures.grey.insert(pictures.grey.end(), 256, grey);
  // The mean picture is 100, off by 10 and by 100: 20 log10(255 / 10) = 28.13 dB and 20 log10(255 / 100) = 8.13 dB.
  const Reconstruction mean = *ScoreBaseline(pictures, split);
  EXPECT_NEAR(mean.psnr_db, (28.1308 + 8.1308) / 2, 1e-3);
  EXPECT_NEAR(mean.psnr_se_db, 10, 1e-9);
  split.test = {3};
  EXPECT_EQ(ScoreBaseline(pictures, split)->psnr_se_db, 0) << "one has no error";
}

// Smooth pictures of 32x32 that differ in all their pixels: the more are learned from, the more of a test picture lies in what they span.
TEST(PrivacyScore, FewPicturesMakeEvenThePictureItselfLookSafe) {
  const auto control = [](size_t n) {
    PrivacyPictures pictures{.edge = 32};
    Rng rng(5);
    for (size_t i = 0; i < n; ++i) {
      float row[64] = {}, value = 128;
      for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) {
          value = 0.9f * value + 0.1f * 128 + float(rng.Uniform(-20, 20));
          row[x] = 0.7f * row[x] + 0.3f * value;
          pictures.grey.push_back(row[x]);
        }
      }
    }
    SquareMatrix gram(n);
    FillGram(pictures.grey, 0, n, &gram);
    pictures.distances = DistancesFromGram(gram);
    PrivacyRow row;
    const std::atomic<bool> go{false};
    std::vector<float> features = pictures.grey;
    EXPECT_TRUE(ScoreFeatures(pictures, SplitPictures(n, 1), features, go, &row).ok());
    return row;
  };
  const PrivacyRow few = control(30), more = control(240);
  EXPECT_LT(few.ssim, more.ssim - 0.2);
  EXPECT_LT(*more.ssim_half, more.ssim) << "and what is still to come shows";
}

class PrivacyRun : public ::testing::Test {
 protected:
  PrivacyRun() : model_(MakeSmallModel()) { folder_.AddPictures(30); }
  absl::StatusOr<PrivacyResult> Run(PrivacyOptions options, const std::function<void(int64_t, int64_t)>& progress = {}) {
    options.size = {32, 32};
    const PrivacySubject subject{.chain = *model_.chain, .types = model_.types, .config = model_.config};
    const absl::StatusOr<ImageSet> images = ChooseImages({.folder = folder_.path(), .use_labels = false});
    if (!images.ok()) return images.status();
    return MeasurePrivacy(subject, *images, options, progress, stop_);
  }
  PictureFolder folder_;
  SmallModel model_;
  std::atomic<bool> stop_{false};
};

TEST_F(PrivacyRun, ThePictureItselfTellsMoreThanTheLastLayer) {
  const int last = model_.chain->size() - 1;
  const PrivacyResult result = *Run({.cuts = {0, 2, last}});
  const PrivacyTable& table = result.table;
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_GT(table.Find(0)->distance_correlation, 0.95);
  EXPECT_GT(table.Find(0)->ssim, table.Find(last)->ssim);
  EXPECT_GT(table.Find(0)->psnr_db, table.baseline_psnr_db + 3);
  EXPECT_EQ(table.Find(0)->features, 3 * 32 * 32);
  EXPECT_EQ(table.n, 30);
  ASSERT_TRUE(table.control_ssim.has_value());
  EXPECT_GT(*table.control_ssim, table.baseline_ssim);
  EXPECT_EQ(table.train + table.validation + table.test, 30);
  EXPECT_TRUE(PrivacyFromJson(PrivacyToJson(table)).ok()) << PrivacyFromJson(PrivacyToJson(table)).status();
}

TEST_F(PrivacyRun, NeitherThreadsNorMemoryShowInTheResult) {
  const PrivacyOptions options{.codec = *codec::ParseCodec("int8"), .cuts = {0, 1, 2, 3}};
  PrivacyOptions other = options;
  other.threads = 3;
  other.feature_bytes = 30 * 3 * 32 * 32 * 4;   // one cut a pass: the picture's own just fits
  int64_t steps = 0, all = 0;
  const std::string one = PrivacyToJson(Run(options)->table);
  const std::string many = PrivacyToJson(Run(other, [&](int64_t done, int64_t total) { steps = done, all = total; })->table);
  EXPECT_EQ(one, many);
  EXPECT_EQ(steps, all);
  EXPECT_GE(all, 2 * 30);
}

// n = 30 pictures of 32x32: two matrices of 30x30 doubles and 30 times 1024 doubles, 14,400 + 245,760 bytes.
TEST_F(PrivacyRun, MatricesHaveABoundToo) {
  EXPECT_EQ(ScoreBytes(30, 32), 14'400 + 245'760);
  PrivacyOptions options{.cuts = {1, 2}, .threads = 3};
  const std::string free = PrivacyToJson(Run(options)->table);
  options.matrix_bytes = 260'160;   // one at a time
  EXPECT_EQ(PrivacyToJson(Run(options)->table), free);
  options.matrix_bytes = 260'159;
  EXPECT_THAT(std::string(Run(options).status().message()), HasSubstr("30 pictures need 260160 bytes"));
}

TEST_F(PrivacyRun, WhatIsJudgedIsWhatWasDecoded) {
  const PrivacyTable raw = Run({.cuts = {2}})->table, fine = Run({.codec = *codec::ParseCodec("int8"), .cuts = {2}})->table;
  const PrivacyTable coarse = Run({.codec = *codec::ParseCodec("int2"), .cuts = {2}})->table;
  EXPECT_NEAR(fine.rows[0].psnr_db, raw.rows[0].psnr_db, 0.5) << "a step of 1/255 of the range hides little";
  EXPECT_NEAR(fine.rows[0].distance_correlation, raw.rows[0].distance_correlation, 0.01);
  EXPECT_NE(coarse.rows[0].distance_correlation, fine.rows[0].distance_correlation) << "three steps in all change the distances";
  EXPECT_LT(coarse.rows[0].bytes, fine.rows[0].bytes);
  EXPECT_LT(fine.rows[0].bytes, raw.rows[0].bytes);
}

TEST_F(PrivacyRun, FewPicturesAreRefusedAndUnreadableOnesNamed) {
  for (int i = 0; i < 3; ++i) folder_.Write(Concat("0", i, ".ppm"), "x");
  const PrivacyResult result = *Run({.cuts = {1}});
  EXPECT_EQ(result.table.n, 27);
  ASSERT_EQ(result.skipped.size(), 3u);
  EXPECT_EQ(result.skipped[0].name, "00.ppm");
  for (int i = 3; i < 21; ++i) folder_.Write(Concat(i < 10 ? "0" : "", i, ".ppm"), "x");
  EXPECT_THAT(std::string(Run({.cuts = {1}}).status().message()),
              HasSubstr("9 pictures that can be read; at least 10 are needed"));
}

TEST_F(PrivacyRun, StopsWhenTold) {
  stop_ = true;
  EXPECT_TRUE(absl::IsCancelled(Run({.cuts = {1}}).status()));
}

}   // namespace
}   // namespace partway::profile
