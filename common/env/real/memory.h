// What the allocator keeps of memory that was freed. For the programs' main().
#pragma once

#include <cstddef>

namespace ropewalk::env {

// Gives memory back to the system that the allocator keeps beyond what is in use and `spare_bytes`.
// Takes up to tens of milliseconds when there is much: for a pool. One thread at a time.
class MemoryKeeper {
 public:
  explicit MemoryKeeper(std::size_t spare_bytes) : spare_bytes_(spare_bytes) {}
  void give_back();

 private:
  const std::size_t spare_bytes_;
  std::size_t least_bytes_ = 0;  // What was kept after the last time: fragments, not worth a try.
};

}  // namespace ropewalk::env
