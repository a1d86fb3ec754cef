#include "net/address.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace partway::net {
namespace {

using ::testing::HasSubstr;

TEST(ParseAddress, TakesHostAndPort) {
  EXPECT_EQ(*ParseAddress("edge.example-1.org:8001"), (Address{"edge.example-1.org", 8001}));
  EXPECT_EQ(*ParseAddress("0.0.0.0:0"), (Address{"0.0.0.0", 0}));
  EXPECT_EQ(*ParseAddress("h:65535"), (Address{"h", 65535}));
}

TEST(ParseAddress, EmptyHostIsLoopback) { EXPECT_EQ(*ParseAddress(":8001"), (Address{"127.0.0.1", 8001})); }

TEST(ParseAddress, TakesBracketedIpv6) {
  EXPECT_EQ(*ParseAddress("[::1]:80"), (Address{"::1", 80}));
  EXPECT_EQ(*ParseAddress("[fe80::1%eth0]:80"), (Address{"fe80::1%eth0", 80}));
}

TEST(ParseAddress, RefusesWithTheTextAndTheReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "port is missing"},        {"host", "port is missing"},
      {"host:", "port is missing"},   {"host:x", "port must be"},
      {"host:65536", "port must be"}, {"host:-1", "port must be"},
      {"host: 1", "port must be"},    {"::1:80", "needs brackets"},
      {"[::1]", "port is missing"},   {"[]:80", "IPv6"},
      {"[host]:80", "IPv6"},          {"[::1:80", "brackets"},
      {"a b:80", "characters"},       {"http://host:80", "IPv6 address needs brackets"},
      {"host/x:80", "characters"},    {"ho\nst:80", "characters"},
  };
  for (const auto& [text, reason] : cases) {
    const auto parsed = ParseAddress(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(reason)) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("expected host:port")) << text;
  }
}

TEST(AddressString, IsReadBack) {
  for (const Address& address : {Address{"127.0.0.1", 1}, Address{"::1", 65535}, Address{"edge", 0}}) {
    EXPECT_EQ(*ParseAddress(AddressString(address)), address);
  }
}

}   // namespace
}   // namespace partway::net
