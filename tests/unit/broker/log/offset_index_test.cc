#include "broker/log/offset_index.h"

#include <gtest/gtest.h>

#include "broker/log/segment_header.h"
#include "common/env/random.h"

namespace ropewalk::log {
namespace {

struct Added {
  std::uint64_t delta, position;
  std::int64_t timestamp;
};

TEST(OffsetIndex, LeadsToWithinAnIntervalOfEveryBatch) {
  env::Random random(7);
  OffsetIndex index(500);
  std::vector<Added> all;
  std::uint64_t delta = 0, position = kSegmentHeaderBytes;
  std::uint64_t largest = 0;
  for (int i = 0; i < 2000; i++) {
    const std::uint64_t size = 61 + random.below(300);
    all.push_back({delta, position, static_cast<std::int64_t>(random.below(100000))});
    index.add(delta, position, all.back().timestamp);
    delta += 1 + random.below(5);
    position += size;
    largest = std::max(largest, size);
  }
  std::int64_t latest = -1;
  for (const Added& batch : all) {
    const auto entry = index.view().at_or_before_delta(static_cast<std::uint32_t>(batch.delta));
    const std::uint64_t from = entry ? entry->position : kSegmentHeaderBytes;
    EXPECT_LE(from, batch.position);
    EXPECT_LT(batch.position - from, 500 + largest);
    if (entry && entry->position == batch.position) EXPECT_EQ(entry->max_timestamp_before, latest);
    latest = std::max(latest, batch.timestamp);
  }
  EXPECT_EQ(index.max_timestamp(), latest);
}

TEST(OffsetIndex, SnapshotsDoNotSeeLaterChanges) {
  OffsetIndex index(1);
  for (std::uint64_t i = 0; i < 20; i++) index.add(i, 5000 + i * 100, 1);
  const IndexView before = index.view();
  index.truncate(5500, 1);
  for (std::uint64_t i = 5; i < 40; i++) index.add(1000 + i, 5000 + i * 100, 1);
  ASSERT_EQ(before.entries().size(), 20U);
  for (std::uint32_t i = 0; i < 20; i++) EXPECT_EQ(before.entries()[i].offset_delta, i);
}

TEST(OffsetIndex, StoredFormIsReadBackOrRefused) {
  OffsetIndex index(1);
  for (std::uint64_t i = 0; i < 50; i++) index.add(i, 5000 + i * 100, static_cast<int>(i));
  const SegmentId segment(Uuid::from_hex(std::string(32, 'd')).value());
  const std::string bytes =
      StoredIndex::encode(segment, 10000, Offset(77), index.view(), index.max_timestamp());
  const auto read = StoredIndex::decode(as_bytes(bytes), segment, 10000, 1);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->end_offset, Offset(77));
  EXPECT_EQ(read->index.max_timestamp(), 49);
  EXPECT_TRUE(std::ranges::equal(read->index.view().entries(), index.view().entries()));
  EXPECT_FALSE(StoredIndex::decode(as_bytes(bytes), segment, 10001, 1));
  EXPECT_FALSE(StoredIndex::decode(as_bytes(bytes), SegmentId(), 10000, 1));
  for (std::size_t i = 0; i < bytes.size(); i++) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    EXPECT_FALSE(StoredIndex::decode(as_bytes(damaged), segment, 10000, 1)) << i;
    EXPECT_FALSE(StoredIndex::decode(as_bytes(bytes.substr(0, i)), segment, 10000, 1)) << i;
  }
}

}  // namespace
}  // namespace ropewalk::log
