// What became of the records of a run so far.
//
// Deliveries report on the client's I/O thread, or on the sending one when they are there at once;
// the live line looks on a thread of its own: every function may be called on any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "client/cli/bench/latency_histogram.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::cli {

class BenchTally {
 public:
  explicit BenchTally(env::MonotonicTime start) : last_(start) {}

  // `records` of so many bytes in all, at that moment; the latency counts for one of them.
  void succeeded(env::MonotonicTime now, std::uint64_t records, std::uint64_t bytes,
                 std::optional<std::chrono::nanoseconds> latency);
  // The first failure is the one that is told.
  void failed(const Error& error);
  // The run is to end for a reason that is no record's.
  void end(const Error& error);
  // Either of them.
  bool has_failed() const { return has_failed_.load(std::memory_order_relaxed); }

  struct Snapshot {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    std::uint64_t failed = 0;
    env::MonotonicTime last;  // The last success; the start before the first.
    LatencyHistogram latencies;
    std::optional<Error> error;
  };
  Snapshot snapshot() const;

 private:
  mutable std::mutex mutex_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t failed_ = 0;
  env::MonotonicTime last_;
  LatencyHistogram latencies_;
  std::optional<Error> error_;
  std::atomic<bool> has_failed_{false};  // Asked before each record.
};

}  // namespace ropewalk::cli
