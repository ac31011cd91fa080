#include "common/env/real/memory.h"

#include <algorithm>
#include <fstream>

#include <malloc.h>
#include <unistd.h>

namespace ropewalk::env {
namespace {

// Resident and not in use by anybody.
std::size_t kept_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  if (!(file >> pages >> resident)) return 0;
  resident *= static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto heap = mallinfo2();
  return resident - std::min(resident, heap.uordblks + heap.hblkhd);
}

}  // namespace

void MemoryKeeper::give_back() {
  const std::size_t kept = kept_bytes();
  least_bytes_ = std::min(least_bytes_, kept);
  if (kept <= least_bytes_ + spare_bytes_) return;
  malloc_trim(0);
  least_bytes_ = kept_bytes();
}

}  // namespace ropewalk::env
