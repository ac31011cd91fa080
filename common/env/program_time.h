// Time for a program that is not inside an Environment: the command, which only measures. Any
// thread.
#pragma once

#include "common/env/time.h"

namespace ropewalk::env {

MonotonicTime program_now();
// Returns at once if the time has passed.
void program_sleep_until(MonotonicTime when);
// That all threads of this process have used so far, in user space and in the system.
std::chrono::microseconds program_cpu();

}  // namespace ropewalk::env
