// Messages for the operator: lines on stderr, as text or as JSON.
//
// A light front: the library behind it is seen by log.cc only. Any thread. Nothing here reads a
// clock: the environment hands one over (set_log_clock), so that lines of a simulated run carry its
// virtual time; without one they carry none.
//
//   log_warn("accept on {}: {}", endpoint, error);
//
// Whatever a peer can cause again and again goes through a LogLimit, so that bad input is logged
// once and cannot fill a disk.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ropewalk {

enum class LogLevel { debug, info, warn, error, off };
enum class LogFormat { text, json };

using LogClock = std::function<std::chrono::sys_time<std::chrono::milliseconds>()>;

// Before this is called: text, from info up, no time.
void configure_log(LogFormat format, LogLevel level);
// Replaces the clock. An empty one takes it away: its owner calls that before it ends.
void set_log_clock(LogClock clock);
// Takes lines (without the line break) instead of stderr; an empty one gives stderr back. For tests
// and for tools that own the terminal.
void set_log_sink(std::function<void(std::string_view line)> sink);

namespace detail {
extern std::atomic<int> log_threshold;
void write_log(LogLevel level, std::string_view message);
}  // namespace detail

// Cheap: lets a caller skip work that only a message needs.
inline bool log_enabled(LogLevel level) {
  return static_cast<int>(level) >= detail::log_threshold.load(std::memory_order_relaxed);
}

template <class... Args>
void log_at(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level))
    detail::write_log(level, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::debug, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::info, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::warn, format, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::error, format, std::forward<Args>(args)...);
}

// Keeps one kind of message from flooding the log: the first goes out at once, later ones only
// when `interval` has passed since the last that did, and that one says how many were left out.
// Any thread; one object a kind of message (usually a member of whoever owns the connections).
class LogLimit {
 public:
  using Time = std::chrono::nanoseconds;  // Of the caller's monotonic clock, since its epoch.
  explicit LogLimit(Time interval = std::chrono::seconds(10)) : interval_(interval.count()) {}

  // log_limit.warn(env.now().time_since_epoch(), "frame from {}: {}", peer, error);
  template <class... Args>
  void warn(Time now, fmt::format_string<Args...> format, Args&&... args) {
    std::uint64_t left_out = 0;
    if (!log_enabled(LogLevel::warn) || !admit(now, left_out)) return;
    std::string message = fmt::format(format, std::forward<Args>(args)...);
    if (left_out > 0) message += fmt::format(" ({} more like this since the last one)", left_out);
    detail::write_log(LogLevel::warn, message);
  }

  // Whether a message may go out at `now`; then `left_out` counts those refused since the last.
  bool admit(Time now, std::uint64_t& left_out);

 private:
  const std::int64_t interval_;
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace ropewalk
