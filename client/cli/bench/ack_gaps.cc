#include "client/cli/bench/ack_gaps.h"

#include <algorithm>

namespace ropewalk::cli {

void AckGaps::acknowledged(std::size_t partition, env::MonotonicTime when) {
  const std::lock_guard lock(mutex_);
  Seen& seen = seen_[partition];
  seen.longest = std::max(seen.longest, when - seen.last);
  seen.last = std::max(seen.last, when);
}

void AckGaps::begin_window() {
  const std::lock_guard lock(mutex_);
  for (Seen& seen : seen_) seen.longest = env::Duration(0);
}

env::Duration AckGaps::longest(env::MonotonicTime now) const {
  const std::lock_guard lock(mutex_);
  env::Duration longest{0};
  for (const Seen& seen : seen_) longest = std::max({longest, seen.longest, now - seen.last});
  return longest;
}

}  // namespace ropewalk::cli
