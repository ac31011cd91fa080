// Reads /proc. Any thread; takes milliseconds with many open files.
#pragma once

#include <cstdint>

#include "common/env/process_stats.h"

namespace ropewalk::env::real {

struct Memory {
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
};
// Cheap. Zeros where it cannot be read.
Memory read_memory();

// Numbers that cannot be read are 0. `started` is the caller's to fill in.
ProcessStats read_process_stats();

}  // namespace ropewalk::env::real
