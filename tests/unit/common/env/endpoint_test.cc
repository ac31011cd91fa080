#include <gtest/gtest.h>

#include "common/env/network.h"
#include "common/env/random.h"

namespace ropewalk::env {
namespace {

TEST(Endpoint, ReadsNamesAddressesAndBracketedIpv6) {
  EXPECT_EQ(Endpoint::parse("localhost:9192").value(), (Endpoint{"localhost", 9192}));
  EXPECT_EQ(Endpoint::parse("127.0.0.1:0").value(), (Endpoint{"127.0.0.1", 0}));
  EXPECT_EQ(Endpoint::parse("[::1]:65535").value(), (Endpoint{"::1", 65535}));
  EXPECT_EQ(Endpoint::parse("[::1]:1")->to_string(), "[::1]:1");
}

TEST(Endpoint, SaysWhatIsWrong) {
  for (const char* text :
       {"", "host", "host:", ":1", "host:65536", "host:-1", "host:1x", "::1:5"}) {
    const auto parsed = Endpoint::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid_request) << text;
  }
}

TEST(Endpoint, KnowsLoopback) {
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("127.9.9.9"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_FALSE(is_loopback("127.example.org"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
}

TEST(OwnerOfAddress, IsTheFirstHalfOfAnIpv6Address) {
  EXPECT_EQ(owner_of_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(owner_of_address("2001:db8:1:2::"), "2001:db8:1:2::");
  EXPECT_NE(owner_of_address("2001:db8:1:3::1"), "2001:db8:1:2::");
  EXPECT_EQ(owner_of_address("fe80::1%eth0"), "fe80::");
  EXPECT_EQ(owner_of_address("::1"), "::");
}

TEST(OwnerOfAddress, IsAnIpv4AddressItself) {
  EXPECT_EQ(owner_of_address("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(owner_of_address("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(owner_of_address("broker-1"), "broker-1");
  EXPECT_EQ(owner_of_address(""), "");
}

// The first outputs of xoshiro256** whose state is the first four outputs of SplitMix64(0),
// computed by hand from the papers' definitions, would repeat the code; what users rely on is this:
// streams repeat, differ by seed, and keep to their bounds.
TEST(Random, RepeatsFromItsSeedAndKeepsBounds) {
  Random first(7), again(7), other(8);
  bool differs = false;
  for (int i = 0; i < 1000; i++) {
    const auto value = first();
    EXPECT_EQ(value, again());
    differs |= value != other();
  }
  EXPECT_TRUE(differs);
  bool seen[3] = {};
  for (int i = 0; i < 1000; i++) {
    const auto value = first.below(3);
    ASSERT_LT(value, 3U);
    seen[value] = true;
    const double unit = first.unit();
    ASSERT_TRUE(unit >= 0 && unit < 1);
  }
  EXPECT_TRUE(seen[0] && seen[1] && seen[2]);
  EXPECT_NE(first.uuid(), first.uuid());
}

}  // namespace
}  // namespace ropewalk::env
