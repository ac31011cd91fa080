// Keeps one data directory from filling up.
//
// Below a floor of free space it takes no more records from clients; and it holds a reserve, a file
// that a full disk is given, so that what frees space (a topic that is deleted, a checkpoint) can
// still be written down. Lives on the directory's home core; is_short() and shortage() on any.
#pragma once

#include <atomic>
#include <cstdint>

#include "broker/telemetry/page.h"
#include "common/env/core.h"
#include "common/env/environment.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::log {

struct SpaceLimits {
  std::uint64_t reserve_bytes = 8 << 20;
  std::uint64_t floor_bytes = 0;  // The setting disk_floor_bytes.
};

class SpaceGuard {
 public:
  // `files` outlives it.
  SpaceGuard(env::FileSystem& files, SpaceLimits limits) : files_(files), limits_(limits) {}

  // Makes the reserve, of exactly its size; that there is no room for it is fine. Looks once.
  Task<Result<void>> start();
  // Until the task is cancelled.
  Task<void> watch(env::Environment& environment, env::Core& home);
  // Before what must still be written at the end: a full disk is given the whole reserve.
  Task<void> make_room();

  bool is_short() const { return short_.load(std::memory_order_relaxed); }
  // What a producer is told meanwhile: disk_full with words.
  Error shortage() const;

  // How it was at the last look, which asks no disk now. On the home core.
  env::DiskSpace last_seen() const {
    return {.total_bytes = total_bytes_, .free_bytes = free_bytes_};
  }
  void show(telemetry::Page& page) const;

  // Gives the whole reserve to a full disk. Fine repeated.
  Task<Result<void>> release_reserve();

 private:
  // Looks how much is free: goes below the floor or back, gives most of the reserve to a disk that
  // is full, makes it again once there is room.
  Task<void> look();
  Task<Result<void>> release_most();
  Task<Result<void>> make_reserve();
  void set_short(bool is_short, const env::DiskSpace& space);

  env::FileSystem& files_;
  const SpaceLimits limits_;
  std::atomic<bool> short_{false};
  std::uint64_t free_bytes_ = 0;  // At the last look.
  std::uint64_t total_bytes_ = 0;
  bool reserve_missing_ = true;  // Or a part of it.
};

}  // namespace ropewalk::log
