// Real footage through `run`, where it is at hand: three containers and codecs as cameras and tools write them.
#include <algorithm>
#include <filesystem>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

std::vector<std::string> RealVideos() {
  std::vector<std::string> videos;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(PARTWAY_SOURCE_DIR "/../shared/data/video", absent))
    videos.push_back(entry.path().string());
  std::sort(videos.begin(), videos.end());
  return videos;
}

TEST(RealVideo, RunsThroughTheShippedModelAndComesOutWithItsAnswers) {
  const std::vector<std::string> videos = RealVideos();
  if (videos.empty()) GTEST_SKIP() << "no footage in ../shared/data/video";
  TempFolder folder;
  Server server({"efficientnet_lite0"});
  for (const std::string& video : videos) {
    SCOPED_TRACE(video);
    const std::string record = folder / "run.jsonl", answers = folder / "answers.mp4";
    const Json summary =
        ExpectJson(Partway({"run", "efficientnet_lite0", "--edge", server.address(), "--source", video, "--cut", "3", "--codec",
                            "int8-ec", "--frames", "30", "--record", record, "--write-video", answers, "--json"}));
    EXPECT_EQ(summary["frames"]["offered"], 30);
    EXPECT_EQ(summary["frames"]["edge"], 30);
    const std::vector<Json> rows = Rows(record, "frame");
    ASSERT_EQ(rows.size(), 30u);
    for (const Json& row : rows) EXPECT_TRUE(row["top1"].is_number()) << row;
    // What was written holds the same frames.
    EXPECT_EQ(ExpectJson(Partway({"run", "efficientnet_lite0", "--source", answers, "--json"}))["frames"]["offered"], 30);
  }
}

// At its own pace, with a policy: offered are the frames of so many seconds.
TEST(RealVideo, APolicyTakesAVideoAtItsOwnPace) {
  const std::vector<std::string> videos = RealVideos();
  if (videos.empty()) GTEST_SKIP() << "no footage in ../shared/data/video";
  TempFolder folder;
  Server server({"efficientnet_lite0"});
  Process::Options options;
  options.environment = {{"XDG_CACHE_HOME", folder / "cache"}};
  const std::string record = folder / "run.jsonl";
  const Ended ended = Partway({"run", "efficientnet_lite0", "--edge", server.address(), "--source", videos.front(), "--duration",
                               "3s", "--sizes", "160,192", "--codecs", "int8-ec", "--record", record, "--json"},
                              options);
  const Json counts = ExpectJson(ended)["frames"];
  EXPECT_EQ(counts["offered"].get<int>(), counts["edge"].get<int>() + counts["local"].get<int>() + counts["dropped"].get<int>());
  EXPECT_GT(counts["edge"].get<int>() + counts["local"].get<int>(), 0);
  EXPECT_FALSE(Rows(record, "slot").empty());
}

}   // namespace
}   // namespace partway::cli
