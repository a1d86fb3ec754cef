// Videos written and read back by our own source.
#include "media/video_writer.h"

#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::media {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr CanvasSize kSize{320, 240};

class VideoWriterTest : public testing::Test {
 protected:
  VideoWriterTest()
      : folder_(fs::path(testing::TempDir()) /
                Concat("video_writer_test_", testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~VideoWriterTest() override { fs::remove_all(folder_); }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  // The shipped photos, in turn, on the canvas.
  static std::vector<Picture> Photos(int count) {
    const auto source = *OpenSource(std::string(PARTWAY_SOURCE_DIR) + "/assets/photos", {.repeat = true});
    std::vector<Picture> photos;
    for (int i = 0; i < count; ++i) photos.push_back(*OnCanvas(**source->Next(), kSize));
    return photos;
  }
  size_t Files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator())); }

  fs::path folder_;
};

double MeanDifference(const Picture& a, const Picture& b) {
  double sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(int{a.rgb[i]} - int{b.rgb[i]});
  return sum / static_cast<double>(a.rgb.size());
}

TEST_F(VideoWriterTest, WhatIsWrittenIsReadBackFrameByFrame) {
  const std::vector<Picture> photos = Photos(12);
  for (const char* name : {"answers.mp4", "answers.mkv", "answers.avi"}) {
    SCOPED_TRACE(name);
    auto writer = MakeVideoWriter(Path(name));
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE((*writer)->Open(kSize, 10).ok());
    for (const Picture& photo : photos) ASSERT_TRUE((*writer)->Add(photo).ok());
    EXPECT_FALSE(fs::exists(Path(name))) << "not before it is whole";
    const absl::Status finished = (*writer)->Finish();
    ASSERT_TRUE(finished.ok()) << finished;
    const auto source = OpenSource(Path(name));
    ASSERT_TRUE(source.ok()) << source.status();
    EXPECT_NEAR((*source)->native_fps().value_or(0), 10, 0.01);
    for (size_t i = 0; i < photos.size(); ++i) {
      const auto frame = *(*source)->Next();
      ASSERT_TRUE(frame.has_value()) << i;
      EXPECT_EQ(frame->width, kSize.width);
      EXPECT_EQ(frame->height, kSize.height);
      EXPECT_LT(MeanDifference(*frame, photos[i]), 25) << "of 256, lossy as it is; another photo is far off";
    }
    EXPECT_FALSE((*(*source)->Next()).has_value());
  }
  EXPECT_EQ(Files(), 3u) << "no partial file is left";
}

TEST_F(VideoWriterTest, WithoutAnEndNothingIsLeftAndWhatWasThereStays) {
  ASSERT_TRUE(WriteFileAtomically(Path("a.mp4"), "old").ok());
  {
    auto writer = *MakeVideoWriter(Path("a.mp4"));
    ASSERT_TRUE(writer->Open(kSize, 10).ok());
    ASSERT_TRUE(writer->Add(Photos(1)[0]).ok());
  }
  EXPECT_EQ(*ReadFile(Path("a.mp4"), 100), "old");
  EXPECT_EQ(Files(), 1u);
  EXPECT_THAT(std::string((*MakeVideoWriter(Path("a.mp4")))->Finish().message()), HasSubstr("no frame came"));
}

TEST_F(VideoWriterTest, RefusesWhatItCannotWriteBeforeAnythingRuns) {
  EXPECT_THAT(std::string(MakeVideoWriter(Path("a.gif")).status().message()), HasSubstr("a video ends in .mp4, .mkv or .avi"));
  EXPECT_FALSE(MakeVideoWriter(Path("mp4")).ok());
  EXPECT_EQ(MakeVideoWriter(Path("no/such/a.mp4")).status().code(), absl::StatusCode::kNotFound);
  fs::create_directory(Path("b.mp4"));
  EXPECT_THAT(std::string(MakeVideoWriter(Path("b.mp4")).status().message()), HasSubstr("is a folder"));
}

TEST_F(VideoWriterTest, RefusesAPictureOfAnotherSize) {
  auto writer = *MakeVideoWriter(Path("a.avi"));
  ASSERT_TRUE(writer->Open({640, 480}, 10).ok());
  EXPECT_THAT(std::string(writer->Add(Photos(1)[0]).message()), HasSubstr("320x240 in a video of 640x480"));
}

}   // namespace
}   // namespace partway::media
