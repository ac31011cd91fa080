// What one partition's log needs to be told. Plain values; topic settings end up here.
#pragma once

#include <chrono>
#include <cstdint>

#include "broker/log/retention.h"
#include "common/env/time.h"

namespace ropewalk::log {

struct LogOptions {
  // A segment that would grow beyond this ends before the batch. At most 2^31, positions in the
  // index being 32 bits; a single larger batch gets a segment of its own.
  std::uint64_t segment_bytes = std::uint64_t{1} << 30;
  // A segment that was made so long ago ends before the next batch (Kafka's segment.ms).
  env::Duration segment_age = env::Duration::max();
  RetentionPolicy retention;
  // One index entry for so many bytes of records. A read scans at most this much.
  std::uint32_t index_interval_bytes = 4096;
  // Whether each write asks for a sync (topic setting `durability` = synced, and the quorum).
  // Otherwise files are synced when the log falls quiet, rolls or closes.
  bool sync_appends = true;
  // A log without appends for this long gets what it knows recorded and synced once more.
  env::Duration quiet_after = std::chrono::seconds(1);
  // A truncation waits this long for file ranges that are being sent, then asks for help (R10).
  env::Duration pins_grace = std::chrono::seconds(1);
  // The first offset of a log that is made new. 1 for the metadata quorum.
  std::int64_t first_offset = 0;
};

}  // namespace ropewalk::log
