// How much of a log its topic wants to keep (Kafka's retention.ms and retention.bytes).
//
// Pure. Whole segments go, oldest first, and never records that are not committed.
#pragma once

#include <cstdint>

#include "broker/log/log_view.h"
#include "common/env/time.h"
#include "common/ids.h"

namespace ropewalk::log {

struct RetentionPolicy {
  std::int64_t milliseconds = -1;  // After the largest timestamp of a segment; -1: for ever.
  std::int64_t bytes = -1;         // Of all segments; -1: without limit.
  bool operator==(const RetentionPolicy&) const = default;
};

struct Retained {
  Offset start;  // Where the log may start from now on; at least its present start.
  // How many go by their own times though they were appended later than the policy keeps: times of
  // long ago, or seconds taken for milliseconds. Whoever sent them may not expect that. Counted as
  // offsets, by whole segments.
  std::int64_t early_records = 0;
};

// A segment goes when all its records are older than the policy keeps, or when the segments behind
// it alone reach the bytes. By age the active one goes too; by size it stays. Nothing at or behind
// `limit` (the high watermark) goes. Segments whose records bear no time, or one that is yet to
// come, count by when they were appended.
Retained retained_from(const LogView& view, const RetentionPolicy& policy, env::WallTime now,
                       Offset limit);

}  // namespace ropewalk::log
