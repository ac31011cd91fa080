#include "broker/log/compaction_pass.h"

#include <utility>

#include "common/records/batch_filter.h"
#include "common/records/record_reader.h"

namespace ropewalk::log {
namespace {

class LastOfEachKey final : public RecordFilter {
 public:
  LastOfEachKey(const KeyOffsets& keys, bool tombstones_may_go)
      : keys_(keys), tombstones_may_go_(tombstones_may_go) {}

  bool keeps(const RecordView& record) override {
    if (!record.key) return false;
    if (const auto last = keys_.last_of(*record.key); last && *last > record.offset) return false;
    return record.value || !tombstones_may_go_;
  }

 private:
  const KeyOffsets& keys_;
  const bool tombstones_may_go_;
};

}  // namespace

// All keys of a batch are learnt or none: a batch of which some are missing could lose records that
// stand last.
Result<bool> CompactionPass::learn(ByteSpan batch, const BatchHeader& header) {
  if (header.is_control()) return true;
  if (keys_.size() + static_cast<std::size_t>(header.records_count) > keys_.keys_max())
    return false;
  TRY(RecordReader reader, RecordReader::open(batch, options_.uncompressed_bytes_max));
  for (;;) {
    TRY(const auto record, reader.next());
    if (!record) return true;
    if (record->key) ENSURE(keys_.put(*record->key, record->offset), "{} keys", keys_.size());
  }
}

Result<CompactionPass::Left> CompactionPass::clean(ByteSpan batch, const BatchHeader& header) {
  if (header.is_control()) {
    count(header, header.records_count, batch.size());
    return Left(Whole());
  }
  const auto horizon = delete_horizon_of(header);
  LastOfEachKey filter(keys_, horizon && options_.now_ms >= *horizon);
  TRY(FilteredBatch left,
      filter_batch(batch, header, filter,
                   {.delete_horizon = options_.now_ms + options_.delete_retention.count(),
                    .uncompressed_bytes_max = options_.uncompressed_bytes_max}));
  const bool is_needed =
      left.records > 0 || (header.has_producer() &&
                           options_.is_last_of_producer(header.producer_id, header.last_offset()));
  if (!is_needed) {
    count(header, 0, 0);
    return Left(Nothing());
  }
  count(header, left.records, left.changed ? left.changed->size() : batch.size());
  if (!left.changed) return Left(Whole());
  return Left(std::move(*left.changed));
}

void CompactionPass::count(const BatchHeader& header, std::int32_t records_kept,
                           std::size_t bytes_kept) {
  tally_.records_read += static_cast<std::uint64_t>(header.records_count);
  tally_.records_kept += static_cast<std::uint64_t>(records_kept);
  tally_.bytes_read += header.size();
  tally_.bytes_kept += bytes_kept;
}

}  // namespace ropewalk::log
