// When somebody last had to do without something that connections share. Any thread.
#pragma once

#include <atomic>
#include <optional>

#include "common/env/time.h"

namespace ropewalk::rpc {

class Shortage {
 public:
  void felt(env::MonotonicTime now) {
    last_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  bool felt_since(env::MonotonicTime time) const {
    return last_.load(std::memory_order_relaxed) >= time.time_since_epoch().count();
  }

 private:
  std::atomic<env::MonotonicTime::rep> last_{env::MonotonicTime::min().time_since_epoch().count()};
};

}  // namespace ropewalk::rpc
