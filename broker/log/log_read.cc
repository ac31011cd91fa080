#include "broker/log/log_read.h"

#include <algorithm>

#include "broker/log/batch_cursor.h"

namespace ropewalk::log {
namespace {

// Where the next batch of a read begins.
struct Boundary {
  std::uint64_t position = 0;
  Offset base;
};

struct Stretch {
  Boundary begin;
  Boundary end;
};

std::uint32_t delta_of(const SegmentView& segment, Offset offset) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(offset - segment.base, 0, std::int64_t{UINT32_MAX}));
}

// The first batch at or behind `from` that reaches up to `offset`; the end of the segment when none
// does.
Task<Result<Boundary>> find_offset(const SegmentView& segment, Offset offset) {
  if (offset >= segment.end) co_return Boundary{segment.end_position, segment.end};
  if (const auto known = segment.recent_ends.position_of(offset))
    co_return Boundary{*known, offset};
  const auto entry = segment.index.at_or_before_delta(delta_of(segment, offset));
  BatchCursor cursor(segment.file->file(), entry ? entry->position : kSegmentHeaderBytes,
                     segment.end_position, BatchCursor::kNear);
  for (;;) {
    CO_TRY(const auto header, co_await cursor.header());
    if (!header) co_return Boundary{segment.end_position, segment.end};
    if (header->next_offset() > offset) co_return Boundary{cursor.position(), header->base_offset};
    cursor.skip(*header);
  }
}

// As many whole batches from `begin` on as end at or before `limit`.
Task<Result<Boundary>> last_within(const SegmentView& segment, Boundary begin,
                                   std::uint64_t limit) {
  const auto entry = segment.index.at_or_before_position(limit);
  const std::uint64_t from = std::max(begin.position, entry ? std::uint64_t{entry->position} : 0);
  BatchCursor cursor(segment.file->file(), from, segment.end_position, BatchCursor::kNear);
  for (;;) {
    CO_TRY(const auto header, co_await cursor.header());
    if (!header) co_return Boundary{segment.end_position, segment.end};
    if (cursor.position() + header->size() > limit)
      co_return Boundary{cursor.position(), header->base_offset};
    cursor.skip(*header);
  }
}

// What of one segment goes into the answer.
Task<Result<Stretch>> choose(const SegmentView& segment, Offset from, Offset upper_bound,
                             std::size_t budget, bool at_least_one) {
  CO_TRY(const Boundary begin, co_await find_offset(segment, from));
  CO_TRY(const Boundary bound, co_await find_offset(segment, upper_bound));
  if (bound.position <= begin.position) co_return Stretch{begin, begin};
  if (bound.position - begin.position <= budget) co_return Stretch{begin, bound};
  CO_TRY(Boundary end, co_await last_within(segment, begin, begin.position + budget));
  if (end.position == begin.position && at_least_one) {
    BatchCursor cursor(segment.file->file(), begin.position, segment.end_position,
                       BatchCursor::kNear);
    CO_TRY(const auto header, co_await cursor.header());
    if (header) end = {begin.position + header->size(), header->next_offset()};
  }
  co_return Stretch{begin, end};
}

Task<Result<SharedBytes>> read_range(env::FileRange range) {
  std::vector<std::byte> bytes(range.length);
  CO_TRY_VOID(co_await read_fully(*range.file, range.position, bytes));
  co_return SharedBytes(std::move(bytes));
}

}  // namespace

Task<Result<ReadResult>> read(LogViewPtr view, Offset from, ReadLimits limits) {
  if (from < view->log_start || from > view->readable_end)
    co_return fail(Errc::offset_out_of_range, "offset {} of a log from {} to {}", from,
                   view->log_start, view->readable_end);
  ReadResult result;
  result.base = result.next = from;
  const Offset bound = std::min(limits.upper_bound, view->readable_end);
  if (from >= bound) co_return result;
  for (std::size_t i = view->segment_of(from); i < view->segment_count(); i++) {
    const SegmentView& segment = view->segment(i);
    const bool first = result.chunks.empty();
    const std::size_t budget = limits.bytes_max - std::min(limits.bytes_max, result.bytes);
    if (segment.base >= bound || (!first && budget == 0)) break;
    CO_TRY(auto pinned, segment.pin());
    CO_TRY(const Stretch stretch,
           co_await choose(segment, result.next, bound, budget, limits.at_least_one && first));
    const auto length = static_cast<std::size_t>(stretch.end.position - stretch.begin.position);
    if (length > 0) {
      pinned.position = stretch.begin.position;
      pinned.length = length;
      if (length >= kFileRangeBytesMin || !limits.small_in_memory) {
        result.chunks.emplace_back(std::move(pinned));
      } else {
        CO_TRY(auto bytes, co_await read_range(std::move(pinned)));
        result.chunks.emplace_back(std::move(bytes));
      }
      if (first) result.base = stretch.begin.base;
      result.bytes += length;
      result.next = stretch.end.base;
    }
    if (stretch.end.position < segment.end_position) break;
  }
  co_return result;
}

