#include "broker/log/retention.h"

#include <algorithm>
#include <chrono>

namespace ropewalk::log {
namespace {

std::int64_t in_milliseconds(env::WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::uint64_t record_bytes(const SegmentView& segment) {
  return segment.end_position - kSegmentHeaderBytes;
}

bool is_expired(const SegmentView& segment, const RetentionPolicy& policy, env::WallTime now) {
  if (policy.milliseconds < 0 || record_bytes(segment) == 0) return false;
  const std::int64_t newest = segment.max_timestamp >= 0
                                  ? segment.max_timestamp
                                  : in_milliseconds(segment.file->identity().created);
  // Written so that a timestamp from the far future does not wrap.
  return newest < in_milliseconds(now) - policy.milliseconds;
}

}  // namespace

Offset retained_from(const LogView& view, const RetentionPolicy& policy, env::WallTime now,
                     Offset limit) {
  Offset start = view.log_start;
  std::uint64_t left = view.bytes();
  for (std::size_t i = 0; i < view.segment_count(); i++) {
    const SegmentView& segment = view.segment(i);
    const bool active = i + 1 == view.segment_count();
    const bool too_much = policy.bytes >= 0 && !active &&
                          left - record_bytes(segment) >= static_cast<std::uint64_t>(policy.bytes);
    if (segment.end > limit || !(too_much || is_expired(segment, policy, now))) break;
    left -= record_bytes(segment);
    start = std::max(start, segment.end);
  }
  return start;
}

}  // namespace ropewalk::log
