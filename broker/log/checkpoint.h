// The `checkpoint` file of a partition: what the log said up to one offset, for when the segments
// that showed it are gone or too many to read.
//
// Recovery and truncation rebuild epochs and producer state from it by reading what follows. It is
// truth, not a cache: segments are deleted only after a checkpoint that covers them is durable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/log/checkpoint_mark.h"
#include "broker/log/epoch_starts.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::log {

struct Checkpoint {
  Offset offset;  // Where it stands: everything below is in it. Never above high_watermark.
  Offset log_start;
  Offset high_watermark;
  EpochStarts epochs;          // Up to `offset`.
  std::string producer_state;  // Replication's own bytes.
  bool operator==(const Checkpoint&) const = default;
};

inline CheckpointMark mark_of(const Checkpoint& checkpoint) {
  return {checkpoint.offset, checkpoint.log_start, checkpoint.high_watermark};
}

inline constexpr std::string_view kCheckpointFile = "checkpoint";

std::string encode(const Checkpoint& checkpoint);
// Errors: corrupt, unsupported_version.
Result<Checkpoint> decode_checkpoint(std::string_view bytes);

// Errors: not_found, corrupt, io_error.
Task<Result<Checkpoint>> load_checkpoint(env::FileSystem& files, std::string folder);
// Beside the old one, synced, renamed over it.
Task<Result<void>> store_checkpoint(env::FileSystem& files, std::string folder,
                                    Checkpoint checkpoint);

}  // namespace ropewalk::log
