// Waits until what was just made can be used, so that a client need not try again at once.
#pragma once

#include <vector>

#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/uuid.h"

namespace ropewalk::service {

// Until the partitions of these topics that this broker leads are open, or failed to; not much
// longer than it may take, at most until the deadline. On a data core.
Task<void> await_opening(const Parts& parts, std::vector<TopicId> topics,
                         env::MonotonicTime deadline);

}  // namespace ropewalk::service
