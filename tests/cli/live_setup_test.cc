// What a run with a policy needs before its first frame: flags that are checked before anything is waited for, and a profile that is kept, extended or, where nothing
// can be kept, done without keeping.
#include <algorithm>
#include <atomic>
#include <filesystem>

#include "tests/cli/live_fixture.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

class LiveSetup : public LiveNet {};

TEST_F(LiveSetup, WithoutAPlaceToKeepThingsItRunsAndSaysSo) {
  Process::Options none;
  none.environment = {{"XDG_CACHE_HOME", ""}, {"HOME", ""}};
  const Ended homeless = Partway(Words(Nobody(), {"--frames", "5", "--json"}), none);
  ExpectAccounted(ExpectJson(homeless));
  EXPECT_THAT(homeless.err, HasSubstr("took a quick profile of this machine, which is not kept: there is no place to keep"));
  EXPECT_THAT(homeless.err, HasSubstr("(not kept: there is no place to keep what is measured"));
  // Nobody may make a folder there.
  none.environment = {{"XDG_CACHE_HOME", "/proc"}};
  const Ended refused = Partway(Words(Nobody(), {"--frames", "5", "--json"}), none);
  ExpectAccounted(ExpectJson(refused));
  EXPECT_THAT(refused.err, HasSubstr("which is not kept: cannot create the folder /proc/partway/profiles"));
}

TEST_F(LiveSetup, AKeptProfileIsExtendedByWhatItLacks) {
  const auto kept = [&] {
    const std::set<std::string> files = FilesIn(folder_ / "cache/partway/profiles");
    EXPECT_EQ(files.size(), 1u) << "one file, whatever sizes and codecs were asked for";
    return Json::parse(ReadText(folder_ / "cache/partway/profiles" + std::string("/") + *files.begin()));
  };
  const auto run = [&](const char* sizes, const char* codecs) {
    const Ended ended = Run(Nobody(), {"--frames", "3", "--sizes", sizes, "--codecs", codecs, "--json"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.err;
  };
  EXPECT_THAT(run("32", "jpeg:95"), HasSubstr("took a quick profile of this machine and kept it in "));
  const Json first = kept();
  ASSERT_EQ(first["sizes"].size(), 1u);
  ASSERT_EQ(first["codecs"].size(), 1u);
  EXPECT_THAT(run("32,64", "jpeg:95,int8-ec"), HasSubstr("took a quick profile of this machine and kept it in "));
  const Json second = kept();
  ASSERT_EQ(second["sizes"].size(), 2u);
  EXPECT_EQ(second["sizes"][0], first["sizes"][0]) << "what was there is not measured again";
  EXPECT_EQ(second["sizes"][1]["height"], 64);
  ASSERT_EQ(second["codecs"].size(), 2u);
  EXPECT_EQ(second["codecs"][0], first["codecs"][0]);
  EXPECT_THAT(run("64", "int8-ec"), HasSubstr("profile of this machine: "));
  EXPECT_EQ(kept(), second);
}

TEST_F(LiveSetup, FlagsAreCheckedBeforeAnythingIsConnectedOrMeasured) {
  std::atomic<int> connections{0};
  const Peer peer([&](int) { ++connections; });
  const auto refused = [&](const std::vector<std::string>& flags, int code, const std::string& names) {
    ExpectOneLine(Run(peer.address(), flags), code, names);
  };
  refused({"--policy", "clairvoyant"}, 2, "no policy 'clairvoyant'; there are adaptive, ");
  refused({"--policy", "best-fixed"}, 2, "needs to know the future");
  refused({"--max-latency", "0s"}, 2, "--max-latency");
  refused({"--slot", "1ms"}, 2, "--slot");
  refused({"--min-accuracy", "1.5"}, 2, "--min-accuracy");
  refused({"--min-device-groups", "99"}, 2, "--min-device-groups 99");
  refused({"--codecs", "jpeg:300"}, 2, "jpeg:300");
  refused({"--codec", "morse"}, 2, "morse");
  refused({"--sizes", "32x64"}, 2, "--sizes");
  refused({"--profile", folder_ / "none.json"}, 1, "none.json");
  refused({"--accuracy", folder_ / "none.json"}, 1, "none.json");
  std::vector<std::string> no_place = Words(peer.address(), {});
  *(std::find(no_place.begin(), no_place.end(), "--record") + 1) = folder_ / "none/run.jsonl";
  ExpectOneLine(Partway(no_place, Cached()), 1, folder_ / "none/run.jsonl");
  EXPECT_EQ(connections, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cache/partway")) << "nothing was measured";
  EXPECT_FALSE(std::filesystem::exists(record_));
  std::vector<std::string> words = Words(peer.address(), {});
  words[3] = folder_ / "none";
  ExpectOneLine(Partway(words, Cached()), 1, "not found");
  EXPECT_EQ(connections, 0);
}

TEST_F(LiveSetup, OnlyPoliciesThatCanRunAreOffered) {
  const Ended ended = Run(Nobody(), {"--policy", "clairvoyant"});
  for (const char* name : {"adaptive", "adaptive-single", "parecon", "all-local"}) EXPECT_THAT(ended.err, HasSubstr(name));
  for (const char* name : {"offline", "best-fixed"}) EXPECT_THAT(ended.err, Not(HasSubstr(name)));
}

// `run --link` puts a relay of its own before the server, of which nobody need know.
TEST_F(LiveSetup, ErrorsNameTheServerAndNotTheRelayBeforeIt) {
  const std::string nobody = Nobody();
  const Ended ended = Run(nobody, {"--cut", "1", "--groups", "all", "--link", "10Mbps", "--frames", "3"});
  ExpectOneLine(ended, 1, nobody);
  std::string rest = ended.err;
  for (size_t at; (at = rest.find(nobody)) != std::string::npos;) rest.erase(at, nobody.size());
  EXPECT_THAT(rest, Not(HasSubstr("127.0.0.1")));
}

// A device so slow that most frames of a second have to be left out.
TEST_F(LiveSetup, TheSummaryTellsLimitsAndWhyFramesWereDropped) {
  const std::vector<std::string> words = {"--policy", "all-local", "--slowdown",    "300", "--fps",   "60",
                                          "--frames", "60",        "--max-latency", "2s",  "--sizes", "64"};
  const Ended text = Run(Nobody(), words);
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr(" dropped: left out by the policy\n"));
  EXPECT_THAT(text.out, HasSubstr("limits    latency 2"));
  EXPECT_THAT(text.out, HasSubstr(" of 60 frames were answered within that latency"));
  std::vector<std::string> as_json = words;
  as_json.push_back("--json");
  const Json summary = ExpectJson(Run(Nobody(), as_json));
  EXPECT_EQ(summary["limits"]["max_latency_s"], 2);
  EXPECT_LE(summary["within"].get<int>(), summary["frames"]["local"].get<int>());
  int dropped = 0;
  for (const Json& count : summary["dropped_by_reason"]) dropped += count.get<int>();
  EXPECT_EQ(dropped, summary["frames"]["dropped"].get<int>());
  EXPECT_GT(summary["dropped_by_reason"]["left out by the policy"].get<int>(), 0);
  EXPECT_EQ(Rows(record_, "summary")[0], summary);
}

}   // namespace
}   // namespace partway::cli
