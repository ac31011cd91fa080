// What a log holds at one moment, immutable: for readers outside of the partition's Serial.
//
// Any thread. A view keeps the files of its segments open, also after retention removed them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "broker/log/offset_index.h"
#include "broker/log/recent_ends.h"
#include "broker/log/segment_file.h"
#include "common/env/time.h"
#include "common/ids.h"

namespace ropewalk::log {

struct SegmentView {
  SegmentFilePtr file;
  Offset base;
  Offset end;                      // One past its last record.
  std::uint64_t end_position = 0;  // Bytes of the file that are records or header.
  std::int64_t max_timestamp = -1;
  IndexView index;
  RecentEnds recent_ends;
  std::uint32_t cuts = 0;  // Of the file; pins need it.

  Result<env::FileRange> pin() const { return file->pin(cuts, 0, end_position); }
};
using SegmentViewPtr = std::shared_ptr<const SegmentView>;

struct LogView {
  // In order, without gaps; at least one unless nothing was ever appended. The last is the active
  // one. Sealed ones are shared with older views.
  std::shared_ptr<const std::vector<SegmentViewPtr>> sealed;
  SegmentViewPtr active;  // Null in a log without segments.
  Offset log_start;
  Offset readable_end;
  std::uint64_t generation = 0;
  env::WallTime last_append{};  // Of the whole log.

  std::size_t segment_count() const { return sealed->size() + (active ? 1 : 0); }
  const SegmentView& segment(std::size_t index) const {
    return index < sealed->size() ? *(*sealed)[index] : *active;
  }
  // The segment that holds `offset`. Pre: log_start <= offset < readable_end.
  std::size_t segment_of(Offset offset) const;
  // Bytes of records in all segments.
  std::uint64_t bytes() const;
  // About when the newest batch of a segment was appended, by this broker's clock; never before it
  // was.
  env::WallTime last_append_of(std::size_t index) const;
};
using LogViewPtr = std::shared_ptr<const LogView>;

}  // namespace ropewalk::log
