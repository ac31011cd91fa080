// Times, as values. Reading a clock is the environment's business (environment.h): these clock
// types have no now().
#pragma once

#include <chrono>
#include <cstdint>

namespace ropewalk::env {

using Duration = std::chrono::nanoseconds;

// Never goes back, stands still while the machine is suspended. For time-outs.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = MonotonicClock::time_point;

// Never goes back and goes on while the machine is suspended. For leases.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

// What people call the time; jumps. For timestamps that are stored.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

inline constexpr MonotonicTime kNever = MonotonicTime::max();

}  // namespace ropewalk::env
