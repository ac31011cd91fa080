#include "client/cli/read_ranges.h"

namespace ropewalk::cli {
namespace {

bool take(ReadRanges& ranges, std::int32_t partition, std::int64_t offset) {
  ConsumedRecord record;
  record.partition = partition;
  record.offset = offset;
  return ranges.take(record);
}

TEST(ReadRanges, AreDoneWhenEachPartitionHasReachedItsEnd) {
  ReadRanges ranges;
  ranges.add({"t", 4}, 10, 12);
  ranges.add({"t", 7}, 0, 1);
  ranges.add({"t", 2}, 5, 5);
  EXPECT_TRUE(take(ranges, 7, 0));
  EXPECT_FALSE(ranges.done());
  EXPECT_TRUE(take(ranges, 4, 10));
  EXPECT_FALSE(ranges.done());
  EXPECT_TRUE(take(ranges, 4, 11));
  EXPECT_TRUE(ranges.done());
}

// A topic that grows gives more than was there when the command began.
TEST(ReadRanges, WhatCameLaterIsNoneOfThem) {
  ReadRanges ranges;
  ranges.add({"t", 0}, 0, 1);
  ranges.add({"t", 1}, 3, 3);
  EXPECT_FALSE(take(ranges, 1, 3));
  EXPECT_TRUE(take(ranges, 0, 0));
  EXPECT_FALSE(take(ranges, 0, 1));
  EXPECT_FALSE(take(ranges, 1, 4));
  EXPECT_TRUE(ranges.done());
}

// Offsets may be missing: what a gap swallows at the end ends the range.
TEST(ReadRanges, ARecordBeyondTheEndMeansThatItIsReached) {
  ReadRanges ranges;
  ranges.add({"t", 0}, 0, 5);
  EXPECT_TRUE(take(ranges, 0, 2));
  EXPECT_FALSE(ranges.done());
  EXPECT_FALSE(take(ranges, 0, 9));
  EXPECT_TRUE(ranges.done());
}

}  // namespace
}  // namespace ropewalk::cli
