// Reading a log, outside of the partition's Serial.
//
// Whole batches, as they lie in the files. Works on a view: what it returns was readable in it. The
// index leads to within an interval of the place, the headers of the batches there to the place
// itself; bytes in memory are read in place, others by way of the pool.
#pragma once

#include <optional>
#include <vector>

#include "broker/log/log.h"
#include "broker/log/log_view.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::log {

struct ReadLimits {
  Offset upper_bound;  // Nothing at or behind it: high watermark, last stable offset or log end.
  std::size_t bytes_max = 1 << 20;
  // The first batch comes even if it is larger than bytes_max.
  bool at_least_one = true;
  // What is small is read into memory; else the result has file ranges only.
  bool small_in_memory = true;
};

struct ReadResult {
  std::vector<env::Chunk> chunks;  // Whole batches, in order; empty at the end of the log.
  std::size_t bytes = 0;
  Offset base;  // Of the first batch: at most `from`.
  Offset next;  // One past the last record; `from` when there are no chunks.
};

// Less than this is read into memory; from here on the result has file ranges, which pin their
// segments.
inline constexpr std::size_t kFileRangeBytesMin = 16 << 10;

// Starts with the batch that holds `from`. A batch that crosses the upper bound is left out whole.
// Errors: offset_out_of_range (below the log's start or above its end), corrupt (the bytes there
// are no batch, with file and position), not_leader_or_follower (cut since), io_error.
Task<Result<ReadResult>> read(LogViewPtr view, Offset from, ReadLimits limits);

// The bytes themselves, for readers in this process (rebuilding state, coordinators, the quorum).
Task<Result<SharedBytes>> read_bytes(LogViewPtr view, Offset from, ReadLimits limits);

struct BatchPlace {
  Offset base;
  Offset next;
  std::int64_t max_timestamp = -1;
};
// The first batch that holds a record with a timestamp of at least `timestamp`; none when there is
// none below `upper_bound`. The caller looks for the record inside.
Task<Result<std::optional<BatchPlace>>> find_timestamp(LogViewPtr view, std::int64_t timestamp,
                                                       Offset upper_bound);

// The latest time in any batch that begins below `upper_bound` and reaches over the log's start; -1
// when there is none. Errors: corrupt, not_leader_or_follower (cut since), io_error.
Task<Result<std::int64_t>> latest_timestamp(LogViewPtr view, Offset upper_bound);

// Where a log that is to end at `end` is cut: in front of the batch that holds `end`, if one does.
// Errors: offset_out_of_range, corrupt, io_error.
Task<Result<Log::CutPoint>> find_cut(LogViewPtr view, Offset end);

}  // namespace ropewalk::log
