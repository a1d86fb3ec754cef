#include "tests/cli/fixtures.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/rng.h"
#include "graph/model_builder.h"

namespace partway::cli {

namespace fs = std::filesystem;

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "partway-cli-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the test");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string Photos() { return std::string(PARTWAY_SOURCE_DIR) + "/assets/photos"; }

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteText(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

void CopyPhotos(const std::string& folder, int count) {
  fs::create_directories(folder);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(Photos())) {
    if (entry.path().extension() == ".jpg") names.insert(entry.path().filename().string());
  }
  ASSERT_GE(static_cast<int>(names.size()), count);
  auto name = names.begin();
  for (int i = 0; i < count; ++i, ++name) fs::copy_file(Photos() + "/" + *name, folder + "/" + *name);
  std::ifstream all(Photos() + "/labels.csv");
  std::string kept;
  for (std::string line; std::getline(all, line);) {
    const std::string file = line.substr(0, line.find(','));
    if (file == "file" || fs::exists(folder + "/" + file)) kept.append(line).append("\n");
  }
  WriteText(folder + "/labels.csv", kept);
}

std::set<std::string> FilesIn(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

onnx::ModelProto SmallNet(int edge, uint64_t seed) {
  graph::ModelBuilder b("small");
  Rng rng(seed);
  const auto weights = [&](const char* name, const std::vector<int64_t>& dims) {
    for (float& w : b.FloatInitializer(name, dims)) w = static_cast<float>(rng.Uniform(-0.2, 0.2));
    return std::string(name);
  };
  const auto dim = [&](const char* name) { return edge > 0 ? graph::Dim(edge) : graph::Dim(name); };
  b.Input("picture", DType::kFloat32, {1, 3, dim("H"), dim("W")});
  std::string x = "picture";
  int64_t channels = 3;
  for (const char* name : {"w1", "w2", "w3"}) {
    const std::string w = weights(name, {16, channels, 3, 3});
    x = b.Node("Relu", {b.Node("Conv", {x, w}, {graph::attr::Ints("pads", {1, 1, 1, 1}), graph::attr::Ints("strides", {2, 2})})});
    channels = 16;
  }
  x = b.Node("Flatten", {b.Node("GlobalAveragePool", {x})});
  b.Output(b.Node("Gemm", {x, weights("w4", {16, 10})}, {}, "logits"), DType::kFloat32);
  return b.Build();
}

void WriteSmallNet(const std::string& path, int edge, uint64_t seed) {
  WriteText(path, SmallNet(edge, seed).SerializeAsString());
  WriteText(fs::path(path).replace_extension(".toml").string(), "[input]\nsize = " + std::to_string(edge > 0 ? edge : 32) + "\n");
}

std::string ScenarioTest::Write(const std::string& text) const {
  std::string path = folder_ / "s.toml";
  WriteText(path, text);
  return path;
}

std::string ScenarioTest::Changed(const std::string& from, const std::string& to) const {
  std::string text = scenario_;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return Write(text.replace(at, from.size(), to));
}

void ScenarioTest::ExpectRefused(const std::string& path, const std::string& names) const {
  ExpectOneLine(Partway({"simulate", path}), 1, names);
}

std::vector<Json> Rows(const std::string& record, const std::string& kind) {
  std::vector<Json> rows;
  std::ifstream file(record);
  for (std::string line; std::getline(file, line);) {
    const Json row = Json::parse(line);
    if (row.contains(kind)) rows.push_back(row[kind]);
  }
  return rows;
}

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

void ExpectOneLine(const Ended& ended, int code, const std::string& names) {
  EXPECT_EQ(ended.code, code) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.ErrLines().size(), 1u) << ended.err;
  EXPECT_THAT(ended.err, testing::HasSubstr(names));
  EXPECT_THAT(ended.err, testing::EndsWith("\n"));
  EXPECT_LT(ended.err.size(), 600u) << ended.err;
}

Json ExpectJson(const Ended& ended, int code) {
  EXPECT_EQ(ended.code, code) << ended.err;
  Json json = Json::parse(ended.out, nullptr, false);   // fails on anything after the document, too
  EXPECT_FALSE(json.is_discarded()) << "stdout is not one JSON document: " << ended.out.substr(0, 500);
  return json;
}

Server::Server(const std::vector<std::string>& arguments, const std::string& listen)
    : process_([&] {
        std::vector<std::string> words = {"serve", "--listen", listen};
        words.insert(words.end(), arguments.begin(), arguments.end());
        return words;
      }()) {
  const std::optional<std::string> address = process_.WaitForLine("listening on ");
  EXPECT_TRUE(address) << process_.Wait(std::chrono::milliseconds(0)).err;
  address_ = address.value_or("");
}

Peer::Peer(std::function<void(int)> talk) : talk_(std::move(talk)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe2(stop_, O_CLOEXEC) != 0) {
    throw std::runtime_error("the test's peer cannot listen");
  }
  address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] {
    while (true) {
      pollfd waits[] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
      ::poll(waits, 2, -1);
      if (waits[1].revents != 0) return;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      talk_(socket);
      ::close(socket);
    }
  });
}

Peer::~Peer() {
  (void)!::write(stop_[1], "x", 1);
  thread_.join();
  for (const int fd : {listener_, stop_[0], stop_[1]}) ::close(fd);
}

void ConnectAndSay(int port, const std::string& text) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  (void)!::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  ::close(socket);
}

}   // namespace partway::cli
