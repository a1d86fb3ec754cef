// What the tests of the program share: folders, pictures, small models, peers, and how output is judged.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "onnx/onnx_pb.h"
#include "tests/cli/process.h"

namespace partway::cli {

using Json = nlohmann::json;

// A folder of its own, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string Photos();                                    // the folder of the shipped photos
void CopyPhotos(const std::string& folder, int count);   // the first `count` of them, with labels.csv
std::string ReadText(const std::string& path);
void WriteText(const std::string& path, const std::string& text);
std::set<std::string> FilesIn(const std::string& folder);   // names, hidden ones too

// A classifier of a few thousand weights, drawn from `seed`: convolutions from `edge` x `edge` pixels (0: of any size) to 10 logits.
onnx::ModelProto SmallNet(int edge, uint64_t seed = 1);
// Writes it with a .toml beside it that names the size.
void WriteSmallNet(const std::string& path, int edge = 32, uint64_t seed = 1);

// A folder for scenarios, and `scenario` in it with one place changed.
class ScenarioTest : public testing::Test {
 protected:
  explicit ScenarioTest(std::string scenario) : scenario_(std::move(scenario)) {}
  std::string Write(const std::string& text) const;
  // The scenario with `from`, which must be in it, replaced by `to`.
  std::string Changed(const std::string& from, const std::string& to) const;
  // `simulate` ends with 1 and one line that holds `names`.
  void ExpectRefused(const std::string& path, const std::string& names) const;

  TempFolder folder_;

 private:
  const std::string scenario_;
};

// The JSON lines of a record by their kind: Rows(path, "frame").
std::vector<Json> Rows(const std::string& record, const std::string& kind);
std::vector<std::string> Keys(const Json& object);

// A failure as a user should meet it: the code, nothing on stdout, exactly one line on stderr, which holds `names`.
void ExpectOneLine(const Ended& ended, int code, const std::string& names);
// Success with exactly one JSON document on stdout.
Json ExpectJson(const Ended& ended, int code = 0);

// `partway serve` on a free port, ready.
class Server {
 public:
  explicit Server(const std::vector<std::string>& arguments, const std::string& listen = "127.0.0.1:0");
  const std::string& address() const { return address_; }
  Process& process() { return process_; }

 private:
  Process process_;
  std::string address_;
};

// Something that listens and is no edge server: what it does with each connection is up to `talk`, which gets the socket and runs on
// the peer's own thread; the socket is closed after. It listens until destroyed.
class Peer {
 public:
  explicit Peer(std::function<void(int socket)> talk);
  ~Peer();
  const std::string& address() const { return address_; }

 private:
  std::function<void(int)> talk_;
  int listener_ = -1, stop_[2];
  std::string address_;
  std::thread thread_;
};

// Connects to a port on loopback, sends `text` and hangs up.
void ConnectAndSay(int port, const std::string& text);

}   // namespace partway::cli
