#include "broker/log/segment_header.h"

#include <algorithm>

#include "common/records/crc32c.h"

namespace ropewalk::log {
namespace {

constexpr std::string_view kSegmentMagic = "RWSEGMNT";
constexpr std::uint32_t kSegmentVersion = 1;
constexpr std::uint32_t kFlagCompacted = 1;
constexpr std::uint32_t kSlotMagic = 0x52575332;  // "RWS2"

// Where the fields of the fixed part stand; the checksum covers everything in front of it.
namespace fixed_at {
constexpr std::size_t kVersion = 8;
constexpr std::size_t kFlags = 12;
constexpr std::size_t kTopic = 16;
constexpr std::size_t kPartition = 32;
constexpr std::size_t kBaseOffset = 40;
constexpr std::size_t kSegment = 48;
constexpr std::size_t kCreated = 64;
constexpr std::size_t kCrc = 508;
}  // namespace fixed_at

// The same for a slot.
namespace slot_at {
constexpr std::size_t kGeneration = 8;
constexpr std::size_t kDurableEnd = 16;
constexpr std::size_t kHighWatermark = 24;
constexpr std::size_t kLogStart = 32;
constexpr std::size_t kLastAppend = 40;
constexpr std::size_t kCrc = 508;
}  // namespace slot_at

void put_uuid(std::byte* to, const Uuid& uuid) { std::memcpy(to, uuid.bytes.data(), Uuid::kSize); }
Uuid get_uuid(const std::byte* from) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), from, Uuid::kSize);
  return uuid;
}
env::WallTime wall_time(std::int64_t milliseconds) {
  return env::WallTime(std::chrono::milliseconds(milliseconds));
}

std::optional<DurableSlot> decode_slot(ByteSpan block) {
  const std::byte* at = block.data();
  if (load_be<std::uint32_t>(at) != kSlotMagic) return std::nullopt;
  if (load_be<std::uint32_t>(at + slot_at::kCrc) != crc32c(block.first(slot_at::kCrc)))
    return std::nullopt;
  DurableSlot slot;
  slot.generation = load_be<std::uint64_t>(at + slot_at::kGeneration);
  slot.durable_end = Offset(load_be<std::int64_t>(at + slot_at::kDurableEnd));
  slot.high_watermark = Offset(load_be<std::int64_t>(at + slot_at::kHighWatermark));
  slot.log_start = Offset(load_be<std::int64_t>(at + slot_at::kLogStart));
  slot.last_append = wall_time(load_be<std::int64_t>(at + slot_at::kLastAppend));
  return slot;
}

}  // namespace

std::optional<DurableSlot> SegmentHeader::recorded() const {
  if (!slots[0]) return slots[1];
  if (!slots[1]) return slots[0];
  return slots[1]->newer_than(*slots[0]) ? slots[1] : slots[0];
}

std::size_t SegmentHeader::next_slot() const {
  if (!slots[0]) return 0;
  if (!slots[1]) return 1;
  return slots[1]->newer_than(*slots[0]) ? 0 : 1;
}

std::uint64_t slot_position(std::size_t slot) { return (1 + slot) * kSectorBytes; }

SlotBlock encode(const DurableSlot& slot) {
  SlotBlock block{};
  std::byte* at = block.data();
  store_be(at, kSlotMagic);
  store_be(at + slot_at::kGeneration, slot.generation);
  store_be(at + slot_at::kDurableEnd, slot.durable_end.value());
  store_be(at + slot_at::kHighWatermark, slot.high_watermark.value());
  store_be(at + slot_at::kLogStart, slot.log_start.value());
  store_be(at + slot_at::kLastAppend, std::int64_t{slot.last_append.time_since_epoch().count()});
  store_be(at + slot_at::kCrc, crc32c(ByteSpan(block).first(slot_at::kCrc)));
  return block;
}

SegmentHeaderBlock encode(const SegmentHeader& header) {
  SegmentHeaderBlock block{};
  std::byte* at = block.data();
  const SegmentIdentity& identity = header.identity;
  std::memcpy(at, kSegmentMagic.data(), kSegmentMagic.size());
  store_be(at + fixed_at::kVersion, kSegmentVersion);
  store_be(at + fixed_at::kFlags, identity.compacted ? kFlagCompacted : 0u);
  put_uuid(at + fixed_at::kTopic, identity.partition.topic);
  store_be(at + fixed_at::kPartition, identity.partition.partition);
  store_be(at + fixed_at::kBaseOffset, identity.base_offset.value());
  put_uuid(at + fixed_at::kSegment, identity.segment);
  store_be(at + fixed_at::kCreated, std::int64_t{identity.created.time_since_epoch().count()});
  store_be(at + fixed_at::kCrc, crc32c(ByteSpan(block).first(fixed_at::kCrc)));
  for (std::size_t i = 0; i < header.slots.size(); i++) {
    if (!header.slots[i]) continue;
    const SlotBlock slot = encode(*header.slots[i]);
    std::ranges::copy(slot, block.begin() + static_cast<std::ptrdiff_t>(slot_position(i)));
  }
  return block;
}

Result<SegmentHeader> decode_segment_header(ByteSpan block) {
  if (block.size() < kSegmentHeaderBytes)
    return fail(Errc::corrupt, "a segment header of {} bytes", block.size());
  const std::byte* at = block.data();
  if (as_text(block.first(kSegmentMagic.size())) != kSegmentMagic)
    return fail(Errc::corrupt, "no segment header");
  if (load_be<std::uint32_t>(at + fixed_at::kCrc) != crc32c(block.first(fixed_at::kCrc)))
    return fail(Errc::corrupt, "the segment header does not check");
  const auto version = load_be<std::uint32_t>(at + fixed_at::kVersion);
  const auto flags = load_be<std::uint32_t>(at + fixed_at::kFlags);
  if (version != kSegmentVersion || (flags & ~kFlagCompacted) != 0)
    return fail(Errc::unsupported_version, "segment format {} with flags {:#x}", version, flags);
  SegmentHeader header;
  header.identity.partition.topic = TopicId(get_uuid(at + fixed_at::kTopic));
  header.identity.partition.partition = load_be<std::int32_t>(at + fixed_at::kPartition);
  header.identity.base_offset = Offset(load_be<std::int64_t>(at + fixed_at::kBaseOffset));
  header.identity.segment = SegmentId(get_uuid(at + fixed_at::kSegment));
  header.identity.created = wall_time(load_be<std::int64_t>(at + fixed_at::kCreated));
  header.identity.compacted = (flags & kFlagCompacted) != 0;
  for (std::size_t i = 0; i < header.slots.size(); i++)
    header.slots[i] = decode_slot(block.subspan(slot_position(i), kSectorBytes));
  return header;
}

bool may_be_unwritten(ByteSpan block) {
  return block.size() < kSegmentHeaderBytes ||
         std::ranges::all_of(block, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace ropewalk::log
