#include "profile/measure/made_up_photo.h"

#include <gtest/gtest.h>

#include "media/jpeg.h"
#include "media/preprocess.h"

namespace partway::profile {
namespace {

double JpegBytes(const media::Picture& picture, int edge, int quality) {
  return static_cast<double>(media::EncodeJpeg(*media::Resize(picture, edge, edge), quality)->size());
}

// Mean bytes of JPEGs of 1000 photos at quality 75, and of 100 of them at 224 and three other qualities. The made-up one costs as much within 15 %, whatever
// its size.
TEST(MadeUpPhoto, CostsWhatPhotosCost) {
  const media::Picture picture = MadeUpPhoto();
  for (const auto& [edge, photos] :
       {std::pair{96, 2700.0}, {128, 4100.0}, {160, 5800.0}, {192, 7800.0}, {224, 10000.0}, {256, 12500.0}, {288, 15100.0}})
    EXPECT_NEAR(JpegBytes(picture, edge, 75), photos, 0.15 * photos) << edge;
  for (const auto& [quality, photos] : {std::pair{50, 6714.0}, {90, 15857.0}, {95, 22519.0}})
    EXPECT_NEAR(JpegBytes(picture, 224, quality), photos, 0.15 * photos) << quality;
}

TEST(MadeUpPhoto, IsTheSameForTheSameSeed) {
  const media::Picture one = MadeUpPhoto(7);
  EXPECT_EQ(one.rgb.size(), size_t{3} * kMadeUpEdge * kMadeUpEdge);
  EXPECT_EQ(one.rgb, MadeUpPhoto(7).rgb);
  EXPECT_NE(one.rgb, MadeUpPhoto(8).rgb);
  EXPECT_NEAR(JpegBytes(MadeUpPhoto(8), 224, 75), 10000, 2000) << "not of this one seed alone";
}

}   // namespace
}   // namespace partway::profile
