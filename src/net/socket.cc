#include "net/socket.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/status.h"

namespace partway::net {
namespace {

// Loopback's segments of 64 KiB do not fit a small window: the sender would wait for acknowledgements instead of our pace. With
// Ethernet-like segments a receive buffer of some ten kilobytes flows evenly.
constexpr int kSegmentBytes = 8192;

void SetOption(const Fd& fd, int level, int option, int value) { ::setsockopt(fd.get(), level, option, &value, sizeof value); }

}   // namespace

void Fd::Close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

std::string ErrnoText(int error) { return std::generic_category().message(error); }

void SetNoDelay(const Fd& fd) { SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1); }
void SetSendBuffer(const Fd& fd, int bytes) { SetOption(fd, SOL_SOCKET, SO_SNDBUF, bytes); }

void ResetOnClose(const Fd& fd) {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
}

absl::StatusOr<std::vector<SocketAddress>> Resolve(const Address& address, bool to_listen) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (to_listen ? AI_PASSIVE : 0);
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return NotFound("cannot resolve '", address.host, "': ", ::gai_strerror(error));
  std::vector<SocketAddress> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    SocketAddress one;
    one.size = a->ai_addrlen;
    std::copy_n(reinterpret_cast<const char*>(a->ai_addr), a->ai_addrlen, reinterpret_cast<char*>(&one.storage));
    addresses.push_back(one);
  }
  ::freeaddrinfo(found);
  return addresses;
}

absl::StatusOr<Fd> Listen(const Address& address, int receive_bytes) {
  ASSIGN_OR_RETURN(const std::vector<SocketAddress> addresses, Resolve(address, /*to_listen=*/true));
  int error = 0;
  for (const SocketAddress& local : addresses) {
    Fd fd(::socket(local.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) {
      error = errno;
      continue;
    }
    SetOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    SetOption(fd, SOL_SOCKET, SO_RCVBUF, receive_bytes);   // before listen: it decides the window's scale
    SetOption(fd, IPPROTO_TCP, TCP_MAXSEG, kSegmentBytes);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local.storage), local.size) == 0 && ::listen(fd.get(), 128) == 0)
      return fd;
    error = errno;
  }
  return Unavailable("cannot listen on ", AddressString(address), ": ", ErrnoText(error));
}

absl::StatusOr<Address> LocalAddress(const Fd& fd) {
  SocketAddress local;
  local.size = sizeof local.storage;
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local.storage), &local.size) != 0 ||
      ::getnameinfo(reinterpret_cast<const sockaddr*>(&local.storage), local.size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return InternalError("cannot tell the address of a listening socket");
  }
  return Address{host, static_cast<uint16_t>(std::stoi(port))};
}

Fd BeginConnect(const SocketAddress& to, int receive_bytes) {
  Fd fd(::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fd;
  SetOption(fd, SOL_SOCKET, SO_RCVBUF, receive_bytes);
  SetOption(fd, IPPROTO_TCP, TCP_MAXSEG, kSegmentBytes);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to.storage), to.size) != 0 && errno != EINPROGRESS) return Fd();
  return fd;
}

}   // namespace partway::net
