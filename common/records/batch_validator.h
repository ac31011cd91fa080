// What a broker checks of a producer's batch before it enters a partition, as far as that needs no
// state of the broker (the order is Kafka's: kafka-facts.md, 2.4, steps 2 to 5).
//
// Pure; any thread. Two parts, so that a shell may do the second one elsewhere for large batches:
// check_batch() costs one pass of CRC, check_records() decompresses and walks every record once.
// Nothing that the batch claims about its sizes is believed before it was seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <string>

#include "common/bytes.h"
#include "common/error.h"
#include "common/records/batch_header.h"

namespace ropewalk {

struct BatchLimits {
  std::size_t batch_bytes_max = 1'048'588;           // Topic setting max.message.bytes.
  std::size_t uncompressed_bytes_max = 64ull << 20;  // Of the records of one batch.
  bool key_required = false;                         // Compacted topics.
  // Milliseconds; create times outside are refused (message.timestamp.before/after.max.ms).
  std::int64_t timestamp_min = std::numeric_limits<std::int64_t>::min();
  std::int64_t timestamp_max = std::numeric_limits<std::int64_t>::max();
};

struct BatchFault {
  static constexpr std::int32_t kWholeBatch = -1;
  Error error;
  std::int32_t record_index = kWholeBatch;  // Of the record that is at fault, from 0.
};

// What walking the records found.
struct RecordsSeen {
  std::size_t uncompressed_bytes = 0;  // Of the records, without the header.
  // The largest timestamp. Where it differs from the header's, the batch is stored with this one
  // (correct_max_timestamp).
  std::int64_t max_timestamp = kNoTimestamp;
};

// Exactly one batch, format 2, base offset 0, of allowed size, checksum right, counts that fit each
// other, no control batch, a known and supported codec, a base sequence if there is a producer id.
// Errors: invalid_record, message_too_large, corrupt_message, unsupported_compression_type,
// invalid_timestamp (marked as log append time), invalid_txn_state (transactional).
std::expected<BatchHeader, BatchFault> check_batch(ByteSpan batch, const BatchLimits& limits);

// Pre: `header` is what check_batch() returned for the same bytes. As many records as the header
// says, offsets 0, 1, 2, ..., nothing behind them. Errors: invalid_record, corrupt_message
// (compressed bytes that are none), message_too_large, invalid_timestamp.
std::expected<RecordsSeen, BatchFault> check_records(ByteSpan batch, const BatchHeader& header,
                                                     const BatchLimits& limits);

}  // namespace ropewalk
