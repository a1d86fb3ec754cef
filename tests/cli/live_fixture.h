// `run` with a policy on a small net without a table of accuracy, with a cache of its own.
#pragma once

#include "tests/cli/fixtures.h"

namespace partway::cli {

class LiveNet : public testing::Test {
 protected:
  void SetUp() override {
    WriteSmallNet(net_, 0);   // of any size; 32 is its own
    CopyPhotos(folder_ / "photos", 6);
  }
  std::vector<std::string> Words(const std::string& edge, const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"run", net_, "--source", folder_ / "photos", "--edge", edge, "--record", record_};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Process::Options Cached() const {
    Process::Options options;
    options.environment = {{"XDG_CACHE_HOME", folder_ / "cache"}};
    return options;
  }
  Ended Run(const std::string& edge, const std::vector<std::string>& more) const { return Partway(Words(edge, more), Cached()); }
  // Each frame has one end, and the summary counts them.
  void ExpectAccounted(const Json& summary) const {
    const Json& frames = summary["frames"];
    const auto offered = frames["offered"].get<int64_t>();
    EXPECT_EQ(frames["edge"].get<int64_t>() + frames["local"].get<int64_t>() + frames["dropped"].get<int64_t>(), offered);
    std::set<int64_t> ids;
    const std::vector<Json> rows = Rows(record_, "frame");
    for (const Json& frame : rows) ids.insert(frame["id"].get<int64_t>());
    EXPECT_EQ(static_cast<int64_t>(rows.size()), offered);
    EXPECT_EQ(static_cast<int64_t>(ids.size()), offered);
  }
  // An address where nobody listens: its port was just given back.
  static std::string Nobody() {
    const Peer peer([](int) {});
    return peer.address();
  }

  TempFolder folder_;
  std::string net_ = folder_ / "net.onnx", record_ = folder_ / "run.jsonl";
};

}   // namespace partway::cli
