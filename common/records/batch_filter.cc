#include "common/records/batch_filter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "common/records/compression.h"
#include "common/records/record_reader.h"
#include "common/records/varint.h"

namespace ropewalk {
namespace {

// One that stays, and what time it has.
struct Kept {
  ByteSpan encoded;  // With its length.
  std::int64_t timestamp = kNoTimestamp;
};

struct Sifted {
  std::vector<Kept> kept;
  std::int32_t seen = 0;
  bool has_tombstone = false;
};

// Whether all times can be told from any base that a clock gives.
bool may_be_told_from_another_base(const Sifted& sifted) {
  return std::ranges::all_of(sifted.kept, [](const Kept& record) {
    return record.timestamp >= std::numeric_limits<std::int64_t>::min() / 2;
  });
}

Result<Sifted> sift(ByteSpan records, const BatchHeader& header, RecordFilter& filter) {
  Sifted sifted;
  const std::byte* at = records.data();
  const std::byte* const end = at + records.size();
  for (; sifted.seen < header.records_count; sifted.seen++) {
    RecordView record;
    const ParsedRecord parsed = parse_record(at, end, record);
    if (parsed.fault != nullptr)
      return fail(Errc::corrupt_message, "record {}: {}", sifted.seen, parsed.fault);
    if (record.offset_delta < 0 || record.offset_delta > header.last_offset_delta)
      return fail(Errc::corrupt_message, "record {} at offset delta {}, the batch's last is {}",
                  sifted.seen, record.offset_delta, header.last_offset_delta);
    record.offset = header.base_offset + record.offset_delta;
    if (__builtin_add_overflow(header.base_timestamp, record.timestamp_delta, &record.timestamp))
      return fail(Errc::corrupt_message, "record {}: its timestamp is no number", sifted.seen);
    if (filter.keeps(record)) {
      sifted.kept.push_back({ByteSpan(at, parsed.next), record.timestamp});
      sifted.has_tombstone |= record.key && !record.value;
    }
    at = parsed.next;
  }
  if (at != end) return fail(Errc::corrupt_message, "{} bytes behind the last record", end - at);
  return sifted;
}

// The record with its time told from another base: its length, its attributes and that delta
// change, what is behind them is copied. Pre: parse_record() has passed it.
void append_with_base(const Kept& record, std::int64_t base_timestamp,
                      std::vector<std::byte>& into) {
  const std::byte* at = record.encoded.data();
  const std::byte* const end = at + record.encoded.size();
  std::int32_t length = 0;
  std::int64_t old_delta = 0;
  at = read_varint(at, end, length);
  const std::byte attributes = *at++;
  at = read_varint(at, end, old_delta);
  const std::int64_t delta = record.timestamp - base_timestamp;
  const auto body =
      static_cast<std::int32_t>(1 + varint_size(delta)) + static_cast<std::int32_t>(end - at);
  const std::size_t start = into.size();
  into.resize(start + varint_size(body) + static_cast<std::size_t>(body));
  std::byte* to = write_varint(into.data() + start, body);
  *to++ = attributes;
  to = write_varint(to, delta);
  std::copy(at, end, to);
}

std::vector<std::byte> encoded(const Sifted& sifted, const BatchHeader& before,
                               const BatchHeader& after) {
  std::vector<std::byte> plain;
  for (const Kept& record : sifted.kept) {
    if (after.base_timestamp == before.base_timestamp)
      plain.insert(plain.end(), record.encoded.begin(), record.encoded.end());
    else
      append_with_base(record, after.base_timestamp, plain);
  }
  return plain;
}

Result<std::vector<std::byte>> build(BatchHeader header, Codec codec, ByteSpan records) {
  std::vector<std::byte> batch(kBatchHeaderBytes);
  if (codec == Codec::none)
    batch.insert(batch.end(), records.begin(), records.end());
  else
    TRY_VOID(compress(codec, records, batch, {}));
  header.attributes = static_cast<std::int16_t>((header.attributes & ~batch_bit::kCodecMask) |
                                                static_cast<std::int16_t>(codec));
  header.batch_length = static_cast<std::int32_t>(batch.size() - kBatchPrefixBytes);
  header.write_to(batch.data());
  header.crc = batch_crc(batch);
  header.write_to(batch.data());
  return batch;
}

}  // namespace

std::optional<std::int64_t> delete_horizon_of(const BatchHeader& header) {
  if ((header.attributes & batch_bit::kDeleteHorizon) == 0) return std::nullopt;
  return header.base_timestamp;
}

Result<FilteredBatch> filter_batch(ByteSpan batch, const BatchHeader& header, RecordFilter& filter,
                                   const FilterOptions& options) {
  TRY(const Codec codec, header.codec());
  ByteSpan records = batch.subspan(kBatchHeaderBytes);
  std::vector<std::byte> plain;
  if (codec != Codec::none && header.records_count > 0) {
    TRY_VOID(decompress(codec, records, options.uncompressed_bytes_max, plain));
    records = plain;
  }
  TRY(const Sifted sifted, sift(records, header, filter));

  BatchHeader after = header;
  const bool gets_horizon = options.delete_horizon && sifted.has_tombstone &&
                            !delete_horizon_of(header) && may_be_told_from_another_base(sifted);
  if (gets_horizon) {
    after.attributes = static_cast<std::int16_t>(after.attributes | batch_bit::kDeleteHorizon);
    after.base_timestamp = *options.delete_horizon;
  }
  after.records_count = static_cast<std::int32_t>(sifted.kept.size());
  FilteredBatch filtered{.records = after.records_count};
  if (after == header) return filtered;

  if (!sifted.kept.empty() && !header.is_log_append_time())
    after.max_timestamp = std::ranges::max(sifted.kept, {}, &Kept::timestamp).timestamp;
  TRY(filtered.changed,
      build(after, sifted.kept.empty() ? Codec::none : codec, encoded(sifted, header, after)));
  return filtered;
}

}  // namespace ropewalk
