#include "media/jpeg.h"

#include "gtest/gtest.h"

namespace partway::media {
namespace {

TEST(Jpeg, ComesBackNearlyAsItWas) {
  Picture red{.name = "red", .height = 16, .width = 24};
  for (int i = 0; i < 16 * 24; ++i) red.rgb.insert(red.rgb.end(), {200, 30, 40});
  const auto bytes = EncodeJpeg(red, 90);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto back = DecodePicture(*bytes, "back");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->height, 16);
  EXPECT_EQ(back->width, 24);
  // A flat colour loses only what rounding to YCbCr costs: a few steps of 256.
  EXPECT_NEAR(back->rgb[0], 200, 4);
  EXPECT_NEAR(back->rgb[1], 30, 4);
  EXPECT_NEAR(back->rgb[2], 40, 4);
}

TEST(Jpeg, RefusesAnEmptyPictureAndAnAbsurdQuality) {
  EXPECT_FALSE(EncodeJpeg(Picture{}, 75).ok());
  EXPECT_FALSE(EncodeJpeg(Picture{.height = 1, .width = 1, .rgb = {1, 2, 3}}, 0).ok());
}

}   // namespace
}   // namespace partway::media
