// `ropewalkd metadata dump DIR`: what a stopped broker's metadata log and snapshot say.
//
// Changes nothing on the disk. One line of JSON for the state file, the snapshot's header and each
// of its records, each segment, each entry with its records, and the place where reading ended.
#pragma once

#include <string>

#include "broker/tools/line_sink.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::tools {

// `files` has a data directory as its root (then its quorum/ is meant) or a quorum's folder.
// Errors: not_found (there is no metadata log), corrupt (after everything in front of the damage
// has been printed), io_error.
Task<Result<void>> dump_metadata(env::FileSystem& files, LineSink out);

}  // namespace ropewalk::tools
