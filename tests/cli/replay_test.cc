// Live runs leave records that the simulator plays again. How well it agrees depends on the machine; here only that it plays the same frames, and moves about the
// same bytes where nobody decides.
#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

class Replay : public testing::Test {
 protected:
  Ended Start(const std::vector<std::string>& words) const {
    Process::Options options;
    options.environment = {{"XDG_CACHE_HOME", folder_ / "cache"}};
    return Process(words, options).Wait();
  }
  // 0 or 3: agreement is the machine's affair.
  static Json Judged(const Ended& ended) {
    EXPECT_TRUE(ended.code == 0 || ended.code == 3) << ended.err;
    return Json::parse(ended.out, nullptr, false);
  }

  TempFolder folder_;
};

TEST_F(Replay, AComparisonsRecordsArePlayedAgain) {
  const std::string records = folder_ / "records", page = folder_ / "replay.html";
  const Ended compared = Start({"compare",       "efficientnet_lite0",
                                "--source",      Photos(),
                                "--rate",        "20Mbps",
                                "--delay",       "5ms",
                                "--frames",      "30",
                                "--fps",         "10",
                                "--rounds",      "1",
                                "--max-latency", "2s",
                                "--policies",    "all-local,jpeg",
                                "--record",      records,
                                "--json"});
  ASSERT_EQ(compared.code, 0) << compared.err;
  ASSERT_EQ(FilesIn(records), (std::set<std::string>{"20Mbps-all-local-1.jsonl", "20Mbps-jpeg-1.jsonl"}));
  const Ended ended =
      Start({"replay", records + "/20Mbps-all-local-1.jsonl", records + "/20Mbps-jpeg-1.jsonl", "--json", "-o", page});
  const Json json = Judged(ended);
  ASSERT_EQ(json["records"].size(), 2u);
  EXPECT_EQ(json["holds"].get<bool>(), ended.code == 0);
  for (const Json& record : json["records"]) {
    EXPECT_EQ(record["live"]["frames"]["offered"], 30);
    EXPECT_EQ(record["simulated"]["frames"]["offered"], 30);
    EXPECT_EQ(record["decided_as_live"]["simulated"]["frames"]["offered"], 30);
    const double live = record["live"]["upload_bytes"].get<double>(),
                 simulated = record["simulated"]["upload_bytes"].get<double>();
    if (record["policy"] == "all-local") {
      EXPECT_EQ(live, 0);
      EXPECT_EQ(simulated, 0);
    } else {
      EXPECT_GT(live, 0);
      EXPECT_GT(simulated, 0);
    }
  }
  EXPECT_THAT(ReadText(page), testing::HasSubstr("worst first"));
}

TEST_F(Replay, ARunOfAPolicyIsPlayedAgain) {
  Server server({"efficientnet_lite0"});
  const std::string record = folder_ / "run.jsonl";
  ExpectJson(Start({"run", "efficientnet_lite0", "--source", Photos(), "--edge", server.address(), "--frames", "30", "--fps",
                    "10", "--link", "lte-walk,5ms", "--record", record, "--json"}));
  const Json header = Rows(record, "header")[0];
  EXPECT_EQ(header["replay"]["policy"], "adaptive");
  EXPECT_EQ(header["replay"]["fps"], 10);
  EXPECT_GT(header["replay"]["options"].size(), 10u);
  EXPECT_GT(header["replay"]["link"]["up"]["rates_bps"].size(), 30u) << "a trace, for as long as the run";
  const Json json = Judged(Start({"replay", record, "--json"}));
  ASSERT_EQ(json["records"].size(), 1u);
  EXPECT_EQ(json["records"][0]["simulated"]["frames"]["offered"], 30);
  const Ended text = Start({"replay", record});
  EXPECT_TRUE(text.code == 0 || text.code == 3) << text.err;
  EXPECT_THAT(text.out, testing::HasSubstr("mean error over 1 record"));
}

TEST_F(Replay, WhatIsNoSuchRecordIsRefused) {
  ExpectOneLine(Partway({"replay", folder_ / "none.jsonl"}), 1, "none.jsonl");
  const std::string record = folder_ / "cut.jsonl";
  ExpectJson(Start({"run", "efficientnet_lite0", "--source", Photos(), "--frames", "2", "--record", record, "--json"}));
  ExpectOneLine(Partway({"replay", record}), 1, "does not hold what a replay needs");
}

}   // namespace
}   // namespace partway::cli
