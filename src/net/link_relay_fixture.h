// For the relay's tests: blocking sockets with a time limit, and a server behind a relay.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/link_relay.h"
#include "net/socket.h"

namespace partway::net {

using std::chrono::milliseconds;

inline void Block(const Fd& fd) {
  const int flags = 0;
  [[maybe_unused]] const int r = ::fcntl(fd.get(), F_SETFL, flags);
  const timeval limit{.tv_sec = 60};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

class Server {
 public:
  explicit Server(const char* host = "127.0.0.1") : listener_(*Listen({host, 0}, 1 << 20)) { Block(listener_); }
  Address address() const { return *LocalAddress(listener_); }
  Fd Accept() {
    Fd fd(::accept(listener_.get(), nullptr, nullptr));
    if (fd.valid()) Block(fd);
    return fd;
  }

 private:
  Fd listener_;
};

inline Fd Connect(const Address& to) {
  Fd fd = BeginConnect(Resolve(to, false)->front(), 1 << 20);
  pollfd wait{.fd = fd.get(), .events = POLLOUT};
  ::poll(&wait, 1, 60'000);
  Block(fd);
  return fd;
}

inline std::string Random(size_t bytes, uint64_t seed) {
  Rng rng(seed);
  std::string text(bytes, 0);
  for (char& c : text) c = static_cast<char>(rng.Next() >> 56);
  return text;
}

inline bool SendAll(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

struct Received {
  std::string bytes;
  int error = 0;   // 0: orderly end
};

inline Received ReceiveToEnd(const Fd& fd) {
  Received got;
  std::string buffer(64 << 10, 0);
  for (;;) {
    const ssize_t n = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (n == 0) return got;
    if (n < 0) {
      got.error = errno;
      return got;
    }
    got.bytes.append(buffer, 0, static_cast<size_t>(n));
  }
}

inline std::string Receive(const Fd& fd, size_t bytes) {
  std::string buffer(bytes, 0);
  const ssize_t n = ::recv(fd.get(), buffer.data(), bytes, MSG_WAITALL);
  buffer.resize(n < 0 ? 0 : static_cast<size_t>(n));
  return buffer;
}

inline LinkOptions To(const Address& to) {
  LinkOptions options;
  options.to = to;
  return options;
}

inline LinkOptions To(const Address& to, const DirectionOptions& up, const DirectionOptions& down = {}) {
  LinkOptions options = To(to);
  options.up = up;
  options.down = down;
  return options;
}

inline LinkOptions To(const Address& to, int max_connections) {
  LinkOptions options = To(to);
  options.max_connections = max_connections;
  return options;
}

inline LinkOptions Between(const Address& listen, const Address& to) {
  LinkOptions options = To(to);
  options.listen = listen;
  return options;
}

inline std::unique_ptr<LinkRelay> Relay(const Server& server, const DirectionOptions& up = {},
                                        const DirectionOptions& down = {}) {
  auto relay = LinkRelay::Start(To(server.address(), up, down));
  EXPECT_TRUE(relay.ok()) << relay.status();
  return *std::move(relay);
}

}   // namespace partway::net
