// Checks `<data>/quorum`: the state file, the metadata log with its entries, and the snapshots.
#pragma once

#include <string_view>

#include "broker/tools/verify_partition.h"

namespace ropewalk::tools {

inline constexpr std::string_view kQuorumFolder = "quorum";

// `files` has the data directory as its root. The place is that of the metadata log but for what
// only the caller knows: who wrote last, and who wants to see progress.
Task<Findings> verify_quorum(env::FileSystem& files, PartitionPlace place);

}  // namespace ropewalk::tools
