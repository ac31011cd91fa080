#include "broker/rpc/seats.h"

#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace ropewalk::rpc {
namespace {

TEST(Seats, AreGivenBackToAllAndToTheirAddress) {
  Seats seats(3, 2);
  auto first = seats.take("a");
  auto second = seats.take("a");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(seats.take("a").error(), Seats::Full::of_address);
  auto of_b = seats.take("b");
  ASSERT_TRUE(of_b);
  EXPECT_EQ(seats.take("c").error(), Seats::Full::all);
  EXPECT_EQ(seats.taken(), 3u);
  std::optional(std::move(*second)).reset();
  EXPECT_EQ(seats.taken(), 2u);
  EXPECT_TRUE(seats.take("a"));
}

// Whoever has one IPv6 address has 2^64 of them.
TEST(Seats, AddressesOfOneIpv6NetworkCountTogether) {
  Seats seats(10, 2);
  const auto first = seats.take("2001:db8::1");
  const auto second = seats.take("2001:db8::2");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(seats.take("2001:db8::3").error(), Seats::Full::of_address);
  EXPECT_TRUE(seats.take("2001:db8:0:1::1"));
}

TEST(Seats, OneAddressMayHaveAllWhereNothingElseIsSaid) {
  Seats seats(100, 0);
  EXPECT_EQ(seats.of_address_max(), 100u);
  std::vector<Seats::Seat> held;
  for (int i = 0; i < 100; i++) {
    auto seat = seats.take("a");
    ASSERT_TRUE(seat);
    held.push_back(std::move(*seat));
  }
  EXPECT_EQ(seats.take("a").error(), Seats::Full::all);
}

// Addresses that come and go are forgotten; one that stays is not.
TEST(Seats, RemembersThoseThatAreThereAmongManyThatWent) {
  Seats seats(10, 1);
  const auto stays = seats.take("stays");
  ASSERT_TRUE(stays);
  for (int i = 0; i < 10'000; i++) ASSERT_TRUE(seats.take(std::to_string(i)));
  EXPECT_EQ(seats.take("stays").error(), Seats::Full::of_address);
  EXPECT_EQ(seats.taken(), 1u);
}

TEST(Seats, MayGoBeforeTheirSeats) {
  std::optional<Seats> seats(std::in_place, 2, 2);
  const auto seat = seats->take("a");
  seats.reset();
  EXPECT_TRUE(seat);
}

}  // namespace
}  // namespace ropewalk::rpc
