// How much one data directory has written and not synced yet.
//
// Topics with durability=replicated do not wait for the disk: without a limit the page cache could
// take any amount of records that a power cut loses, and the sync after them would take minutes.
// From half of the limit on every write asks for a sync at once; at the limit no records are taken.
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "broker/telemetry/counter.h"
#include "broker/telemetry/page.h"
#include "common/error.h"

namespace ropewalk::log {

class UnsyncedBytes {
 public:
  // `directory` names it to people; `bytes_max` is the setting unsynced_bytes_max.
  UnsyncedBytes(env::Environment& environment, std::string directory, std::uint64_t bytes_max)
      : directory_(std::move(directory)), bytes_max_(bytes_max), refused_(environment) {}

  void add(std::uint64_t bytes) { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void sub(std::uint64_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  bool is_high() const { return bytes() >= bytes_max_ / 2; }
  bool is_full() const { return bytes() >= bytes_max_; }
  // What the producer of a batch is told that is refused for it: budget_exceeded. Counts it.
  Error refuse_batch();

  void show(telemetry::Page& page) const;

 private:
  const std::string directory_;
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> bytes_{0};
  telemetry::Counter refused_;
};

}  // namespace ropewalk::log
