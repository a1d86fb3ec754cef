// Frames that end in another order than they were captured in, and what the video then holds.
#include "apps/answer_video.h"

#include <unistd.h>

#include <filesystem>

#include "apps/verb.h"
#include "base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::apps {
namespace {

namespace fs = std::filesystem;

class AnswerVideoTest : public testing::Test {
 protected:
  AnswerVideoTest() : path_((fs::path(testing::TempDir()) / Concat("answer_video_test.", getpid(), ".mkv")).string()) {
    fs::remove(path_);
  }
  ~AnswerVideoTest() override { fs::remove(path_); }
  std::unique_ptr<AnswerVideo> Make() { return std::make_unique<AnswerVideo>(*AnswerVideo::Reserve(path_), 10, config_, 5); }
  // Frame `id` is as red as its number tells.
  static void Add(AnswerVideo* video, uint64_t id) {
    media::Picture picture{.name = "p", .height = 240, .width = 320};
    for (int i = 0; i < 240 * 320; ++i) picture.rgb.insert(picture.rgb.end(), {static_cast<uint8_t>(20 * id), 0, 0});
    report::FrameRow row;
    row.id = id;
    row.outcome = id % 3 == 0 ? device::Outcome::kDropped : device::Outcome::kEdge;
    video->Add(row, picture, id % 3 == 0 ? std::vector<media::Guess>{} : std::vector<media::Guess>{{967, 0.87F}});
  }
  std::vector<int> Reds() const {
    const auto source = *media::OpenSource(path_);
    std::vector<int> reds;
    for (auto frame = *source->Next(); frame; frame = *source->Next())
      reds.push_back((frame->rgb[3 * 320 * 60 + 3 * 160] + 10) / 20);
    return reds;
  }

  const std::string path_;
  media::ModelConfig config_;
};

TEST_F(AnswerVideoTest, StandsInTheOrderOfCapture) {
  const auto video = Make();
  for (const uint64_t id : {1, 0, 4, 3, 2, 5, 7, 6}) Add(video.get(), id);
  ASSERT_TRUE(video->Finish(false).ok());
  EXPECT_EQ(video->left_out(), 0);
  EXPECT_THAT(Reds(), testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_F(AnswerVideoTest, AMissingFrameIsNotWaitedForAtTheEnd) {
  const auto video = Make();
  for (const uint64_t id : {3, 1, 0, 6}) Add(video.get(), id);
  ASSERT_TRUE(video->Finish(false).ok());
  EXPECT_THAT(Reds(), testing::ElementsAre(0, 1, 3, 6));
}

// Frame 0 does not come: as many as may wait do, then they are written without it. The one that found no room is left out, and so is frame 0 when it comes
// after all.
TEST_F(AnswerVideoTest, ALateFrameHoldsTheOthersUpOnlySoLong) {
  const auto video = Make();
  for (uint64_t id = 1; id <= AnswerVideo::kWaiting + 1; ++id) {
    media::Picture picture{.name = "p", .height = 2, .width = 2, .rgb = std::vector<uint8_t>(12, 90)};
    report::FrameRow row;
    row.id = id;
    video->Add(row, picture, {});
  }
  Add(video.get(), 0);
  ASSERT_TRUE(video->Finish(false).ok());
  EXPECT_EQ(video->left_out(), 2);
  EXPECT_EQ(Reds().size(), AnswerVideo::kWaiting);
}

TEST_F(AnswerVideoTest, WithoutAnEndNothingIsLeft) {
  {
    const auto video = Make();
    Add(video.get(), 0);
  }
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(AnswerVideoTest, ANameThatIsNoVideosIsAUsageError) {
  const absl::Status status = AnswerVideo::Reserve("answers.txt").status();
  EXPECT_TRUE(IsUsageError(status));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("--write-video answers.txt: a video ends in .mp4, .mkv or .avi"));
  EXPECT_FALSE(IsUsageError(AnswerVideo::Reserve("no/such/folder/a.mp4").status()));
}

}   // namespace
}   // namespace partway::apps
