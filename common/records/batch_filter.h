// What compaction leaves of a record batch: some of its records, each at the offset that it had.
//
// Pure; any thread. The batch given stays as it is: a changed copy comes back. Of the header the
// offsets, the producer and his sequences stay, so that duplicates are known (KIP-98) and offsets
// have gaps instead of new owners.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/records/batch_header.h"
#include "common/records/record.h"

namespace ropewalk {

// Says of each record, in order, whether it stays.
class RecordFilter {
 public:
  virtual ~RecordFilter() = default;
  virtual bool keeps(const RecordView& record) = 0;
};

struct FilterOptions {
  // Milliseconds since 1970, UTC: when the tombstones (records with a key and a null value) that
  // stay may go. A batch that has none yet is given it (KIP-534: its base timestamp, and a bit).
  std::optional<std::int64_t> delete_horizon = {};
  std::size_t uncompressed_bytes_max = 0;
};

struct FilteredBatch {
  std::int32_t records = 0;  // That stay.
  // The batch that they are in: of no record its header alone. None: the batch given is right.
  std::optional<std::vector<std::byte>> changed = {};
};

// The time in a batch's header after which its tombstones may go; none if it has no such time.
std::optional<std::int64_t> delete_horizon_of(const BatchHeader& header);

// Keeps the codec, at its default level. Pre: `batch` is one whole batch, `header` its header, and
// no control batch. Errors: corrupt_message, message_too_large (more than uncompressed_bytes_max),
// unsupported_compression_type.
Result<FilteredBatch> filter_batch(ByteSpan batch, const BatchHeader& header, RecordFilter& filter,
                                   const FilterOptions& options);

}  // namespace ropewalk
