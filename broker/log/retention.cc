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

bool is_too_old(std::int64_t time_ms, const RetentionPolicy& policy, env::WallTime now) {
  // Written so that a timestamp from the far future does not wrap.
  return policy.milliseconds >= 0 && time_ms < in_milliseconds(now) - policy.milliseconds;
}

bool is_expired(const LogView& view, std::size_t index, const RetentionPolicy& policy,
                env::WallTime now) {
  const SegmentView& segment = view.segment(index);
  if (record_bytes(segment) == 0) return false;
  const bool has_been = segment.max_timestamp >= 0 && segment.max_timestamp <= in_milliseconds(now);
  return is_too_old(has_been ? segment.max_timestamp : in_milliseconds(view.last_append_of(index)),
                    policy, now);
}

}  // namespace

Retained retained_from(const LogView& view, const RetentionPolicy& policy, env::WallTime now,
                       Offset limit) {
  Retained retained{.start = view.log_start};
  std::uint64_t left = view.bytes();
  for (std::size_t i = 0; i < view.segment_count(); i++) {
    const SegmentView& segment = view.segment(i);
    const bool active = i + 1 == view.segment_count();
    const bool expired = is_expired(view, i, policy, now);
    const bool too_much = policy.bytes >= 0 && !active &&
                          left - record_bytes(segment) >= static_cast<std::uint64_t>(policy.bytes);
    if (segment.end > limit || !(too_much || expired)) break;
    left -= record_bytes(segment);
    if (segment.end <= retained.start) continue;
    const std::int64_t records = segment.end - std::max(segment.base, retained.start);
    retained.start = segment.end;
    if (expired && !is_too_old(in_milliseconds(view.last_append_of(i)), policy, now))
      retained.early_records += records;
  }
  return retained;
}

}  // namespace ropewalk::log
