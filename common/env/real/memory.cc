#include "common/env/real/memory.h"

#include <algorithm>

#include <malloc.h>

#include "common/env/real/process_stats.h"

namespace ropewalk::env {
namespace {

// Resident and not in use by anybody.
std::size_t kept_bytes() {
  const std::size_t resident = real::read_memory().resident_bytes;
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
