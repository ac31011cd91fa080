#include "common/records/batch_header.h"

#include <limits>

#include "common/records/crc32c.h"

namespace ropewalk {

Result<BatchHeader> BatchHeader::parse(ByteSpan bytes) {
  if (bytes.size() < kBatchHeaderBytes)
    return fail(Errc::corrupt_message, "a record batch has a header of {} bytes, here are {}",
                kBatchHeaderBytes, bytes.size());
  const std::byte* at = bytes.data();
  BatchHeader header;
  header.base_offset = Offset(load_be<std::int64_t>(at + batch_at::kBaseOffset));
  header.batch_length = load_be<std::int32_t>(at + batch_at::kBatchLength);
  header.leader_epoch = LeaderEpoch(load_be<std::int32_t>(at + batch_at::kLeaderEpoch));
  header.magic = load_be<std::int8_t>(at + batch_at::kMagic);
  header.crc = load_be<std::uint32_t>(at + batch_at::kCrc);
  header.attributes = load_be<std::int16_t>(at + batch_at::kAttributes);
  header.last_offset_delta = load_be<std::int32_t>(at + batch_at::kLastOffsetDelta);
  header.base_timestamp = load_be<std::int64_t>(at + batch_at::kBaseTimestamp);
  header.max_timestamp = load_be<std::int64_t>(at + batch_at::kMaxTimestamp);
  header.producer_id = ProducerId(load_be<std::int64_t>(at + batch_at::kProducerId));
  header.producer_epoch = ProducerEpoch(load_be<std::int16_t>(at + batch_at::kProducerEpoch));
  header.base_sequence = load_be<std::int32_t>(at + batch_at::kBaseSequence);
  header.records_count = load_be<std::int32_t>(at + batch_at::kRecordsCount);

  if (header.magic != kBatchMagic)
    return fail(Errc::corrupt_message, "record batch of format {}, only format 2 is known",
                header.magic);
  constexpr auto kLeastLength = static_cast<std::int32_t>(kBatchHeaderBytes - kBatchPrefixBytes);
  if (header.batch_length < kLeastLength)
    return fail(Errc::corrupt_message, "record batch length {} is below the header's {}",
                header.batch_length, kLeastLength);
  if (header.last_offset_delta < 0 || header.records_count < 0)
    return fail(Errc::corrupt_message, "record batch with last offset delta {} and {} records",
                header.last_offset_delta, header.records_count);
  if (header.base_offset.value() < 0 ||
      header.base_offset.value() >=
          std::numeric_limits<std::int64_t>::max() - header.last_offset_delta)
    return fail(Errc::corrupt_message, "record batch at offset {}", header.base_offset);
  return header;
}

void BatchHeader::write_to(std::byte* to) const {
  store_be(to + batch_at::kBaseOffset, base_offset.value());
  store_be(to + batch_at::kBatchLength, batch_length);
  store_be(to + batch_at::kLeaderEpoch, leader_epoch.value());
  store_be(to + batch_at::kMagic, magic);
  store_be(to + batch_at::kCrc, crc);
  store_be(to + batch_at::kAttributes, attributes);
  store_be(to + batch_at::kLastOffsetDelta, last_offset_delta);
  store_be(to + batch_at::kBaseTimestamp, base_timestamp);
  store_be(to + batch_at::kMaxTimestamp, max_timestamp);
  store_be(to + batch_at::kProducerId, producer_id.value());
  store_be(to + batch_at::kProducerEpoch, producer_epoch.value());
  store_be(to + batch_at::kBaseSequence, base_sequence);
  store_be(to + batch_at::kRecordsCount, records_count);
}

std::int32_t BatchHeader::last_sequence() const {
  return sequence_after(base_sequence, last_offset_delta);
}

std::int32_t sequence_after(std::int32_t sequence, std::int32_t count) {
  const std::int64_t sum = std::int64_t{sequence} + count;
  return static_cast<std::int32_t>(sum & std::numeric_limits<std::int32_t>::max());
}

std::uint32_t batch_crc(ByteSpan batch) { return crc32c(batch.subspan(batch_at::kAttributes)); }

bool batch_crc_matches(ByteSpan batch) {
  return load_be<std::uint32_t>(batch.data() + batch_at::kCrc) == batch_crc(batch);
}

void stamp_base_offset(MutableByteSpan batch, Offset base) {
  store_be(batch.data() + batch_at::kBaseOffset, base.value());
}

void stamp_leader_epoch(MutableByteSpan batch, LeaderEpoch epoch) {
  store_be(batch.data() + batch_at::kLeaderEpoch, epoch.value());
}

void correct_max_timestamp(MutableByteSpan batch, std::int64_t max_timestamp) {
  store_be(batch.data() + batch_at::kMaxTimestamp, max_timestamp);
  store_be(batch.data() + batch_at::kCrc, batch_crc(batch));
}

void stamp_log_append_time(MutableByteSpan batch, std::int64_t now) {
  const auto attributes = load_be<std::int16_t>(batch.data() + batch_at::kAttributes);
  store_be(batch.data() + batch_at::kAttributes,
           static_cast<std::int16_t>(attributes | batch_bit::kLogAppendTime));
  correct_max_timestamp(batch, now);
}

}  // namespace ropewalk
