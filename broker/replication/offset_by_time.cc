#include "broker/replication/offset_by_time.h"

#include <memory>
#include <utility>

#include "broker/log/log_read.h"
#include "common/records/record_reader.h"

namespace ropewalk::replication {
namespace {

// The first record from `from` on in the batch that is late enough.
Result<std::optional<TimedOffset>> first_in_batch(ByteSpan batch, std::int64_t timestamp_ms,
                                                  Offset from, std::size_t uncompressed_max) {
  TRY(auto reader, RecordReader::open(batch, uncompressed_max));
  for (;;) {
    TRY(const auto record, reader.next());
    if (!record) return std::optional<TimedOffset>();
    if (record->timestamp >= timestamp_ms && record->offset >= from)
      return TimedOffset{record->offset, record->timestamp, reader.header().leader_epoch};
  }
}

// The first of the latest records from `from` on.
Result<std::optional<TimedOffset>> latest_in_batch(ByteSpan batch, Offset from,
                                                   std::size_t uncompressed_max) {
  TRY(auto reader, RecordReader::open(batch, uncompressed_max));
  std::optional<TimedOffset> latest;
  for (;;) {
    TRY(const auto record, reader.next());
    if (!record) return latest;
    if (record->offset < from || (latest && record->timestamp <= latest->timestamp_ms)) continue;
    latest = TimedOffset{record->offset, record->timestamp, reader.header().leader_epoch};
  }
}

}  // namespace

Task<Result<std::optional<TimedOffset>>> first_since(log::LogViewPtr view,
                                                     std::int64_t timestamp_ms, Offset bound,
                                                     std::size_t uncompressed_bytes_max) {
  for (;;) {
    CO_TRY(const auto place, co_await log::find_timestamp(view, timestamp_ms, bound));
    if (!place) co_return std::optional<TimedOffset>();
    const Offset from = std::max(place->base, view->log_start);
    log::ReadLimits limits;
    limits.upper_bound = place->next;
    limits.bytes_max = 1;
    CO_TRY(const auto batch, co_await log::read_bytes(view, from, limits));
    CO_TRY(const auto found,
           first_in_batch(batch.span(), timestamp_ms, from, uncompressed_bytes_max));
    if (found) co_return found;
    // The late one lies below the log's start, in the batch that the start divides.
    auto rest = std::make_shared<log::LogView>(*view);
    rest->log_start = place->next;
    view = std::move(rest);
  }
}

Task<Result<std::optional<TimedOffset>>> latest_time(log::LogViewPtr view, Offset bound,
                                                     std::size_t uncompressed_bytes_max) {
  CO_TRY(const auto latest, co_await log::latest_timestamp(view, bound));
  if (latest < 0) co_return std::optional<TimedOffset>();
  CO_TRY(const auto found, co_await first_since(view, latest, bound, uncompressed_bytes_max));
  if (found) co_return found;

  // The latest lies below the log's start, in the batch that the start divides: of that one the
  // records decide.
  log::ReadLimits limits;
  limits.upper_bound = bound;
  limits.bytes_max = 1;
  CO_TRY(const auto batch, co_await log::read_bytes(view, view->log_start, limits));
  CO_TRY(const auto divided,
         latest_in_batch(batch.span(), view->log_start, uncompressed_bytes_max));
  auto rest = std::make_shared<log::LogView>(*view);
  CO_TRY(const auto header, BatchHeader::parse(batch.span()));
  rest->log_start = header.next_offset();
  CO_TRY(const auto later, co_await latest_time(std::move(rest), bound, uncompressed_bytes_max));
  co_return later && (!divided || later->timestamp_ms > divided->timestamp_ms) ? later : divided;
}

}  // namespace ropewalk::replication
