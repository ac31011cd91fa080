// `ropewalkd log verify DIR`: everything that is in a data directory, read and held against each
// other.
//
// Changes nothing, and also works while a broker is at work in it: what does not check is looked at
// again then, and counts when it stays so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "broker/tools/findings.h"
#include "broker/tools/line_sink.h"
#include "common/env/environment.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::tools {

struct VerifyProgress {
  std::uint64_t partitions = 0;  // Done; the quorum counts as one.
  std::uint64_t partitions_in_all = 0;
  std::uint64_t bytes = 0;
};
using ProgressSink = std::function<void(const VerifyProgress&)>;  // May be empty.

// Says each problem and each note as soon as it is found, by path within the directory, and at the
// end the summary. On core 0. Errors: not_found (it is no data directory), io_error.
Task<Result<Findings>> verify_directory(env::Environment& environment, std::string directory,
                                        LineSink out, ProgressSink progress);

}  // namespace ropewalk::tools
