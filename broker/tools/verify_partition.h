// Checks the files of one partition's log against each other: segments, indexes, checkpoint.
//
// Goes by what recovery goes by (broker/log/recovery.h), but reads every batch, goes on behind
// damage, and changes nothing. Also while a broker writes: what it sees at the end may then be half
// of a write.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "broker/tools/findings.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/records/batch_header.h"
#include "common/uuid.h"

namespace ropewalk::tools {

// Whoever wrote to the files last.
enum class Owner : std::uint8_t {
  running,           // A torn tail may be a write under way.
  killed,            // A torn tail is normal.
  stopped_in_order,  // There is none.
};

struct PartitionPlace {
  std::string folder;  // Relative to the file system.
  TopicPartition partition;
  std::int64_t first_offset = 0;  // Of a log that is new.
  bool had_data = false;          // It must not be empty.
  Owner owner = Owner::killed;
  // What else must be true of a batch that checks. May be empty.
  std::function<Result<void>(const BatchHeader& header, ByteSpan batch)> also = {};
  // Sees the size of each batch that was read, for whoever shows progress. May be empty.
  std::function<void(std::uint64_t bytes)> on_progress = {};
};

struct PartitionLook {
  Findings findings;
  Offset start;  // Of the first record that there is.
  Offset end;    // Behind the last.
  LeaderEpoch last_epoch = kNoLeaderEpoch;
};

Task<PartitionLook> verify_partition(env::FileSystem& files, PartitionPlace place);

}  // namespace ropewalk::tools
