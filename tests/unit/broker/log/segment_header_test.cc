#include "broker/log/segment_header.h"

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

SegmentHeader some_header() {
  SegmentHeader header;
  header.identity.partition = {TopicId(Uuid::from_hex(std::string(32, 'b')).value()), 7};
  header.identity.base_offset = Offset(12345678901);
  header.identity.segment = SegmentId(Uuid::from_hex(std::string(32, 'c')).value());
  header.identity.created = env::WallTime(std::chrono::milliseconds(1700000000000));
  return header;
}
DurableSlot slot(std::uint64_t generation, std::int64_t end) {
  return {generation, Offset(end), Offset(end - 1), Offset(2),
          env::WallTime(std::chrono::milliseconds(5))};
}

TEST(SegmentHeader, ReadsBackWhatItWrote) {
  SegmentHeader header = some_header();
  header.slots = {slot(3, 10), slot(2, 90)};
  const auto decoded = decode_segment_header(encode(header));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->identity, header.identity);
  EXPECT_EQ(decoded->slots, header.slots);
}

TEST(SegmentHeader, GenerationGoesBeforeDurableEnd) {
  SegmentHeader header = some_header();
  header.slots = {slot(3, 10), slot(2, 90)};
  EXPECT_EQ(header.recorded(), slot(3, 10));
  EXPECT_EQ(header.next_slot(), 1U);
}

TEST(SegmentHeader, ATornSlotLeavesTheOther) {
  SegmentHeader header = some_header();
  header.slots = {slot(3, 10), slot(4, 20)};
  SegmentHeaderBlock block = encode(header);
  block[slot_position(1) + 20] ^= std::byte{1};
  const auto decoded = decode_segment_header(block);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->recorded(), slot(3, 10));
  EXPECT_EQ(decoded->next_slot(), 1U);
}

TEST(SegmentHeader, EveryDamagedByteOfTheFixedPartIsSeen) {
  const SegmentHeaderBlock good = encode(some_header());
  for (std::size_t i = 0; i < kSectorBytes; i++) {
    SegmentHeaderBlock block = good;
    block[i] ^= std::byte{0x40};
    EXPECT_FALSE(decode_segment_header(block)) << i;
    EXPECT_FALSE(may_be_unwritten(block)) << i;
  }
}

TEST(SegmentHeader, OnlyShortOrZeroBlocksMayBeUnwritten) {
  EXPECT_TRUE(may_be_unwritten(SegmentHeaderBlock{}));
  const SegmentHeaderBlock good = encode(some_header());
  EXPECT_TRUE(may_be_unwritten(ByteSpan(good).first(4095)));
  EXPECT_FALSE(may_be_unwritten(good));
}

}  // namespace
}  // namespace ropewalk::log
