#include "profile/measure/accuracy_journal.h"

#include <filesystem>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::profile {
namespace {

using ::testing::HasSubstr;

const JournalSettings kSettings = {{"model", "abc"}, {"choice of sizes", "64,96"}};

struct Line {
  int64_t picture;
  size_t block;
  std::vector<Answer> answers;
  bool operator==(const Line&) const = default;
};

class Journal : public ::testing::Test {
 protected:
  Journal() : path_(::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".partial") {
    std::filesystem::remove(path_);
    plan_.blocks = {{.size = {8, 8}, .cut = -1, .codecs = {{}}}, {.size = {8, 8}, .cut = 1, .codecs = {{}, {}}}};
  }
  ~Journal() override { std::filesystem::remove(path_); }

  absl::StatusOr<AccuracyJournal> Open(const JournalSettings& settings = kSettings,
                                       uint64_t max_bytes = AccuracyJournal::kMaxBytes) {
    read_.clear();
    return AccuracyJournal::Open(
        path_, settings, plan_, 10,
        [this](int64_t picture, size_t block, std::span<const Answer> answers) {
          read_.push_back({picture, block, {answers.begin(), answers.end()}});
          return absl::OkStatus();
        },
        max_bytes);
  }
  std::string Text() const { return *ReadFile(path_, 1 << 20); }
  std::string ErrorOfText(const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(path_, text).ok());
    return std::string(Open().status().message());
  }

  std::string path_;
  AccuracyPlan plan_;
  std::vector<Line> read_;
};

const Line kFirst = {3, 0, {{.top1 = true, .top5 = true, .bytes = 0}}};
const Line kSecond = {3, 1, {{.agrees = true, .bytes = 123}, {.top5 = true, .uncut = true, .bytes = 45678}}};

TEST_F(Journal, GivesBackWhatWasAppended) {
  {
    absl::StatusOr<AccuracyJournal> journal = Open();
    ASSERT_TRUE(journal.ok()) << journal.status();
    EXPECT_TRUE(read_.empty());
    for (const Line& line : {kFirst, kSecond}) ASSERT_TRUE(journal->Append(line.picture, line.block, line.answers).ok());
  }
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(read_, (std::vector<Line>{kFirst, kSecond}));
  AccuracyJournal::Remove(path_);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Journal, ALastLineCutOffIsCutAway) {
  std::string whole;
  {
    absl::StatusOr<AccuracyJournal> journal = Open();
    ASSERT_TRUE(journal->Append(kFirst.picture, kFirst.block, kFirst.answers).ok());
    whole = Text();
    ASSERT_TRUE(journal->Append(kSecond.picture, kSecond.block, kSecond.answers).ok());
  }
  const std::string both = Text();
  for (size_t cut = whole.size(); cut < both.size(); ++cut) {
    ASSERT_TRUE(WriteFileAtomically(path_, both.substr(0, cut)).ok());
    ASSERT_TRUE(Open().ok()) << cut;
    EXPECT_EQ(read_, std::vector<Line>{kFirst});
    EXPECT_EQ(Text(), whole);
  }
  // Killed before even the header was whole: as new.
  ASSERT_TRUE(WriteFileAtomically(path_, both.substr(0, 5)).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(read_.empty());
}

TEST_F(Journal, GrowsToItsBoundAndKeepsWhatItHas) {
  std::string header, both;
  {
    absl::StatusOr<AccuracyJournal> journal = Open();
    header = Text();
    for (const Line& line : {kFirst, kSecond}) ASSERT_TRUE(journal->Append(line.picture, line.block, line.answers).ok());
    both = Text();
  }
  std::filesystem::remove(path_);
  {
    // Room for all but the last byte of the second line; a shorter line behind it would leave a gap and is not written either.
    absl::StatusOr<AccuracyJournal> journal = Open(kSettings, both.size() - 1);
    ASSERT_TRUE(journal->Append(kFirst.picture, kFirst.block, kFirst.answers).ok());
    EXPECT_FALSE(journal->full());
    ASSERT_TRUE(journal->Append(kSecond.picture, kSecond.block, kSecond.answers).ok());
    EXPECT_TRUE(journal->full());
    ASSERT_TRUE(journal->Append(kFirst.picture + 1, kFirst.block, kFirst.answers).ok());
    EXPECT_EQ(Text(), both.substr(0, both.find('\n', header.size()) + 1));
  }
  ASSERT_TRUE(Open(kSettings, both.size() - 1).ok());
  EXPECT_EQ(read_, std::vector<Line>{kFirst});
  EXPECT_TRUE(absl::IsResourceExhausted(Open(kSettings, header.size()).status())) << "a file beyond the bound";
}

TEST_F(Journal, OtherSettingsAreNamed) {
  ASSERT_TRUE(Open().ok());
  const auto other = Open({{"model", "abc"}, {"choice of sizes", "64"}});
  EXPECT_TRUE(absl::IsFailedPrecondition(other.status()));
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("another choice of sizes ('64,96', now '64')"));
}

TEST_F(Journal, OneProcessAtATime) {
  absl::StatusOr<AccuracyJournal> first = Open();
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsUnavailable(Open().status()));
}

// Text without a whole line was once cut back to nothing, whosever it was.
TEST_F(Journal, WhatIsNotOursIsLeftAsItIs) {
  EXPECT_THAT(ErrorOfText("a note to myself"), HasSubstr(":1: not the journal"));
  EXPECT_EQ(Text(), "a note to myself");
  // The beginning of our own first line, and nothing at all, are ours.
  EXPECT_EQ(ErrorOfText("{\"accuracy_journal\":{\"mo"), "");
  EXPECT_EQ(ErrorOfText(""), "");
}

TEST_F(Journal, AnEndlessLineIsNotSwallowed) {
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(ErrorOfText(Text() + std::string(3 << 20, 'x')), HasSubstr(".partial:2: not a line"));
}

TEST_F(Journal, WhatIsNoJournalIsRefusedByLine) {
  EXPECT_THAT(ErrorOfText("hello\n"), HasSubstr(":1: not the journal"));
  EXPECT_THAT(ErrorOfText("{\"accuracy_journal\":7}\n"), HasSubstr(":1: not the journal"));
  const std::string header = "{\"accuracy_journal\":{\"model\":\"abc\",\"choice of sizes\":\"64,96\"}}\n";
  EXPECT_EQ(ErrorOfText(header), "");
  for (const char* bad :
       {"{}", "[]", "{\"picture\":10,\"block\":0,\"rows\":[[0,0]]}", "{\"picture\":-1,\"block\":0,\"rows\":[[0,0]]}",
        "{\"picture\":0,\"block\":2,\"rows\":[[0,0]]}", "{\"picture\":0,\"block\":0,\"rows\":[]}",
        "{\"picture\":0,\"block\":0,\"rows\":[[16,0]]}", "{\"picture\":0,\"block\":0,\"rows\":[[0,-5]]}",
        "{\"picture\":0,\"block\":0,\"rows\":[[0]]}", "{\"picture\":\"0\",\"block\":0,\"rows\":[[0,0]]}"}) {
    EXPECT_THAT(ErrorOfText(header + bad + "\n"), HasSubstr(".partial:2: not a line of this evaluation's journal")) << bad;
  }
}

}   // namespace
}   // namespace partway::profile
