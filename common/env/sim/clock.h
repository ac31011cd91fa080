// What one node's clocks make of true time: they drift, jump and may be held.
#pragma once

#include "common/env/sim/world.h"
#include "common/env/time.h"

namespace ropewalk::sim {

class NodeClock {
 public:
  // Machines were booted at different times: `boot` is what the monotonic clock says at true zero.
  explicit NodeClock(Duration boot) : local_(boot) {}

  env::MonotonicTime monotonic(Duration now) const {
    return env::MonotonicTime(local_ + scaled(now - since_));
  }
  env::BootTime boot(Duration now) const {
    return env::BootTime(monotonic(now).time_since_epoch() + held_);
  }
  env::WallTime wall(Duration now) const;

  // The true time at which the monotonic clock reaches `when`, at today's rate.
  Duration true_time_of(env::MonotonicTime when, Duration now) const;

  // 1.0 is right; 1.001 gains a millisecond a second.
  void set_rate(double rate, Duration now);
  // The monotonic clock stood still for that long, the boot clock did not.
  void hold(Duration how_long) {
    local_ -= how_long;
    held_ += how_long;
  }
  void jump_wall(Duration by) { wall_offset_ += by; }

 private:
  Duration scaled(Duration span) const;

  Duration since_{};
  Duration local_;
  Duration held_{};
  Duration wall_offset_{};
  double rate_ = 1.0;
};

}  // namespace ropewalk::sim
