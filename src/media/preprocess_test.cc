#include "media/preprocess.h"

#include "base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::media {
namespace {

using ::testing::ElementsAre;

// A grey picture: every channel has the given values.
Picture Grey(int height, int width, const std::vector<uint8_t>& values) {
  Picture picture{.height = height, .width = width};
  for (uint8_t v : values) picture.rgb.insert(picture.rgb.end(), 3, v);
  return picture;
}

std::vector<int> Channel(const Picture& picture, int c) {
  std::vector<int> values;
  for (size_t i = c; i < picture.rgb.size(); i += 3) values.push_back(picture.rgb[i]);
  return values;
}

TEST(TriangleTaps, HalvingFourWeighsThreeThreeOne) {
  // Scale 2, so the triangle reaches 2 samples either way. Sample 0 has its centre at 1; samples at 0.5, 1.5 and 2.5 are 0.25, 0.25
  // and 0.75 of the reach away: 0.75, 0.75, 0.25, of 1.75. The other side mirrors it.
  const FilterTaps taps = TriangleTaps(4, 2);
  const auto weight = [&](int x, int i) { return taps.weights[x * taps.taps + i] / double(1 << kWeightBits); };
  EXPECT_EQ(taps.windows[0].first, 0);
  EXPECT_EQ(taps.windows[0].count, 3);
  EXPECT_NEAR(weight(0, 0), 3.0 / 7, 1e-6);
  EXPECT_NEAR(weight(0, 1), 3.0 / 7, 1e-6);
  EXPECT_NEAR(weight(0, 2), 1.0 / 7, 1e-6);
  EXPECT_EQ(taps.windows[1].first, 1);
  EXPECT_EQ(taps.windows[1].count, 3);
  EXPECT_NEAR(weight(1, 0), 1.0 / 7, 1e-6);
}

TEST(Resize, FourToTwo) {
  // (3*0 + 3*70 + 140)/7 = 50; (70 + 3*140 + 3*210)/7 = 160
  EXPECT_THAT(Channel(*Resize(Grey(1, 4, {0, 70, 140, 210}), 1, 2), 0), ElementsAre(50, 160));
  EXPECT_THAT(Channel(*Resize(Grey(4, 1, {0, 70, 140, 210}), 2, 1), 1), ElementsAre(50, 160));
}

TEST(Resize, TwoToFour) {
  // Centres at 0.25, 0.75, 1.25, 1.75: the edge alone, 3/4 and 1/4, mirrored.
  EXPECT_THAT(Channel(*Resize(Grey(1, 2, {0, 100}), 1, 4), 0), ElementsAre(0, 25, 75, 100));
  EXPECT_THAT(Channel(*Resize(Grey(2, 1, {0, 100}), 4, 1), 2), ElementsAre(0, 25, 75, 100));
}

TEST(Resize, BothDirectionsRoundAfterEach) {
  // Rows first narrow to (0*3+1*3+0)/7 = 0.43 -> 0 and (1*1+0+0)/7 -> 0, so the one bright sample is gone before the columns.
  EXPECT_THAT(Channel(*Resize(Grey(2, 4, {0, 1, 0, 0, 0, 0, 0, 0}), 1, 2), 0), ElementsAre(0, 0));
  // 2x2 to 1x1: every sample a quarter; (10+20)/2 = 15, (30+41)/2 = 35.5 -> 36, (15+36)/2 = 25.5 -> 26.
  EXPECT_THAT(Channel(*Resize(Grey(2, 2, {10, 20, 30, 41}), 1, 1), 0), ElementsAre(26));
}

TEST(Resize, SameSizeChangesNothing) {
  Rng rng(1);
  Picture picture{.height = 7, .width = 5};
  for (int i = 0; i < 7 * 5 * 3; ++i) picture.rgb.push_back(static_cast<uint8_t>(rng.UniformInt(0, 255)));
  EXPECT_EQ(Resize(picture, 7, 5)->rgb, picture.rgb);
}

TEST(Resize, ConstantStaysConstantAtEverySize) {
  for (int value : {0, 1, 127, 254, 255}) {
    const Picture picture = Grey(13, 17, std::vector<uint8_t>(13 * 17, static_cast<uint8_t>(value)));
    for (const auto& [height, width] : {std::pair{1, 1}, {5, 40}, {13, 3}, {64, 64}, {100, 1}}) {
      const std::vector<int> values = Channel(*Resize(picture, height, width), 0);
      EXPECT_EQ(values, std::vector<int>(height * width, value)) << height << "x" << width;
    }
  }
}

TEST(Resize, MatchesTheDefinitionInFloatingPoint) {
  Rng rng(2);
  Picture picture{.height = 37, .width = 29};
  for (int i = 0; i < 37 * 29 * 3; ++i) picture.rgb.push_back(static_cast<uint8_t>(rng.UniformInt(0, 255)));
  const auto sample = [](int length, int target, int x, auto value) {
    const double scale = double(length) / target, reach = std::max(1.0, scale), center = (x + 0.5) * scale;
    double sum = 0, weights = 0;
    for (int i = 0; i < length; ++i) {
      const double w = std::max(0.0, 1 - std::abs(i + 0.5 - center) / reach);
      sum += w * value(i), weights += w;
    }
    return sum / weights;
  };
  for (const auto& size : {std::pair{16, 16}, {50, 11}, {37, 90}}) {
    const int height = size.first, width = size.second;
    const Picture small = *Resize(picture, height, width);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double exact = sample(37, height, y, [&](int row) {
          return sample(29, width, x, [&](int column) { return double(picture.rgb[3 * (row * 29 + column) + 1]); });
        });
        // Each pass rounds to a whole number: half a step, twice.
        ASSERT_NEAR(small.rgb[3 * (y * width + x) + 1], exact, 1.01) << y << "," << x << " of " << height << "x" << width;
      }
    }
  }
}

