// Addresses as people type them: "host:8001", ":8001", "192.168.1.7:8001", "[::1]:8001". Port 0 means: pick one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace partway::net {

struct Address {
  std::string host = "127.0.0.1";   // name or numeric, IPv6 without brackets; never empty
  uint16_t port = 0;

  bool operator==(const Address&) const = default;
};

// An empty host is 127.0.0.1, for listening too: nothing is opened to the network unless an address such as 0.0.0.0 says so.
// Does not look names up. Errors: InvalidArgument with the text and what it may be. Thread-safe.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// What ParseAddress reads: "127.0.0.1:8001", "[::1]:8001".
std::string AddressString(const Address& address);

}   // namespace partway::net
