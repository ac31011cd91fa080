#include "broker/log/blocks_ahead.h"

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

constexpr std::uint64_t kLimit = 64 << 20;

TEST(BlocksAhead, SmallSegmentsGetNone) {
  BlocksAhead ahead;
  EXPECT_FALSE(ahead.wanted(Offset(0), BlocksAhead::kFrom - 1, kLimit));
}

TEST(BlocksAhead, StaysAStepAheadAndAsksForOneRangeAtATime) {
  BlocksAhead ahead;
  std::uint64_t end = BlocksAhead::kFrom;
  const auto first = ahead.wanted(Offset(0), end, kLimit);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->position, end);
  EXPECT_EQ(first->length, BlocksAhead::kStep);
  EXPECT_FALSE(ahead.wanted(Offset(0), end + BlocksAhead::kStep, kLimit)) << "one is out";
  ahead.ended();
  EXPECT_FALSE(ahead.wanted(Offset(0), end + BlocksAhead::kStep / 2, kLimit));
  const auto second = ahead.wanted(Offset(0), end + BlocksAhead::kStep / 2 + 1, kLimit);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->position, end + BlocksAhead::kStep) << "where the first ended";
}

TEST(BlocksAhead, GoesNotBeyondWhatTheSegmentWillHold) {
  BlocksAhead ahead;
  const auto last = ahead.wanted(Offset(0), kLimit - 1000, kLimit);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->length, 1000u);
  ahead.ended();
  EXPECT_FALSE(ahead.wanted(Offset(0), kLimit - 10, kLimit));
  EXPECT_FALSE(ahead.wanted(Offset(0), kLimit + 10, kLimit));
}

TEST(BlocksAhead, BeginsAnewWithEachSegment) {
  BlocksAhead ahead;
  ASSERT_TRUE(ahead.wanted(Offset(0), 40 << 20, kLimit));
  ahead.ended();
  EXPECT_FALSE(ahead.wanted(Offset(100), 4096, kLimit));
  const auto range = ahead.wanted(Offset(100), 2 << 20, kLimit);
  ASSERT_TRUE(range);
  EXPECT_EQ(range->position, 2u << 20);
}

}  // namespace
}  // namespace ropewalk::log
