#include "client/cli/bench/bench_tally.h"

namespace ropewalk::cli {

void BenchTally::succeeded(env::MonotonicTime now, std::uint64_t records, std::uint64_t bytes,
                           std::optional<std::chrono::nanoseconds> latency) {
  const std::lock_guard lock(mutex_);
  records_ += records;
  bytes_ += bytes;
  last_ = std::max(last_, now);
  if (latency) latencies_.record(*latency);
}

void BenchTally::failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  failed_++;
  if (!error_) error_ = error;
  has_failed_.store(true, std::memory_order_relaxed);
}

void BenchTally::end(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
  has_failed_.store(true, std::memory_order_relaxed);
}

BenchTally::Snapshot BenchTally::snapshot() const {
  const std::lock_guard lock(mutex_);
  return {records_, bytes_, failed_, last_, latencies_, error_};
}

}  // namespace ropewalk::cli
