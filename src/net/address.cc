#include "net/address.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/status.h"

namespace partway::net {
namespace {

bool IsHostCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_'; }
bool IsIpv6Character(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == ':' || c == '.' || c == '%'; }

}   // namespace

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return InvalidArgument("address '", text.substr(0, 200), "': ", why, "; expected host:port, :port or [ipv6]:port");
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) return refuse("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return refuse("the brackets do not hold an IPv6 address");
    host = host.substr(1, host.size() - 2);
    if (!std::all_of(host.begin(), host.end(), IsIpv6Character) || host.find(':') == std::string_view::npos) {
      return refuse("the brackets do not hold an IPv6 address");
    }
  } else if (host.find(':') != std::string_view::npos) {
    return refuse("an IPv6 address needs brackets");
  } else if (!std::all_of(host.begin(), host.end(), IsHostCharacter) || host.size() > 253) {
    return refuse("the host has characters that no host name has");
  }
  uint16_t port = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty()) return refuse("the port is missing");
  if (error != std::errc() || stop != digits.data() + digits.size()) return refuse("the port must be a number from 0 to 65535");
  return Address{host.empty() ? "127.0.0.1" : std::string(host), port};
}

std::string AddressString(const Address& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return Concat(brackets ? "[" : "", address.host, brackets ? "]" : "", ":", address.port);
}

}   // namespace partway::net
