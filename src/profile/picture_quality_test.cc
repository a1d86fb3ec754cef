#include "profile/picture_quality.h"

#include <vector>

#include "gtest/gtest.h"

namespace partway::profile {
namespace {

TEST(Psnr, KnownCases) {
  const std::vector<float> a(9, 0), b(9, 10);
  EXPECT_NEAR(*PsnrDb(a, b), 28.1308, 1e-4);   // 10 log10(65025 / 100)
  EXPECT_EQ(*PsnrDb(a, a), kMaxPsnrDb);
  EXPECT_FALSE(PsnrDb(a, std::vector<float>(8, 0)).ok());
  EXPECT_FALSE(PsnrDb({}, {}).ok());
}

TEST(Ssim, EvenPicturesDifferInLuminanceAlone) {
  // Variances are 0: (2 * 100 * 120 + C1) / (100^2 + 120^2 + C1), C1 = (0.01 * 255)^2 = 6.5025: 24006.5025 / 24406.5025.
  const std::vector<float> a(16 * 12, 100), b(16 * 12, 120);
  EXPECT_NEAR(*Ssim(a, b, 16, 12), 24006.5025 / 24406.5025, 1e-9);
  EXPECT_NEAR(*Ssim(a, a, 16, 12), 1, 1e-12);
}

// One window. a = 128 + 50 p, b = 128 - 50 p, with p = -1 left of the middle column, 0 on it, 1 right of it: means are 128, covariance is minus the
// variance v = 2500 (1 - w0). w0, the middle column's weight, is 1 / (1 + 2 (e^(-1/4.5) + e^(-4/4.5) + e^(-9/4.5) + e^(-16/4.5) + e^(-25/4.5))) = 0.266012, so
// v = 1834.97; with C2 = (0.03 * 255)^2 = 58.5225: (-2 v + C2) / (2 v + C2) = -0.968607.
TEST(Ssim, ANegativeIsNegative) {
  std::vector<float> a, b;
  for (int y = 0; y < 11; ++y) {
    for (int x = 0; x < 11; ++x) {
      const float p = x < 5 ? -1.0f : x > 5 ? 1.0f : 0.0f;
      a.push_back(128 + 50 * p);
      b.push_back(128 - 50 * p);
    }
  }
  EXPECT_NEAR(*Ssim(a, b, 11, 11), -0.968607, 1e-5);
  EXPECT_NEAR(*Ssim(a, a, 11, 11), 1, 1e-12);
}

TEST(Ssim, RefusesWhatIsSmallerThanTheWindow) {
  const std::vector<float> a(10 * 11, 0);
  EXPECT_FALSE(Ssim(a, a, 10, 11).ok());
  EXPECT_FALSE(Ssim(a, a, 11, 11).ok()) << "fewer values than pixels";
}

}   // namespace
}   // namespace partway::profile
