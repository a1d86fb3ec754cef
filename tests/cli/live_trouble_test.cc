// What docs/live.md says of a run that a policy decides when things go wrong, line by line.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "tests/cli/live_fixture.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;

size_t Count(const std::vector<std::string>& lines, std::string_view text) {
  size_t count = 0;
  for (const std::string& line : lines) count += line.find(text) != std::string::npos ? 1 : 0;
  return count;
}
constexpr char kEdge[] = "\"outcome\":\"edge\"";
bool SomeFrames(const std::vector<std::string>& lines) { return Count(lines, "{\"frame\"") >= 5; }
bool OnTheEdge(const std::vector<std::string>& lines) { return Count(lines, kEdge) >= 5; }
bool LostAndHere(const std::vector<std::string>& lines) {
  size_t i = 0;
  while (i < lines.size() && lines[i].find("\"lost\"") == std::string::npos) ++i;
  return Count({lines.begin() + static_cast<std::ptrdiff_t>(i), lines.end()}, "\"outcome\":\"local\"") >= 5;
}
bool Back(const std::vector<std::string>& lines) {
  size_t i = 0;
  while (i < lines.size() && lines[i].find("\"reattached\"") == std::string::npos) ++i;
  return Count({lines.begin() + static_cast<std::ptrdiff_t>(i), lines.end()}, kEdge) >= 5;
}

// All frames go to the edge while there is one, so that what becomes of them there shows.
class LiveTrouble : public LiveNet {
 protected:
  std::vector<std::string> ToTheEdge(const std::string& address) const {
    return Words(address, {"--policy", "all-edge", "--fps", "20", "--duration", "200s", "--json"});
  }
  void StopAndCheck(Process* run) const {
    run->Signal(SIGINT);
    ExpectAccounted(ExpectJson(run->Wait()));
  }
};

TEST_F(LiveTrouble, AServerThatComesLaterIsUsed) {
  std::string address;
  {
    Server server({net_});
    address = server.address();
  }
  Process run(ToTheEdge(address), Cached());
  ASSERT_TRUE(WaitForFile(record_, SomeFrames));
  Server server({net_}, address);
  EXPECT_TRUE(WaitForFile(record_, Back));
  StopAndCheck(&run);
}

TEST_F(LiveTrouble, AnotherKindOfServerIsRefused) {
  const Peer web([](int socket) {
    char buffer[512];
    (void)!::read(socket, buffer, sizeof buffer);
    const std::string answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n";
    (void)!::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
  });
  ExpectOneLine(Run(web.address(), {"--frames", "3"}), 1, web.address() + " does not speak gRPC");
  WriteSmallNet(folder_ / "other.onnx", 0, 2);
  Server other({folder_ / "other.onnx"});
  ExpectOneLine(Run(other.address(), {"--frames", "3"}), 1, other.address());
}

// Nobody can tell this from a link that breaks.
TEST_F(LiveTrouble, OneThatHangsUpCountsAsNoServer) {
  const Peer peer([](int) {});
  const Ended ended = Run(peer.address(), {"--frames", "5", "--json"});
  const Json summary = ExpectJson(ended);
  ExpectAccounted(summary);
  EXPECT_EQ(summary["frames"]["edge"], 0);
  EXPECT_THAT(ended.err, HasSubstr("everything runs here until it answers"));
}

TEST_F(LiveTrouble, AServerThatFreezesIsLostAndFoundAgain) {
  Server server({net_});
  Process run(ToTheEdge(server.address()), Cached());
  ASSERT_TRUE(WaitForFile(record_, OnTheEdge));
  server.process().Signal(SIGSTOP);
  EXPECT_TRUE(WaitForFile(record_, LostAndHere));
  server.process().Signal(SIGCONT);
  EXPECT_TRUE(WaitForFile(record_, Back));
  StopAndCheck(&run);
}

// A picture takes tens of milliseconds on this link, so that one is on its way when the rate becomes none; ten seconds later it goes on. The link's time begins with the first
// connection, and the trace begins again every 25 s.
TEST_F(LiveTrouble, ALinkOfNoRateForTenSecondsIsOutlived) {
  WriteText(folder_ / "gap.csv", "0,1000000\n5,0\n15,1000000\n");
  Server server({net_});
  EXPECT_EQ(Run(server.address(), {"--frames", "3"}).code, 0)
      << "what is measured once is measured now, so that the next run begins at once";
  Process link({"link", "--listen", "127.0.0.1:0", "--to", server.address(), "--trace", folder_ / "gap.csv"});
  const auto address = link.WaitForLine("listening on ");
  ASSERT_TRUE(address);
  Process run(ToTheEdge(*address), Cached());
  EXPECT_TRUE(WaitForFile(record_, LostAndHere));
  EXPECT_TRUE(WaitForFile(record_, Back));
  StopAndCheck(&run);
}

TEST_F(LiveTrouble, AWallClockThatJumpsChangesNothing) {
#ifdef PARTWAY_SANITIZED
  GTEST_SKIP() << "the sanitizer must come before every other library";
#endif
  Server server({net_});
  Process::Options options = Cached();
  options.environment.emplace_back("LD_PRELOAD", PARTWAY_CLOCK_JUMP);
  const Ended ended =
      Partway(Words(server.address(), {"--policy", "all-edge", "--fps", "20", "--frames", "60", "--json"}), options);
  const Json summary = ExpectJson(ended);
  ExpectAccounted(summary);
  EXPECT_GT(summary["frames"]["edge"].get<int>(), 0);
  EXPECT_EQ(summary["frames"]["offered"], 60);
  for (const Json& event : Rows(record_, "event")) EXPECT_NE(event["kind"], "lost") << event;
  double before = -1;
  for (const Json& frame : Rows(record_, "frame")) {
    EXPECT_GE(frame["latency_s"].get<double>(), 0);
    EXPECT_LT(frame["latency_s"].get<double>(), 600) << "an hour would be a jump's";
    before = std::max(before, frame["captured_s"].get<double>());
  }
  EXPECT_LT(before, 600);
}

// Motion JPEG as a plain row of pictures, each of its own size.
TEST_F(LiveTrouble, AVideoWhosePicturesChangeTheirSizeRunsToItsEnd) {
  std::string video;
  int frames = 0;
  for (const std::string& name : FilesIn(folder_ / "photos")) {
    if (!name.ends_with(".jpg")) continue;
    video += ReadText(folder_ / "photos/" + name);
    ++frames;
  }
  WriteText(folder_ / "video.mjpeg", video);
  std::vector<std::string> words = Words(Nobody(), {"--json"});
  words[3] = folder_ / "video.mjpeg";
  const Json summary = ExpectJson(Partway(words, Cached()));
  ExpectAccounted(summary);
  EXPECT_EQ(summary["frames"]["offered"], frames) << "it ends when the video does";
}

}   // namespace
}   // namespace partway::cli