Task<Result<SharedBytes>> read_bytes(LogViewPtr view, Offset from, ReadLimits limits) {
  CO_TRY(auto found, co_await read(std::move(view), from, limits));
  if (found.chunks.size() == 1)
    if (auto* memory = std::get_if<SharedBytes>(&found.chunks.front()))
      co_return std::move(*memory);
  std::vector<std::byte> all(found.bytes);
  std::size_t at = 0;
  for (const env::Chunk& chunk : found.chunks) {
    const MutableByteSpan into = MutableByteSpan(all).subspan(at, env::size_of(chunk));
    at += into.size();
    if (const auto* memory = std::get_if<SharedBytes>(&chunk)) {
      std::ranges::copy(memory->span(), into.begin());
    } else {
      const auto& range = std::get<env::FileRange>(chunk);
      CO_TRY_VOID(co_await read_fully(*range.file, range.position, into));
    }
  }
  co_return SharedBytes(std::move(all));
}

Task<Result<std::optional<BatchPlace>>> find_timestamp(LogViewPtr view, std::int64_t timestamp,
                                                       Offset upper_bound) {
  const Offset bound = std::min(upper_bound, view->readable_end);
  for (std::size_t i = 0; i < view->segment_count(); i++) {
    const SegmentView& segment = view->segment(i);
    if (segment.base >= bound) break;
    if (segment.max_timestamp < timestamp || segment.end <= view->log_start) continue;
    CO_TRY(const auto pinned, segment.pin());
    const auto entry = segment.index.before_timestamp(timestamp);
    BatchCursor cursor(segment.file->file(), entry ? entry->position : kSegmentHeaderBytes,
                       segment.end_position, BatchCursor::kNear);
    for (;;) {
      CO_TRY(const auto header, co_await cursor.header());
      if (!header || header->base_offset >= bound) break;
      if (header->max_timestamp >= timestamp && header->next_offset() > view->log_start)
        co_return BatchPlace{header->base_offset, header->next_offset(), header->max_timestamp};
      cursor.skip(*header);
    }
  }
  co_return std::optional<BatchPlace>();
}

Task<Result<std::int64_t>> latest_timestamp(LogViewPtr view, Offset upper_bound) {
  const Offset bound = std::min(upper_bound, view->readable_end);
  std::int64_t latest = -1;
  for (std::size_t i = 0; i < view->segment_count(); i++) {
    const SegmentView& segment = view->segment(i);
    if (segment.base >= bound) break;
    if (segment.end <= view->log_start) continue;
    if (segment.base >= view->log_start && segment.end <= bound) {
      latest = std::max(latest, segment.max_timestamp);
      continue;
    }
    // Only a part of it counts.
    CO_TRY(const auto pinned, segment.pin());
    const bool begins_inside = segment.base >= view->log_start;
    const Offset from = begins_inside ? bound : view->log_start;
    const auto entry = segment.index.at_or_before_delta(delta_of(segment, from));
    if (entry && begins_inside) latest = std::max(latest, entry->max_timestamp_before);
    BatchCursor cursor(segment.file->file(), entry ? entry->position : kSegmentHeaderBytes,
                       segment.end_position, BatchCursor::kNear);
    for (;;) {
      CO_TRY(const auto header, co_await cursor.header());
      if (!header || header->base_offset >= bound) break;
      if (header->next_offset() > view->log_start) latest = std::max(latest, header->max_timestamp);
      cursor.skip(*header);
    }
  }
  co_return latest;
}

Task<Result<Log::CutPoint>> find_cut(LogViewPtr view, Offset end) {
  if (end < view->log_start || end > view->readable_end)
    co_return fail(Errc::offset_out_of_range, "a cut at {} of a log from {} to {}", end,
                   view->log_start, view->readable_end);
  if (end == view->readable_end) co_return Log::CutPoint{end, 0, -1};
  const SegmentView& segment = view->segment(view->segment_of(end));
  CO_TRY(const auto pinned, segment.pin());
  const auto entry = segment.index.at_or_before_delta(delta_of(segment, end));
  BatchCursor cursor(segment.file->file(), entry ? entry->position : kSegmentHeaderBytes,
                     segment.end_position, BatchCursor::kNear);
  std::int64_t max_timestamp = entry ? entry->max_timestamp_before : -1;
  for (;;) {
    CO_TRY(const auto header, co_await cursor.header());
    if (!header) co_return Log::CutPoint{segment.end, segment.end_position, max_timestamp};
    if (header->next_offset() > end)
      co_return Log::CutPoint{std::min(header->base_offset, end), cursor.position(), max_timestamp};
    max_timestamp = std::max(max_timestamp, header->max_timestamp);
    cursor.skip(*header);
  }
}

}  // namespace ropewalk::log
