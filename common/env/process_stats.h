// What the operating system says about this process.
#pragma once

#include <cstdint>

#include "common/env/time.h"

namespace ropewalk::env {

struct ProcessStats {
  WallTime started{};
  double cpu_seconds = 0;  // Of all threads, in user space and in the system.
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;  // What the system allows it.
};

}  // namespace ropewalk::env
