#include "common/records/record_reader.h"

#include <limits>

namespace ropewalk {

Result<RecordReader> RecordReader::open(ByteSpan batch, std::size_t uncompressed_bytes_max) {
  TRY(const BatchHeader header, BatchHeader::parse(batch));
  if (batch.size() != header.size())
    return fail(Errc::corrupt_message, "record batch of {} bytes where there are {}", header.size(),
                batch.size());
  RecordReader reader(header);
  ByteSpan records = batch.subspan(kBatchHeaderBytes);
  TRY(const Codec codec, header.codec());
  if (codec != Codec::none) {
    TRY_VOID(decompress(codec, records, uncompressed_bytes_max, reader.decompressed_));
    records = reader.decompressed_;
  }
  reader.at_ = records.data();
  reader.end_ = records.data() + records.size();
  return reader;
}

Result<std::optional<RecordView>> RecordReader::next() {
  if (index_ == header_.records_count) {
    if (at_ != end_)
      return fail(Errc::corrupt_message, "{} bytes behind the last record", end_ - at_);
    return std::optional<RecordView>();
  }
  std::optional<RecordView> record(std::in_place);
  const ParsedRecord parsed = parse_record(at_, end_, *record);
  if (parsed.fault != nullptr)
    return fail(Errc::corrupt_message, "record {}: {}", index_, parsed.fault);
  if (record->offset_delta < 0 || record->offset_delta > header_.last_offset_delta)
    return fail(Errc::corrupt_message, "record {} at offset delta {}, the batch's last is {}",
                index_, record->offset_delta, header_.last_offset_delta);
  at_ = parsed.next;
  index_++;
  record->offset = header_.base_offset + record->offset_delta;
  if (header_.is_log_append_time()) {
    record->timestamp = header_.max_timestamp;
  } else if (__builtin_add_overflow(header_.base_timestamp, record->timestamp_delta,
                                    &record->timestamp)) {
    return fail(Errc::corrupt_message, "record {}: its timestamp is no number", index_ - 1);
  }
  return record;
}

}  // namespace ropewalk
