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
  const Ended ended = Partway({"demo", "--photos", "3", "-o", out, "--json"}, {}, std::chrono::seconds(200));
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
}

bool SomeFrames(const std::vector<std::string>& lines) { return lines.size() >= 5; }

TEST(Demo, CtrlCEndsItWithItsServerAndKeepsTheRecord) {
  AdoptOrphans();
  TempFolder folder;
  const std::string out = folder / "demo";
  std::filesystem::create_directory(out);
  Process demo({"demo", "-o", out, "--quiet"});
  ASSERT_TRUE(WaitForFile(out + "/demo.jsonl", SomeFrames));
  const auto asked = std::chrono::steady_clock::now();
  demo.Signal(SIGINT);
  const Ended ended = demo.Wait();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(10)) << "2 s, and some for a busy machine";
  ExpectOneLine(ended, 1, "stopped");
  EXPECT_TRUE(NoChildLeft());
  EXPECT_EQ(Partway({"report", out + "/demo.jsonl", "-o", out + "/r.html"}).code, 0);
  EXPECT_FALSE(FilesIn(out).contains("report.html")) << "no page about a demo that did not end";
}

// Killed, it cannot clean up; the server must end by itself.
TEST(Demo, KilledItTakesItsServerAlong) {
  AdoptOrphans();
  TempFolder folder;
  const std::string out = folder / "demo";
  std::filesystem::create_directory(out);
  Process demo({"demo", "-o", out, "--quiet"});
  ASSERT_TRUE(WaitForFile(out + "/demo.jsonl", SomeFrames));
  demo.Signal(SIGKILL);
  EXPECT_EQ(demo.Wait().code, 128 + SIGKILL);
  EXPECT_TRUE(WaitForNoChild()) << "the edge server outlived the demo";
}

}   // namespace
}   // namespace partway::cli
