#include "broker/rpc/pace.h"

#include <gtest/gtest.h>

namespace ropewalk::rpc {
namespace {

using namespace std::chrono_literals;

class PaceTest : public testing::Test {
 protected:
  // A second later.
  bool look(std::uint64_t rest, std::uint64_t moved, bool others_wait = false) {
    now_ += 1s;
    moved_ += moved;
    return pace_.is_too_slow(
        {.now = now_, .rest = rest, .moved = moved_, .others_wait = others_wait}, 10s);
  }
  // How many seconds it may go on like this; 100: for good.
  int lasts(std::uint64_t rest, std::uint64_t moved, bool others_wait) {
    for (int seconds = 0; seconds < 100; seconds++)
      if (look(rest, moved, others_wait)) return seconds;
    return 100;
  }

  env::MonotonicTime now_{1000s};
  std::uint64_t moved_ = 0;
  Pace pace_;
};

TEST_F(PaceTest, StandingStillIsTooSlow) { EXPECT_EQ(lasts(1000, 0, false), 10); }

TEST_F(PaceTest, AByteNowAndThenIsEnoughWhereNobodyWaits) {
  EXPECT_EQ(lasts(1 << 20, 1, false), 100);
}

TEST_F(PaceTest, WhileOthersWaitAQuarterMustMove) {
  EXPECT_EQ(lasts(1000, 24, true), 10);
  EXPECT_EQ(lasts(1000, 26, true), 100);
  EXPECT_FALSE(look(0, 0));
  EXPECT_EQ(lasts(10, 1, true), 100) << "what is small may be slow";
}

TEST_F(PaceTest, NothingToMoveIsNotSlow) {
  for (int i = 0; i < 9; i++) EXPECT_FALSE(look(1000, 0));
  EXPECT_FALSE(look(0, 0));
  EXPECT_EQ(lasts(1000, 0, false), 10) << "counted anew";
}

TEST_F(PaceTest, WhatIsNotThePeersFaultDoesNotCount) {
  for (int i = 0; i < 50; i++) {
    EXPECT_FALSE(look(1000, 0, true));
    if (i % 5 == 0) pace_.excuse();
  }
}

}  // namespace
}  // namespace ropewalk::rpc
