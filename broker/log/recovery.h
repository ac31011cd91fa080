// Opening a log that is already there: finds its end and brings it into a state that may count.
//
// Starts at the checkpoint and reads every batch behind it: checksum, contiguous offsets, epochs
// that do not fall. Bytes behind the recorded durable end that do not check are a torn tail and are
// cut; damage before it is Errc::corrupt and changes nothing. What is kept behind the recorded end
// may be in the page cache only and is written again in place; all is synced before this returns.
// A run that is interrupted may be repeated.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "broker/log/checkpoint.h"
#include "broker/log/log.h"
#include "common/env/environment.h"
#include "common/env/file.h"
#include "common/records/batch_header.h"

namespace ropewalk::log {

struct RecoveryOptions {
  TopicPartition partition;
  std::string folder;  // Relative to the file system.
  LogOptions log;
  // Sees each batch behind the checkpoint that stays in the log, in order: producer state is
  // rebuilt from it. Runs on the calling task's core. May be empty.
  std::function<void(const BatchHeader& header, ByteSpan batch)> on_batch;
  // Sees the checkpoint before the first batch. Not called when there is none.
  std::function<void(const Checkpoint& checkpoint)> on_checkpoint;
  bool after_clean_stop = false;  // Nothing can be in memory only.
};

struct RecoveryReport {
  RecoveredLog log;
  bool had_files = false;
  bool cut_tail = false;  // Bytes behind the recorded end were cut away (R13).
  std::uint64_t cut_bytes = 0;
  std::uint64_t batches_scanned = 0;
  std::uint64_t bytes_scanned = 0;  // Of these.
  // The checkpoint was missing or did not check, in a log that should have one: state older than
  // the log's first record is forgotten.
  bool checkpoint_lost = false;
  std::string notes;  // For the log: what was cut, rebuilt or removed. May be empty.
};

// A missing folder is an empty log. Errors: corrupt (with file and offset), unsupported_version,
// io_error.
Task<Result<RecoveryReport>> recover(env::FileSystem& files, RecoveryOptions options);

}  // namespace ropewalk::log
