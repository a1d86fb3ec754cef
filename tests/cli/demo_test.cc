// `partway demo`: from nothing to a page, leaving no process behind.
#include <csignal>
#include <filesystem>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Demo, WritesAPageThatStandsAloneAndLeavesNoProcess) {
  AdoptOrphans();
  TempFolder folder;
  const std::string out = folder / "demo";
  Process::Options options;
  options.environment = {{"XDG_CACHE_HOME", folder / "cache"}};
  const Ended ended = Partway({"demo", "--photos", "3", "--loop", "4s", "-o", out, "--json"}, options, std::chrono::seconds(200));
  const Json json = ExpectJson(ended);
  EXPECT_EQ(ended.err, "");
  EXPECT_TRUE(NoChildLeft()) << "the edge server outlived the demo";

  ASSERT_TRUE(FilesIn(out).contains("report.html"));
  ASSERT_TRUE(FilesIn(out).contains("demo.jsonl"));
  const std::string page = ReadText(out + "/report.html");
  EXPECT_THAT(page, testing::HasSubstr("<html"));
  EXPECT_THAT(page, testing::EndsWith("</html>\n"));
  // Nothing that a browser would fetch. Links to click on (href of <a>) are not fetched, those of <link> are.
  for (const char* text : {"<script", "<link", "<iframe", "<object", "@import", "src=\"http", "src=\"//", "src='http", "url(http",
                           "url(\"http", "url('http", "url(//"}) {
    EXPECT_THAT(page, Not(HasSubstr(text)));
  }
  EXPECT_THAT(page, HasSubstr("data:image/")) << "the photos are in the page";

  // Every cut is there, all of its frames were answered, most as the whole model does.
  ASSERT_GE(json["cuts"].size(), 3u);
  int64_t frames = 0;
  int encoded = 0;
  for (const Json& cut : json["cuts"]) {
    EXPECT_EQ(cut["summary"]["frames"]["dropped"], 0);
    if (cut["codec"].is_null() || cut["codec"] == "raw") {
      EXPECT_EQ(cut["same_as_whole"], cut["compared"]) << cut["name"];
    } else {
      encoded += 1;
      EXPECT_GT(cut["encode_s"].get<double>(), 0);
    }
    EXPECT_GE(cut["compared"].get<int>(), 1);
    frames += cut["summary"]["frames"]["offered"].get<int64_t>();
  }
  EXPECT_EQ(2 * encoded + 1, static_cast<int>(json["cuts"].size())) << "every cut raw and encoded, and all on the device";
  EXPECT_EQ(static_cast<int64_t>(Rows(out + "/demo.jsonl", "frame").size()), frames);
  EXPECT_EQ(Partway({"report", out + "/demo.jsonl", "-o", out + "/again.html"}).code, 0);
  EXPECT_EQ(Partway({"timeline", out + "/demo.jsonl", "-o", out + "/t.json"}).code, 0);

  // The loop over a link that changes: ours, the device alone, JPEG to the server; 30 frames a second for 4 s, the device alone for a third of that.
  const Json& methods = json["loop"]["methods"];
  ASSERT_EQ(methods.size(), 3u);
  EXPECT_GT(json["loop"]["slowdown"].get<double>(), 1);
  for (size_t m = 0; m < methods.size(); ++m) {
    const int frames = m == 1 ? 40 : 120;
    EXPECT_EQ(methods[m]["all"]["offered"], frames);
    ASSERT_EQ(methods[m]["phases"].size(), 4u);
    EXPECT_EQ(Rows(methods[m]["record"], "frame").size(), static_cast<size_t>(frames));
    EXPECT_FALSE(Rows(methods[m]["record"], "slot").empty());
    EXPECT_EQ(Rows(methods[m]["record"], "summary").size(), 1u);
  }
  EXPECT_EQ(methods[0]["policy"], "adaptive");
  for (const char* words : {"Over a link that changes", "all-local", "jpeg", "good again", "The pipeline", "Every cut in turn"})
    EXPECT_THAT(page, HasSubstr(words));
}

// Not on a terminal: plain lines, a slot each.
TEST(Demo, OnAPipeTellsTheLoopInPlainLines) {
  TempFolder folder;
  Process::Options options;
  options.environment = {{"XDG_CACHE_HOME", folder / "cache"}};
  const Ended ended =
      Partway({"demo", "--photos", "1", "--loop", "4s", "-o", folder / "demo"}, options, std::chrono::seconds(200));
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.err, testing::AllOf(HasSubstr("good, 20.0 Mbps"), HasSubstr("bad, 1.00 Mbps"), HasSubstr("gone, no link"),
                                        HasSubstr("of 15 frames"), Not(HasSubstr("\033"))));
  EXPECT_THAT(ended.out,
              testing::AllOf(HasSubstr("over a link that changes"), HasSubstr("all-local"), HasSubstr("every cut in turn")));
  ExpectOneLine(Partway({"demo", "--loop", "1s", "-o", folder / "other"}), 2, "--loop");
}

bool SomeFrames(const std::vector<std::string>& lines) { return lines.size() >= 5; }

TEST(Demo, CtrlCEndsItWithItsServerAndKeepsTheRecord) {
  AdoptOrphans();
  TempFolder folder;
  const std::string out = folder / "demo";
  std::filesystem::create_directory(out);
  Process demo({"demo", "-o", out, "--quiet"});
  ASSERT_TRUE(WaitForFile(out + "/loop.jsonl", SomeFrames));
  const auto asked = std::chrono::steady_clock::now();
  demo.Signal(SIGINT);
  const Ended ended = demo.Wait();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(10)) << "2 s, and some for a busy machine";
  ExpectOneLine(ended, 1, "stopped");
  EXPECT_TRUE(NoChildLeft());
  EXPECT_EQ(Partway({"report", out + "/loop.jsonl", "-o", out + "/r.html"}).code, 0);
  EXPECT_FALSE(FilesIn(out).contains("report.html")) << "no page about a demo that did not end";
}

// Killed, it cannot clean up; the server must end by itself.
TEST(Demo, KilledItTakesItsServerAlong) {
  AdoptOrphans();
  TempFolder folder;
  const std::string out = folder / "demo";
  std::filesystem::create_directory(out);
  Process demo({"demo", "-o", out, "--quiet"});
  ASSERT_TRUE(WaitForFile(out + "/loop.jsonl", SomeFrames));
  demo.Signal(SIGKILL);
  EXPECT_EQ(demo.Wait().code, 128 + SIGKILL);
  EXPECT_TRUE(WaitForNoChild()) << "the edge server outlived the demo";
}

}   // namespace
}   // namespace partway::cli
