// Doing something on another core and coming back.
#pragma once

#include "common/env/core.h"
#include "common/env/task.h"

namespace ropewalk::env {

// Runs the task on `core` and returns on the core of the caller when it has ended. Cancelling the
// caller does not reach the task: the two cores' threads must not touch each other's signals. The
// task sees cancellations as results, as in a group. If `core` has stopped this never returns: stop
// what crosses before the cores.
Task<void> on(Core& core, Task<void> task);

}  // namespace ropewalk::env
