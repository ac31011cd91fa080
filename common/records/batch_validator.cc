#include "common/records/batch_validator.h"

#include <algorithm>
#include <vector>

#include "common/records/record.h"

namespace ropewalk {
namespace {

template <class... Args>
std::unexpected<BatchFault> batch_fault(Errc code, fmt::format_string<Args...> format,
                                        Args&&... args) {
  return std::unexpected(
      BatchFault{.error = {code, fmt::format(format, std::forward<Args>(args)...)}});
}
template <class... Args>
std::unexpected<BatchFault> record_fault(std::int32_t index, Errc code,
                                         fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(
      BatchFault{.error = {code, fmt::format("record {} of the batch: {}", index,
                                             fmt::format(format, std::forward<Args>(args)...))},
                 .record_index = index});
}

// Checks what the header alone shows, once its checksum is known to be right.
std::expected<void, BatchFault> check_fields(const BatchHeader& header) {
  if (header.records_count == 0) return batch_fault(Errc::invalid_record, "a batch of no records");
  if (header.records_count - 1 != header.last_offset_delta)
    return batch_fault(Errc::invalid_record, "{} records, but the last one at offset delta {}",
                       header.records_count, header.last_offset_delta);
  if (header.is_control())
    return batch_fault(Errc::invalid_record, "control batches are not for producers");
  if (header.is_log_append_time())
    return batch_fault(Errc::invalid_timestamp, "the producer marked the batch as log append time");
  if (header.is_transactional())
    return batch_fault(Errc::invalid_txn_state, "a transactional batch outside a transaction");
  if ((header.attributes & ~batch_bit::kKnown) != 0 ||
      (header.attributes & batch_bit::kDeleteHorizon) != 0)
    return batch_fault(Errc::invalid_record, "batch attributes {:#06x} are not a producer's",
                       static_cast<std::uint16_t>(header.attributes));
  if (header.has_producer() && (header.base_sequence < 0 || header.producer_epoch.value() < 0))
    return batch_fault(Errc::invalid_record, "producer {} with epoch {} and base sequence {}",
                       header.producer_id, header.producer_epoch, header.base_sequence);
  auto codec = header.codec();
  if (!codec) return std::unexpected(BatchFault{.error = std::move(codec).error()});
  return {};
}

}  // namespace

std::expected<BatchHeader, BatchFault> check_batch(ByteSpan batch, const BatchLimits& limits) {
  if (batch.size() < kBatchHeaderBytes)
    return batch_fault(Errc::invalid_record,
                       "{} bytes are no record batch: its header alone has {}", batch.size(),
                       kBatchHeaderBytes);
  if (const auto magic = load_be<std::int8_t>(batch.data() + batch_at::kMagic);
      magic != kBatchMagic)
    return batch_fault(Errc::invalid_record, "record batch of format {}, only format 2 is accepted",
                       magic);
  auto header = BatchHeader::parse(batch);
  if (!header)
    return std::unexpected(
        BatchFault{.error = {Errc::invalid_record, std::move(header).error().context}});
  if (header->size() != batch.size())
    return batch_fault(Errc::invalid_record,
                       "a batch of {} bytes where there are {}; exactly one "
                       "batch is sent for a partition",
                       header->size(), batch.size());
  if (header->base_offset.value() != 0)
    return batch_fault(Errc::invalid_record, "base offset {}; a producer's is 0",
                       header->base_offset);
  if (batch.size() > limits.batch_bytes_max)
    return batch_fault(Errc::message_too_large, "a batch of {} bytes, max.message.bytes is {}",
                       batch.size(), limits.batch_bytes_max);
  if (const std::uint32_t crc = batch_crc(batch); crc != header->crc)
    return batch_fault(Errc::corrupt_message, "CRC-32C {:#010x}, but the bytes have {:#010x}",
                       header->crc, crc);
  if (auto fields = check_fields(*header); !fields) return std::unexpected(fields.error());
  return *header;
}

std::expected<RecordsSeen, BatchFault> check_records(ByteSpan batch, const BatchHeader& header,
                                                     const BatchLimits& limits) {
  ByteSpan records = batch.subspan(kBatchHeaderBytes);
  std::vector<std::byte> decompressed;
  const auto codec = static_cast<Codec>(header.attributes & batch_bit::kCodecMask);
  if (codec != Codec::none) {
    auto done = decompress(codec, records, limits.uncompressed_bytes_max, decompressed);
    if (!done) return std::unexpected(BatchFault{.error = std::move(done).error()});
    records = decompressed;
  }
  if (records.size() > limits.uncompressed_bytes_max)
    return batch_fault(Errc::message_too_large, "records of {} bytes, at most {} are accepted",
                       records.size(), limits.uncompressed_bytes_max);

  RecordsSeen seen{.uncompressed_bytes = records.size(),
                   .max_timestamp = std::numeric_limits<std::int64_t>::min()};
  const std::byte* at = records.data();
  const std::byte* const end = at + records.size();
  RecordView record;
  for (std::int32_t index = 0; index < header.records_count; index++) {
    if (at == end)
      return batch_fault(Errc::invalid_record, "{} records where the header says {}", index,
                         header.records_count);
    const ParsedRecord parsed = parse_record(at, end, record);
    if (parsed.fault != nullptr)
      return record_fault(index, Errc::invalid_record, "{}", parsed.fault);
    at = parsed.next;
    if (record.offset_delta != index)
      return record_fault(index, Errc::invalid_record, "offset delta {}", record.offset_delta);
    if (limits.key_required && !record.key)
      return record_fault(index, Errc::invalid_record, "no key, but the topic is compacted");
    std::int64_t timestamp = 0;
    if (__builtin_add_overflow(header.base_timestamp, record.timestamp_delta, &timestamp) ||
        timestamp < kNoTimestamp)
      return record_fault(index, Errc::invalid_timestamp, "timestamp {} {:+} is no time",
                          header.base_timestamp, record.timestamp_delta);
    if (timestamp != kNoTimestamp &&
        (timestamp < limits.timestamp_min || timestamp > limits.timestamp_max))
      return record_fault(index, Errc::invalid_timestamp, "timestamp {} is outside {} to {}",
                          timestamp, limits.timestamp_min, limits.timestamp_max);
    seen.max_timestamp = std::max(seen.max_timestamp, timestamp);
  }
  if (at != end)
    return batch_fault(Errc::invalid_record, "{} bytes behind the {} records", end - at,
                       header.records_count);
  return seen;
}

}  // namespace ropewalk
