#include "client/src/core/partitioner.h"

#include <set>

#include <gtest/gtest.h>

#include <ropewalk/admin.h>
#include <ropewalk/consumer.h>
#include <ropewalk/producer.h>

namespace ropewalk::client {
namespace {

// The vectors of Kafka's own test (UtilsTest.testMurmur2), there as signed numbers.
TEST(Murmur2, HashesAsKafkaDoes) {
  const auto hash = [](std::string_view text) {
    return static_cast<std::int32_t>(murmur2(as_bytes(text)));
  };
  EXPECT_EQ(hash("21"), -973932308);
  EXPECT_EQ(hash("foobar"), -790332482);
  EXPECT_EQ(hash("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(hash("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
}

TEST(PartitionOfKey, StaysWithinThePartitions) {
  for (int key = 0; key < 1000; key++) {
    const std::int32_t chosen = partition_of_key(as_bytes(std::to_string(key)), 6);
    EXPECT_GE(chosen, 0);
    EXPECT_LT(chosen, 6);
  }
}

TEST(StickyPartition, StaysUntilAdvancedThenTakesAnother) {
  StickyPartition sticky(5);
  std::set<std::int32_t> seen;
  std::int32_t before = -1;
  for (int batch = 0; batch < 100; batch++) {
    const std::int32_t chosen = sticky.current(4);
    EXPECT_EQ(sticky.current(4), chosen);
    EXPECT_NE(chosen, before);
    before = chosen;
    seen.insert(chosen);
    sticky.advance();
  }
  EXPECT_EQ(seen.size(), 4u);
}

TEST(StickyPartition, CopesWithOnePartitionAndWithFewer) {
  StickyPartition sticky(5);
  for (int i = 0; i < 5; i++, sticky.advance()) EXPECT_EQ(sticky.current(1), 0);
  for (int i = 0; i < 20; i++, sticky.advance()) sticky.current(8);
  for (int i = 0; i < 20; i++, sticky.advance()) EXPECT_LT(sticky.current(2), 2);
}

}  // namespace
}  // namespace ropewalk::client
