// The 61 bytes in front of every record batch: Kafka's RecordBatch v2, byte for byte (big-endian;
// kafka.apache.org, "Record Batch").
//
// Pure; any thread. The checksum covers everything from `attributes` on, so base offset and leader
// epoch can be stamped in place into a batch that a producer sealed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/bytes.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/records/compression.h"

namespace ropewalk {

// Where the fields stand.
namespace batch_at {
inline constexpr std::size_t kBaseOffset = 0;
inline constexpr std::size_t kBatchLength = 8;
inline constexpr std::size_t kLeaderEpoch = 12;
inline constexpr std::size_t kMagic = 16;
inline constexpr std::size_t kCrc = 17;
inline constexpr std::size_t kAttributes = 21;
inline constexpr std::size_t kLastOffsetDelta = 23;
inline constexpr std::size_t kBaseTimestamp = 27;
inline constexpr std::size_t kMaxTimestamp = 35;
inline constexpr std::size_t kProducerId = 43;
inline constexpr std::size_t kProducerEpoch = 51;
inline constexpr std::size_t kBaseSequence = 53;
inline constexpr std::size_t kRecordsCount = 57;
inline constexpr std::size_t kRecords = 61;
}  // namespace batch_at

inline constexpr std::size_t kBatchHeaderBytes = batch_at::kRecords;
// Base offset and batch length: what `batch_length` does not count.
inline constexpr std::size_t kBatchPrefixBytes = batch_at::kLeaderEpoch;
inline constexpr std::int8_t kBatchMagic = 2;
inline constexpr std::int64_t kNoTimestamp = -1;
inline constexpr std::int32_t kNoSequence = -1;

// Bits of `attributes`.
namespace batch_bit {
inline constexpr std::int16_t kCodecMask = 0x07;
inline constexpr std::int16_t kLogAppendTime = 0x08;
inline constexpr std::int16_t kTransactional = 0x10;
inline constexpr std::int16_t kControl = 0x20;
inline constexpr std::int16_t kDeleteHorizon = 0x40;
inline constexpr std::int16_t kKnown = 0x7F;
}  // namespace batch_bit

struct BatchHeader {
  Offset base_offset;
  std::int32_t batch_length = 0;  // Bytes after this field.
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::int8_t magic = kBatchMagic;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  std::int64_t base_timestamp = kNoTimestamp;  // Milliseconds since 1970, UTC.
  std::int64_t max_timestamp = kNoTimestamp;
  ProducerId producer_id = kNoProducer;
  ProducerEpoch producer_epoch = kNoProducerEpoch;
  std::int32_t base_sequence = kNoSequence;
  std::int32_t records_count = 0;

  // Reads the header at the front of `bytes`, which may end before the batch does. The numbers are
  // checked for what a reader relies on: magic 2, a length that holds the header, a last offset
  // delta and a count that are not negative, a last offset that an int64 holds. Errors:
  // corrupt_message.
  static Result<BatchHeader> parse(ByteSpan bytes);
  // Pre: kBatchHeaderBytes are there.
  void write_to(std::byte* to) const;

  std::size_t size() const {  // Of the whole batch, in bytes.
    return kBatchPrefixBytes + static_cast<std::size_t>(batch_length);
  }
  Offset last_offset() const { return base_offset + last_offset_delta; }
  Offset next_offset() const { return last_offset() + 1; }
  // Of the last record, wrapping from 2^31-1 to 0. Pre: has_producer().
  std::int32_t last_sequence() const;
  bool has_producer() const { return producer_id.value() >= 0; }
  bool is_control() const { return (attributes & batch_bit::kControl) != 0; }
  bool is_transactional() const { return (attributes & batch_bit::kTransactional) != 0; }
  bool is_log_append_time() const { return (attributes & batch_bit::kLogAppendTime) != 0; }
  // Errors: unsupported_compression_type when the number is no codec at all.
  Result<Codec> codec() const { return codec_of(attributes & batch_bit::kCodecMask); }

  bool operator==(const BatchHeader&) const = default;
};

// The sequence number `count` behind `sequence`: they wrap from 2^31-1 to 0.
std::int32_t sequence_after(std::int32_t sequence, std::int32_t count);

// What the checksum of the batch ought to be. Pre: batch.size() >= kBatchHeaderBytes, and the span
// is exactly one batch.
std::uint32_t batch_crc(ByteSpan batch);
// Whether a whole batch carries the right checksum. Pre: as batch_crc().
bool batch_crc_matches(ByteSpan batch);

// All below change a batch in place. Pre: batch.size() >= kBatchHeaderBytes.
void stamp_base_offset(MutableByteSpan batch, Offset base);
void stamp_leader_epoch(MutableByteSpan batch, LeaderEpoch epoch);
// These change bytes under the checksum and recompute it. Pre: the span is exactly one batch.
void correct_max_timestamp(MutableByteSpan batch, std::int64_t max_timestamp);
// Sets the bit, so that every record counts as written at `now`.
void stamp_log_append_time(MutableByteSpan batch, std::int64_t now);

}  // namespace ropewalk
