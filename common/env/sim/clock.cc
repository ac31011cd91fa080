#include "common/env/sim/clock.h"

#include <algorithm>

namespace ropewalk::sim {

namespace {

// Where every simulation begins: 2026-01-01T00:00:00Z.
constexpr std::chrono::seconds kEpoch{1767225600};

}  // namespace

Duration NodeClock::scaled(Duration span) const {
  if (rate_ == 1.0) return span;
  return Duration(static_cast<Duration::rep>(static_cast<double>(span.count()) * rate_));
}

env::WallTime NodeClock::wall(Duration now) const {
  const Duration since_start = scaled(now - since_) + since_ + wall_offset_;
  return env::WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(kEpoch + since_start));
}

Duration NodeClock::true_time_of(env::MonotonicTime when, Duration now) const {
  const Duration left = when.time_since_epoch() - monotonic(now).time_since_epoch();
  if (left <= Duration::zero()) return now;
  if (rate_ == 1.0) return now + left;
  // One more nanosecond, so that rounding never makes a timer early.
  const double span = static_cast<double>(left.count()) / rate_;
  return now + Duration(static_cast<Duration::rep>(span) + 1);
}

void NodeClock::set_rate(double rate, Duration now) {
  local_ = monotonic(now).time_since_epoch();
  wall_offset_ += scaled(now - since_) - (now - since_);
  since_ = now;
  rate_ = rate;
}

}  // namespace ropewalk::sim
