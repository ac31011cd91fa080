// Finding offsets at the partitions' leaders: for Admin and for a consumer that has no position.
#pragma once

#include <memory>
#include <vector>

#include "client/src/shell.h"
#include "ropewalk/admin.h"

namespace ropewalk::client {

// Answers in the order of the questions. What can pass (a leader that moves, a broker that is away)
// is tried again until the deadline. Core only. Errors: the first that does not pass, naming the
// partition; request_timed_out, cancelled.
Task<Result<std::vector<OffsetAnswer>>> list_offsets(std::shared_ptr<Shell> shell,
                                                     std::vector<OffsetQuestion> questions,
                                                     env::MonotonicTime deadline);

}  // namespace ropewalk::client
