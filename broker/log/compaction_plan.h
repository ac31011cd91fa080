// Whether a log is worth compacting now, and which part of it (pure).
//
// Segments are clean (they were compacted before) or dirty, the clean ones first. Compaction reads
// the dirty ones up to an end, and leaves of them and of all before only the last record of each
// key. The active segment, what is not committed and what is too young stay as they are.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "common/env/time.h"
#include "common/ids.h"

namespace ropewalk::log {

// Kafka's settings of the same names.
struct CompactionSettings {
  double dirty_ratio_min = 0.5;          // min.cleanable.dirty.ratio
  std::chrono::milliseconds lag_min{0};  // min.compaction.lag.ms
  std::chrono::milliseconds lag_max{
      std::numeric_limits<std::int64_t>::max()};  // max.compaction.lag.ms
};

struct CompactableSegment {
  Offset base;
  Offset end;
  std::uint64_t bytes = 0;  // Of records.
  bool clean = false;
  // By the records, or by the broker's clock where they have no time. -1: it has no record.
  std::int64_t first_timestamp = -1;
  std::int64_t max_timestamp = -1;
};

struct CompactionPlan {
  std::size_t first_dirty = 0;  // Segments before it are clean.
  std::size_t end = 0;          // One past the last that is read.
  double dirty_ratio = 0;       // Of what it covers.
};

// `sealed`: all but the active one, in order. Nothing at or behind `high_watermark` is touched.
// None: not now, or there is nothing to do.
std::optional<CompactionPlan> plan_compaction(std::span<const CompactableSegment> sealed,
                                              Offset high_watermark,
                                              const CompactionSettings& settings,
                                              std::int64_t now_ms);

}  // namespace ropewalk::log
