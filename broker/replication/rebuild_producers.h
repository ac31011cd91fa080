// What idempotent producers sent, read again from disk (R9): after a cut that took all that is
// remembered of one.
#pragma once

#include <cstddef>
#include <string>

#include "broker/log/log_view.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::replication {

// ProducerState::encode() at the view's end, from the checkpoint of the log in `folder` and the
// batches behind it. Nothing is written or cut meanwhile. Errors: corrupt, io_error.
Task<Result<std::string>> rebuild_producers(env::FileSystem& files, std::string folder,
                                            log::LogViewPtr view, std::size_t producers_max);

}  // namespace ropewalk::replication
