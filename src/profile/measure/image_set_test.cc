#include "profile/measure/image_set.h"

#include "gmock/gmock.h"
#include "profile/measure/test_pictures.h"

namespace partway::profile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Names(const ImageSet& set) {
  std::vector<std::string> names;
  for (const auto& file : set.files) names.push_back(file.name);
  return names;
}

TEST(ImageSet, WithoutLabelsAllPictures) {
  const PictureFolder folder;
  folder.AddPictures(3);
  const ImageSet set = *ChooseImages({.folder = folder.path()});
  EXPECT_FALSE(set.labelled);
  EXPECT_THAT(Names(set), ElementsAre("00.ppm", "01.ppm", "02.ppm"));
  EXPECT_TRUE(set.passed_over.empty());
}

TEST(ImageSet, WithLabelsTheLabelledOnesAndTheOthersAreTold) {
  const PictureFolder folder;
  folder.AddPictures(3);
  folder.Write("labels.csv", "file,label_index\n02.ppm,9\n00.ppm,4\ngone.ppm,1\n");
  const ImageSet set = *ChooseImages({.folder = folder.path(), .class_count = 10});
  EXPECT_TRUE(set.labelled);
  EXPECT_THAT(Names(set), ElementsAre("00.ppm", "02.ppm"));
  EXPECT_EQ(set.files[1].label, 9);
  ASSERT_EQ(set.passed_over.size(), 2u);
  EXPECT_EQ(set.passed_over[0].name, "gone.ppm");
  EXPECT_EQ(set.passed_over[1].name, "01.ppm");
  EXPECT_EQ(ChooseImages({.folder = folder.path(), .use_labels = false})->files.size(), 3u);
}

TEST(ImageSet, LabelsOfAnotherFileAndBeyondTheClasses) {
  const PictureFolder folder;
  folder.AddPictures(2);
  folder.Write("mine.csv", "00.ppm,10\n");
  EXPECT_TRUE(ChooseImages({.folder = folder.path(), .labels_csv = folder / "mine.csv", .class_count = 11})->labelled);
  const auto beyond = ChooseImages({.folder = folder.path(), .labels_csv = folder / "mine.csv", .class_count = 10});
  EXPECT_THAT(std::string(beyond.status().message()),
              HasSubstr("mine.csv:1: 00.ppm has class index 10; the model gives 10 classes, 0 to 9"));
  folder.Write("mine.csv", "other.ppm,1\n");
  const auto none = ChooseImages({.folder = folder.path(), .labels_csv = folder / "mine.csv"});
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("mine.csv: names none of the 2 pictures"));
}

TEST(ImageSet, ALimitSpreadsOverTheFolder) {
  const PictureFolder folder;
  folder.AddPictures(10);
  // floor(i * 10 / 4) = 0, 2, 5, 7
  EXPECT_THAT(Names(*ChooseImages({.folder = folder.path(), .limit = 4})), ElementsAre("00.ppm", "02.ppm", "05.ppm", "07.ppm"));
  EXPECT_EQ(ChooseImages({.folder = folder.path(), .limit = 11})->files.size(), 10u);
}

TEST(ImageSet, TheHashTellsAnotherSet) {
  const PictureFolder folder;
  folder.AddPictures(3);
  const std::string all = ChooseImages({.folder = folder.path()})->sha256;
  EXPECT_EQ(ChooseImages({.folder = folder.path()})->sha256, all);
  EXPECT_NE(ChooseImages({.folder = folder.path(), .limit = 2})->sha256, all);
  folder.Write("01.ppm", "shorter");
  EXPECT_NE(ChooseImages({.folder = folder.path()})->sha256, all);
}

TEST(ImageSet, EmptyFoldersAreRefused) {
  const PictureFolder folder;
  EXPECT_THAT(std::string(ChooseImages({.folder = folder.path()}).status().message()), HasSubstr("holds no picture"));
  EXPECT_FALSE(ChooseImages({.folder = folder / "gone"}).ok());
}

}   // namespace
}   // namespace partway::profile
