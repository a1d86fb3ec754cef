// The few socket calls that the relay needs, with errors in one line. For net/ only.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace partway::net {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { Close(); }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
};

// All addresses of the name. Blocks while it looks them up. Errors: NotFound.
absl::StatusOr<std::vector<SocketAddress>> Resolve(const Address& address, bool to_listen);

// A listening, non-blocking socket. What it accepts has a receive buffer of about `receive_bytes`. Errors: Unavailable "cannot
// listen on ADDR: reason"; NotFound.
absl::StatusOr<Fd> Listen(const Address& address, int receive_bytes);
// Where it listens.
absl::StatusOr<Address> LocalAddress(const Fd& fd);
// Begins to connect without blocking; what became of it shows when the socket is writable. An invalid Fd if it failed at once.
Fd BeginConnect(const SocketAddress& to, int receive_bytes);

void SetNoDelay(const Fd& fd);
void SetSendBuffer(const Fd& fd, int bytes);
// Makes the next Close() send a reset instead of an orderly end.
void ResetOnClose(const Fd& fd);

std::string ErrnoText(int error);

}   // namespace partway::net
