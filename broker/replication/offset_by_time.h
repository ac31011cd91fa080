// Which record is the first of a time or later, or has the latest time.
//
// Runs on the calling core, outside of the partition, on a view of its log; reads headers where the
// index leads to, and the records of one batch.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/log/log_view.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::replication {

struct TimedOffset {
  Offset offset;
  std::int64_t timestamp_ms = -1;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;  // Under which the record was appended.
};

// The first record whose time is `timestamp_ms` or later, below `bound`; none when there is none.
// `uncompressed_bytes_max` bounds what a batch may decompress to. Errors: corrupt,
// not_leader_or_follower (the log was cut since), io_error, message_too_large.
Task<Result<std::optional<TimedOffset>>> first_since(log::LogViewPtr view,
                                                     std::int64_t timestamp_ms, Offset bound,
                                                     std::size_t uncompressed_bytes_max);

// The first of the records with the latest time below `bound`; none in a log without any.
Task<Result<std::optional<TimedOffset>>> latest_time(log::LogViewPtr view, Offset bound,
                                                     std::size_t uncompressed_bytes_max);

}  // namespace ropewalk::replication
