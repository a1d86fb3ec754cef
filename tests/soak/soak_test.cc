// A short soak, and what it judges by.
#include "tests/soak/soak.h"

#include <unistd.h>

#include <algorithm>

#include "tests/cli/fixtures.h"
#include "tests/soak/record_tail.h"
#include "tests/soak/resources.h"
#include "tests/soak/schedule.h"

namespace partway::soak {
namespace {

using testing::HasSubstr;

std::string Frame(int id, const char* outcome) {
  return R"({"frame":{"id":)" + std::to_string(id) + R"(,"outcome":")" + outcome + R"(","reason":"x"}})" + "\n";
}
const char kSummary[] = R"({"summary":{"frames":{"offered":3,"edge":1,"local":1,"dropped":1}}})";

class RecordTailTest : public testing::Test {
 protected:
  std::string WrongOf(const std::string& text) {
    cli::WriteText(folder_ / "r.jsonl", text);
    RecordTail tail(folder_ / "r.jsonl");
    tail.Read();
    return tail.Wrong();
  }
  cli::TempFolder folder_;
};

TEST_F(RecordTailTest, FindsWhatIsMissingTwiceOrCountedOtherwise) {
  const std::string frames = Frame(0, "edge") + Frame(2, "dropped") + Frame(1, "local"), summary = std::string(kSummary) + "\n";
  EXPECT_EQ(WrongOf(frames + summary), "");
  EXPECT_THAT(WrongOf(frames), HasSubstr("no summary"));
  EXPECT_THAT(WrongOf(frames + kSummary), HasSubstr("cut"));
  EXPECT_THAT(WrongOf(frames + Frame(1, "edge") + summary), HasSubstr("frame 1 is there twice"));
  EXPECT_THAT(WrongOf(Frame(0, "edge") + Frame(1, "local") + Frame(3, "dropped") + summary), HasSubstr("frame 2 is not there"));
  EXPECT_THAT(WrongOf(frames + Frame(3, "edge") + summary), HasSubstr("the summary says 3 = 1 + 1 + 1, its lines 4 = 2 + 1 + 1"));
  EXPECT_THAT(WrongOf(Frame(0, "edge") + Frame(1, "lost") + Frame(2, "local") + summary), HasSubstr("do not add up"));
  EXPECT_THAT(WrongOf(frames + summary + Frame(3, "edge")), HasSubstr("after the summary"));
  EXPECT_THAT(WrongOf(R"({"frame":{"id":0,"outcome":"dropped","reason":null}})" + std::string("\n")),
              HasSubstr("without a reason"));
}

TEST_F(RecordTailTest, ReadsOnWhereItStopped) {
  cli::WriteText(folder_ / "r.jsonl", Frame(0, "edge") + R"({"frame":{"id":1,)");
  RecordTail tail(folder_ / "r.jsonl");
  tail.Read();
  EXPECT_EQ(tail.counts().offered, 1);
  std::ofstream(folder_ / "r.jsonl", std::ios::app) << R"("outcome":"local"}})"
                                                    << "\n"
                                                    << R"({"event":{"kind":"lost"}})"
                                                    << "\n";
  tail.Read();
  EXPECT_EQ(tail.counts().offered, 2);
  EXPECT_EQ(tail.counts().local, 1);
  EXPECT_EQ(tail.events("lost"), 1);
}

TEST(GrowthSince, IsTheLineThroughTheSecondHalf) {
  std::vector<Sample> samples;
  // Warms up by 50 MB in the first 10 s, then grows by 1 MB a second, up and down by 5; a thread and two descriptors are kept from 20 s on.
  for (int t = 0; t <= 30; ++t) {
    const int64_t memory =
        (t < 10 ? int64_t{5'000'000} * t : 50'000'000 + int64_t{1'000'000} * (t - 10)) + (t % 2 == 0 ? 5'000'000 : 0);
    samples.push_back({static_cast<double>(t), {memory, t < 20 ? 4 : 5, t < 20 ? 10 : 12}});
  }
  const Growth growth = GrowthSince(samples, 10);
  EXPECT_EQ(growth.samples, 21u);
  EXPECT_NEAR(growth.memory_bytes, 20e6, 1e5);
  EXPECT_EQ(growth.threads, 1);
  EXPECT_EQ(growth.descriptors, 2);
  EXPECT_EQ(GrowthSince(samples, 31).samples, 0u);
}

TEST(ResourcesOf, SeesThisProcess) {
  const auto before = ResourcesOf(::getpid());
  ASSERT_TRUE(before);
  const int copy = ::dup(STDOUT_FILENO);
  const std::vector<char> touched(32 << 20, 'x');
  const auto after = ResourcesOf(::getpid());
  ::close(copy);
  EXPECT_EQ(after->descriptors, before->descriptors + 1);
  EXPECT_GE(after->memory_bytes - before->memory_bytes, 30 << 20);
  EXPECT_EQ(std::count(touched.begin(), touched.end(), 'x'), 32 << 20);
  EXPECT_THAT(ThreadsOf(::getpid()), HasSubstr("thread " + std::to_string(::getpid())));
  EXPECT_FALSE(ResourcesOf(-1));
}

TEST(MakeSchedule, HasEveryKindAndIsTheSameForASeed) {
  for (const double seconds : {15.0, 3600.0}) {
    const Schedule schedule = MakeSchedule(seconds, 7);
    EXPECT_EQ(schedule.link_flags, MakeSchedule(seconds, 7).link_flags);
    EXPECT_NE(schedule.link_flags, MakeSchedule(seconds, 8).link_flags);
    for (const char* flag : {"--stall", "--reset", "--outage", "--repeat-faults"})
      EXPECT_THAT(schedule.link_flags, testing::Contains(std::string(flag))) << seconds;
    double before = 0;
    bool killed = false, frozen = false;
    for (const ServerFault& fault : schedule.server) {
      EXPECT_GE(fault.at_s, before) << "one ends before the next begins";
      before = fault.at_s + fault.length_s;
      (fault.kind == ServerFault::Kind::kKill ? killed : frozen) = true;
      EXPECT_LT(before, fault.kind == ServerFault::Kind::kKill ? seconds / 2 : seconds);
    }
    EXPECT_LT(before, seconds);
    EXPECT_TRUE(killed && frozen);
  }
}

// The small net instead of the shipped one, so that it also ends soon under a sanitizer.
TEST(Soak, AShortOneHolds) {
  cli::TempFolder folder;
  cli::WriteSmallNet(folder / "net.onnx", 64);
  SoakOptions options;
  options.model = folder / "net.onnx";
  options.groups = "all";
  options.source = cli::Photos();
  options.folder = folder.path();
  options.seconds = 20;
  options.slowdown = 1;
  options.report_every_s = 5;
#ifdef PARTWAY_SANITIZED
  options.judge_memory = false;
#endif
  std::string told;
  const Verdict verdict = RunSoak(options, [&](const std::string& line) { told += line + "\n"; });
  EXPECT_FALSE(verdict.claims.empty());
  for (const Claim& claim : verdict.claims) EXPECT_TRUE(claim.holds) << claim.claim << ": " << claim.found << "\n" << told;
}

}   // namespace
}   // namespace partway::soak
