// Servers that are not there, not ours or not alike, ports in use: one clear line, exit 1, in bounded time.
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>

#include "tests/cli/fixtures.h"

namespace partway::cli {
namespace {

using testing::HasSubstr;

class BadPeer : public testing::Test {
 protected:
  void SetUp() override { WriteSmallNet(net_); }
  Ended RunAgainst(const std::string& address, const std::string& model) {
    return Partway({"run", model, "--groups", "all", "--edge", address, "--cut", "1", "--source", "synthetic", "--frames", "3"});
  }
  void ExpectRefused(const std::string& address) {
    const Ended ended = RunAgainst(address, net_);
    ExpectOneLine(ended, 1, address);
  }
  TempFolder folder_;
  std::string net_ = folder_ / "net.onnx";
};

TEST_F(BadPeer, NobodyListens) {
  std::string address;
  {
    const Peer peer([](int) {});
    address = peer.address();
  }
  ExpectRefused(address);
  ExpectRefused("no-such-host.invalid:8001");
}

TEST_F(BadPeer, AWebServer) {
  const Peer peer([](int socket) {
    char buffer[512];
    (void)!::read(socket, buffer, sizeof buffer);
    const std::string answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n";
    (void)!::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
  });
  ExpectRefused(peer.address());
}

TEST_F(BadPeer, Garbage) {
  const Peer peer([](int socket) {
    std::string noise;
    for (int i = 0; i < 4096; ++i) noise += static_cast<char>(i * 131 + 7);
    (void)!::send(socket, noise.data(), noise.size(), MSG_NOSIGNAL);
  });
  ExpectRefused(peer.address());
}

TEST_F(BadPeer, OneThatHangsUp) {
  const Peer peer([](int) {});
  ExpectRefused(peer.address());
}

TEST_F(BadPeer, OneThatNeverSaysAWord) {
  const Peer peer([](int socket) {
    char buffer[512];
    while (::read(socket, buffer, sizeof buffer) > 0) continue;   // until the other side gives up
  });
  const Ended ended = RunAgainst(peer.address(), net_);
  ExpectOneLine(ended, 1, peer.address());
  EXPECT_LT(ended.seconds, 60) << "the time it waits is bounded ";
}

// Speaks enough HTTP/2 to be taken for a server (an empty SETTINGS frame) and then says no more.
TEST_F(BadPeer, CtrlCWhileWaitingForOneThatSaysNoMore) {
  std::promise<void> asked;
  const Peer peer([&asked, first = true](int socket) mutable {
    const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
    (void)!::send(socket, settings.data(), settings.size(), MSG_NOSIGNAL);
    std::string said;
    char buffer[512];
    for (ssize_t n; (n = ::read(socket, buffer, sizeof buffer)) > 0;) {
      said.append(buffer, static_cast<size_t>(n));
      // Text of the request's header block, as gRPC writes it.
      if (first && said.find("grpc-timeout") != std::string::npos) {
        asked.set_value();
        first = false;
      }
    }
  });
  Process run({"run", net_, "--groups", "all", "--edge", peer.address(), "--cut", "1", "--source", "synthetic", "--frames", "3"});
  ASSERT_EQ(asked.get_future().wait_for(kPatience), std::future_status::ready);
  const auto signalled = std::chrono::steady_clock::now();
  run.Signal(SIGINT);
  const Ended ended = run.Wait();
  EXPECT_LT(std::chrono::steady_clock::now() - signalled, std::chrono::seconds(10))
      << "2 s, and some for a busy machine; the wait itself is 15 s";
  ExpectOneLine(ended, 1, peer.address());
  EXPECT_THAT(ended.err, HasSubstr("stopped"));
}

TEST_F(BadPeer, AServerWithoutTheModel) {
  WriteSmallNet(folder_ / "other.onnx", 32, 2);
  Server server({folder_ / "other.onnx"});
  const Ended ended = RunAgainst(server.address(), net_);
  ExpectOneLine(ended, 1, server.address());
  EXPECT_THAT(ended.err, HasSubstr("net"));
}

TEST_F(BadPeer, AServerWithAnotherVersionOfTheModel) {
  std::filesystem::create_directory(folder_ / "theirs");
  WriteSmallNet(folder_ / "theirs/net.onnx", 32, 2);
  Server server({folder_ / "theirs/net.onnx"});
  const Ended ended = RunAgainst(server.address(), net_);
  ExpectOneLine(ended, 1, server.address());
  EXPECT_THAT(ended.err, testing::AnyOf(HasSubstr("version"), HasSubstr("sha256"), HasSubstr("another"))) << ended.err;
  EXPECT_EQ(RunAgainst(server.address(), folder_ / "theirs/net.onnx").code, 0) << "whoever has that version is served";
}

TEST_F(BadPeer, PortsInUse) {
  const Peer peer([](int) {});
  ExpectOneLine(Partway({"serve", net_, "--listen", peer.address()}), 1, peer.address());
  ExpectOneLine(Partway({"link", "--listen", peer.address(), "--to", "127.0.0.1:1"}), 1, peer.address());
  Server server({net_});
  ExpectOneLine(Partway({"serve", net_, "--listen", server.address()}), 1, server.address());
}

// Whatever strangers send, the server goes on serving.
TEST_F(BadPeer, AServerOutlivesStrangers) {
  Server server({net_});
  const int port = std::stoi(server.address().substr(server.address().rfind(':') + 1));
  for (const std::string& text : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100000, '\xff'),
                                  std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\xff\xff\xff", 28)}) {
    ConnectAndSay(port, text);
  }
  EXPECT_EQ(RunAgainst(server.address(), net_).code, 0);
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().Wait().code, 0);
}

}   // namespace
}   // namespace partway::cli
