// `ropewalkd format`: makes a data directory's quorum before a broker starts.
//
// A broker whose directories are all empty does the same itself, for a cluster of one. On a control
// core; the broker must not be running (its lock is the caller's to take: LogDirectory::open).
#pragma once

#include "broker/quorum/raft/control_batches.h"
#include "common/env/environment.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::tools {

struct FormatOptions {
  ClusterId cluster;
  BrokerId broker;
  DirectoryId directory;  // Of the data directory that holds the quorum.
  // The first of the cluster, the same on each of them; none: this broker learns everything from
  // others.
  quorum::Voters voters;
};

// `files` has `<data>/quorum` as its root. Errors: not_empty (there is a quorum already), io_error,
// disk_full.
Task<Result<void>> format_quorum(env::Environment& environment, env::FileSystem& files,
                                 FormatOptions options);

}  // namespace ropewalk::tools
