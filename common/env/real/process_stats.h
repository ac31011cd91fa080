// Reads /proc. Any thread; takes milliseconds with many open files.
#pragma once

#include "common/env/process_stats.h"

namespace ropewalk::env::real {

// Numbers that cannot be read are 0. `started` is the caller's to fill in.
ProcessStats read_process_stats();

}  // namespace ropewalk::env::real
