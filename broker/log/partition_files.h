// The folder of one partition in a data directory.
#pragma once

#include <string>

#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/uuid.h"

namespace ropewalk::log {

// "partitions/<32 hex digits>/<index>".
std::string partition_folder(TopicPartition partition);

// Unlinks the folder with all that is in it, and the topic's with its last partition. Fine when
// some of it, or all, is gone already.
Task<Result<void>> remove_partition_files(env::FileSystem& files, TopicPartition partition);

}  // namespace ropewalk::log
