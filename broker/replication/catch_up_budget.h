// How fast the replicas of this broker that are not in sync may copy what they lack, all of them
// together. Those in sync are never held back: producers wait for them.
//
// One a broker, owned by the ReplicaManager. Any thread. A follower takes an answer as it comes,
// pays for it, and asks for more once that is paid; so partitions that catch up at the same time
// share the rate, and what they have on the way beyond it is one answer each.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "common/env/time.h"

namespace ropewalk::replication {

class CatchUpBudget {
 public:
  // 0: no limit.
  explicit CatchUpBudget(std::int64_t bytes_per_second) : rate_(bytes_per_second) {}

  // From now on. What was to be paid under the rate before is forgiven.
  void limit(std::int64_t bytes_per_second) {
    rate_.store(bytes_per_second, std::memory_order_relaxed);
    paid_at_.store(0, std::memory_order_relaxed);
  }

  // So many bytes have come. When more may be asked for: now, or later.
  env::MonotonicTime pay(std::size_t bytes, env::MonotonicTime now) {
    paid_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    const std::int64_t rate = rate_.load(std::memory_order_relaxed);
    if (rate == 0) return now;
    const std::int64_t at = now.time_since_epoch().count();
    const auto cost = static_cast<std::int64_t>(
        std::min(1e9 * static_cast<double>(bytes) / static_cast<double>(rate),
                 static_cast<double>(kDebtMax)));
    std::int64_t before = paid_at_.load(std::memory_order_relaxed);
    std::int64_t after = 0;
    do {
      after = std::min(std::max(before, at) + cost, at + kDebtMax);
    } while (!paid_at_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    if (rate_.load(std::memory_order_relaxed) != rate) {  // What was forgiven is not owed again.
      paid_at_.store(0, std::memory_order_relaxed);
      return now;
    }
    return env::MonotonicTime(env::Duration(after));
  }

  std::uint64_t paid_bytes() const { return paid_bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kDebtMax = 24LL * 3600 * 1'000'000'000;  // Nanoseconds.

  std::atomic<std::int64_t> rate_;
  std::atomic<std::int64_t> paid_at_{0};  // All that came is paid then, in ns of the clock.
  std::atomic<std::uint64_t> paid_bytes_{0};
};

}  // namespace ropewalk::replication
