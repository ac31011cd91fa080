#include "client/cli/bench/flights.h"

#include <thread>

namespace ropewalk::cli {
namespace {

using namespace std::chrono_literals;

const env::MonotonicTime kDue{7s};

TEST(Flights, ARecordIsUnderWayUntilItHasArrivedBothWays) {
  Flights flights;
  flights.begin(1, kDue);
  EXPECT_TRUE(flights.wait_until_at_most(1, 1h));
  EXPECT_EQ(flights.consumed(1), kDue);
  EXPECT_EQ(flights.wait_until_at_most(0, 1ms).error().context,
            "record 1 was not acknowledged within 1 ms");
  EXPECT_EQ(flights.acknowledged(1), kDue);
  EXPECT_TRUE(flights.wait_until_at_most(0, 1h));
}

TEST(Flights, ASecondTimeIsNoArrival) {
  Flights flights;
  flights.begin(1, kDue);
  EXPECT_TRUE(flights.acknowledged(1));
  EXPECT_FALSE(flights.acknowledged(1));
  EXPECT_FALSE(flights.consumed(2)) << "that was never sent";
  const auto late = flights.wait_until_at_most(0, 1ms);
  EXPECT_EQ(late.error().code, Errc::request_timed_out);
  EXPECT_EQ(late.error().context, "record 1 was not consumed within 1 ms");
}

TEST(Flights, TheFirstFailureEndsTheWaiting) {
  Flights flights;
  flights.begin(1, kDue);
  std::thread other([&] {
    flights.failed({Errc::closed, "first"});
    flights.failed({Errc::io_error, "second"});
  });
  EXPECT_EQ(flights.wait_until_at_most(0, 1h).error().context, "first");
  other.join();
}

TEST(Flights, ArrivalsOnOtherThreadsEndTheWaiting) {
  Flights flights;
  constexpr std::uint64_t kRecords = 2000;
  std::thread sender([&] {
    for (std::uint64_t i = 0; i < kRecords; i++) flights.begin(i, kDue);
  });
  sender.join();
  std::thread acknowledging([&] {
    for (std::uint64_t i = 0; i < kRecords; i++) EXPECT_TRUE(flights.acknowledged(i));
  });
  std::thread consuming([&] {
    for (std::uint64_t i = kRecords; i > 0; i--) EXPECT_TRUE(flights.consumed(i - 1));
  });
  EXPECT_TRUE(flights.wait_until_at_most(0, 1h));
  acknowledging.join();
  consuming.join();
}

}  // namespace
}  // namespace ropewalk::cli
