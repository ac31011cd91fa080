// The first 4096 bytes of every segment. FORMAT.md has the layout.
//
// A fixed part that never changes, and two slots that say how far the log was known to be durable.
// Each lies in a 512-byte sector of its own and has a checksum of its own, so that a torn write
// spoils one at most. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/bytes.h"
#include "common/env/time.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::log {

inline constexpr std::size_t kSegmentHeaderBytes = 4096;
inline constexpr std::size_t kSectorBytes = 512;

struct SegmentIdentity {
  TopicPartition partition;
  Offset base_offset;
  SegmentId segment;
  env::WallTime created{};
  bool compacted = false;  // Offsets may have gaps.
  bool operator==(const SegmentIdentity&) const = default;
};

// What was known when a sync began. Ordered by (generation, durable end): the greatest of all slots
// of a log's segments is its recorded end.
struct DurableSlot {
  std::uint64_t generation = 0;
  Offset durable_end;
  Offset high_watermark;  // Never above durable_end.
  Offset log_start;
  env::WallTime last_append{};
  bool operator==(const DurableSlot&) const = default;
  bool newer_than(const DurableSlot& other) const {
    return generation != other.generation ? generation > other.generation
                                          : durable_end > other.durable_end;
  }
};

// The slots in a header; none where the checksum does not match.
struct SegmentHeader {
  SegmentIdentity identity;
  std::array<std::optional<DurableSlot>, 2> slots;

  // The greater of the two.
  std::optional<DurableSlot> recorded() const;
  // Which slot the next write should go to: never the one that holds recorded().
  std::size_t next_slot() const;
};

using SegmentHeaderBlock = std::array<std::byte, kSegmentHeaderBytes>;
using SlotBlock = std::array<std::byte, kSectorBytes>;

// With both slots empty unless given.
SegmentHeaderBlock encode(const SegmentHeader& header);
SlotBlock encode(const DurableSlot& slot);
// Where slot 0 or 1 stands in the file.
std::uint64_t slot_position(std::size_t slot);

// Errors: corrupt when the fixed part does not check, unsupported_version.
Result<SegmentHeader> decode_segment_header(ByteSpan block);
// Whether a header that does not check may be one that was never written: shorter than a block, or
// nothing but zeros.
bool may_be_unwritten(ByteSpan block);

}  // namespace ropewalk::log
