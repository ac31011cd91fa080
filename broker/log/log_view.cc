#include "broker/log/log_view.h"

#include <algorithm>

namespace ropewalk::log {

std::size_t LogView::segment_of(Offset offset) const {
  if (active && offset >= active->base) return sealed->size();
  const auto behind = std::ranges::upper_bound(
      *sealed, offset, {}, [](const SegmentViewPtr& segment) { return segment->base; });
  ENSURE(behind != sealed->begin(), "offset {} is below every segment", offset);
  return static_cast<std::size_t>(behind - sealed->begin()) - 1;
}

std::uint64_t LogView::bytes() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < segment_count(); i++)
    total += segment(i).end_position - kSegmentHeaderBytes;
  return total;
}

env::WallTime LogView::last_append_of(std::size_t index) const {
  if (index + 1 < segment_count()) return segment(index + 1).file->identity().created;
  // What was known of the log before a crash may be older.
  return std::max(last_append, segment(index).file->identity().created);
}

}  // namespace ropewalk::log
