// How long partitions went without an acknowledgement, looked at in windows. Any thread.
#pragma once

#include <mutex>
#include <vector>

#include "common/env/time.h"

namespace ropewalk::cli {

class AckGaps {
 public:
  AckGaps(std::size_t partitions, env::MonotonicTime start) : seen_(partitions, {start, {}}) {}

  // Pre: partition < partitions.
  void acknowledged(std::size_t partition, env::MonotonicTime when);

  // Forgets gaps that have ended. Those under way count from where they began.
  void begin_window();
  // The longest gap of any partition that ended in the window or is under way.
  env::Duration longest(env::MonotonicTime now) const;

 private:
  struct Seen {
    env::MonotonicTime last;
    env::Duration longest;
  };

  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
};

}  // namespace ropewalk::cli
