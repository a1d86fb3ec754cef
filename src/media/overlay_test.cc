#include "media/overlay.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::media {
namespace {

Picture Plain(int height, int width, uint8_t value) {
  Picture picture{.name = "plain", .height = height, .width = width};
  picture.rgb.assign(size_t{3} * height * width, value);
  return picture;
}

int At(const Picture& picture, int row, int column) {
  return picture.rgb[3 * (static_cast<size_t>(row) * picture.width + column)];
}

TEST(Canvas, KeepsTheShapeWithinItsBoundsAndIsEven) {
  const auto size = [](int height, int width) {
    const CanvasSize canvas = CanvasFor(Plain(height, width, 0));
    EXPECT_EQ(canvas.width % 2, 0);
    EXPECT_EQ(canvas.height % 2, 0);
    return std::pair(canvas.width, canvas.height);
  };
  EXPECT_EQ(size(480, 640), std::pair(640, 480));
  EXPECT_EQ(size(48, 64), std::pair(320, 240)) << "five times, so that words can be read";
  EXPECT_EQ(size(2160, 3840), std::pair(1280, 720)) << "a third";
  EXPECT_EQ(size(4000, 1000), std::pair(320, 1280)) << "1280 / 4000 of it";
  EXPECT_EQ(size(4000, 10), std::pair(4, 1280)) << "3.2, made even";
  EXPECT_EQ(size(299, 299), std::pair(320, 320));
}

TEST(OnCanvas, PutsThePictureInTheMiddleOfBlack) {
  // 20 x 40 on 100 x 100: twice and a half as large, 50 x 100, with 25 black rows above and below.
  const Picture drawn = *OnCanvas(Plain(20, 40, 200), {100, 100});
  EXPECT_EQ(drawn.width, 100);
  EXPECT_EQ(drawn.height, 100);
  for (const int row : {0, 24, 75, 99}) EXPECT_EQ(At(drawn, row, 50), 0) << row;
  for (const int row : {25, 50, 74}) EXPECT_EQ(At(drawn, row, 50), 200) << row;
  EXPECT_FALSE(OnCanvas({}, {100, 100}).ok());
}

TEST(WriteOver, DarkensABandBelowAndWritesInIt) {
  Picture picture = Plain(480, 640, 200);
  WriteOver({{"espresso 87 %", 255, 255, 255, true}, {"edge, caf\xc3\xa9", 0, 255, 0}}, &picture);
  EXPECT_EQ(At(picture, 0, 320), 200) << "above the band nothing changes";
  EXPECT_EQ(At(picture, 479, 639), 70) << "0.35 of 200";
  int bright = 0;
  for (const uint8_t value : picture.rgb) bright += value > 200 ? 1 : 0;
  EXPECT_GT(bright, 300) << "letters";
  const Picture before = picture;
  WriteOver({}, &picture);
  EXPECT_EQ(picture.rgb, before.rgb);
}

TEST(WriteOver, TextThatDoesNotFitIsCutOff) {
  Picture picture = Plain(16, 16, 200);
  WriteOver({{std::string(500, 'w'), 255, 255, 255, true}, {std::string(500, 'w')}}, &picture);
  EXPECT_EQ(picture.rgb.size(), 3u * 16 * 16);
}

}   // namespace
}   // namespace partway::media