TEST(ToInput, NormalisesIntoPlanes) {
  Picture picture{.height = 1, .width = 2, .rgb = {127, 0, 255, 255, 127, 0}};
  const ModelConfig config{.mean = {127, 0, 100}, .std = {128, 2, 5}};
  const Tensor tensor = *ToInput(picture, 1, 2, config);
  EXPECT_EQ(tensor.shape(), (Shape{1, 3, 1, 2}));
  EXPECT_EQ(tensor.dtype(), DType::kFloat32);
  EXPECT_THAT(std::vector<float>(tensor.floats().begin(), tensor.floats().end()), ElementsAre(0, 1, 0, 63.5f, 31, -20));
}

TEST(ToInput, OnePreprocessorTakesManySizes) {
  Preprocessor many{ModelConfig{}};
  Rng rng(3);
  for (const auto& [height, width] : {std::pair{8, 8}, {5, 9}, {8, 8}, {30, 2}}) {
    Picture picture{.height = height, .width = width};
    for (int i = 0; i < height * width * 3; ++i) picture.rgb.push_back(static_cast<uint8_t>(rng.UniformInt(0, 255)));
    const Tensor a = *many.ToInput(picture, 6, 7), b = *ToInput(picture, 6, 7, ModelConfig{});
    EXPECT_TRUE(std::equal(a.floats().begin(), a.floats().end(), b.floats().begin()));
  }
}

TEST(ToInput, RefusesWhatCannotBe) {
  const Picture good = Grey(2, 2, {1, 2, 3, 4});
  EXPECT_FALSE(ToInput(good, 0, 5, {}).ok());
  EXPECT_FALSE(ToInput(good, 5, kMaxInputEdge + 1, {}).ok());
  EXPECT_FALSE(ToInput(Picture{}, 5, 5, {}).ok());
  Picture wrong = good;
  wrong.rgb.pop_back();
  EXPECT_FALSE(ToInput(wrong, 5, 5, {}).ok());
  std::vector<float> room(3 * 5 * 5 - 1);
  EXPECT_FALSE(Preprocessor(ModelConfig{}).ToInput(good, 5, 5, room).ok());
}

}   // namespace
}   // namespace partway::media
