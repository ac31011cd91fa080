// Offline looks at one segment file, for `ropewalkd log dump` and `ropewalkd log verify`.
//
// Read only; the broker that owns the file need not be stopped, but then the end may be in motion.
#pragma once

#include <cstdint>
#include <string>

#include "broker/tools/line_sink.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::tools {

struct SegmentSummary {
  std::uint64_t batches = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // Of good batches.
  Offset base;
  Offset end;
};

// One line for the header, one a slot, one a batch. Stops at what does not check. Errors: as
// verify_log_file().
Task<Result<SegmentSummary>> dump_log_file(env::FileSystem& files, std::string path, LineSink out);
// Checks header, checksums, contiguous offsets and epochs that do not fall. Errors: corrupt with
// position and offset, not_found, unsupported_version, io_error.
Task<Result<SegmentSummary>> verify_log_file(env::FileSystem& files, std::string path);

}  // namespace ropewalk::tools
