#include "common/log.h"

#include <memory>
#include <mutex>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace ropewalk {
namespace {

// Bytes that a terminal or a line-based reader would take for something else are escaped: messages
// quote what peers sent. In text only control characters are.
std::string escaped_for_log(std::string_view text, bool json) {
  std::string out;
  out.reserve(text.size() + 2);
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (json && (c == '"' || c == '\\')) {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else if (c == '\n') {
      out += json ? "\\n" : "\n  ";
    } else {
      out += json ? fmt::format("\\u{:04x}", byte) : fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

std::string iso_time(std::chrono::sys_time<std::chrono::milliseconds> when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(when - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

constexpr std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    default:
      return "error";
  }
}

// Hands finished lines to a function.
class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> take) : take_(std::move(take)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    take_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  std::function<void(std::string_view)> take_;
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("ropewalk", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

// Never destroyed: threads may still log while statics end.
struct LogState {
  std::mutex mutex;  // Guards what follows; held while a line goes out, so lines never mix.
  LogFormat format = LogFormat::text;
  LogClock clock;
  std::shared_ptr<spdlog::logger> logger =
      make_logger(std::make_shared<spdlog::sinks::stderr_sink_st>());
};
LogState& log_state() {
  static auto* state = new LogState;
  return *state;
}

}  // namespace

namespace detail {

std::atomic<int> log_threshold{static_cast<int>(LogLevel::info)};

void write_log(LogLevel level, std::string_view message) {
  LogState& state = log_state();
  std::lock_guard lock(state.mutex);
  const std::string when = state.clock ? iso_time(state.clock()) : "";
  std::string line;
  if (state.format == LogFormat::json) {
    const std::string time = when.empty() ? "" : fmt::format("\"time\":\"{}\",", when);
    line = fmt::format("{{{}\"level\":\"{}\",\"message\":\"{}\"}}", time, log_level_name(level),
                       escaped_for_log(message, true));
  } else {
    line = fmt::format("{}{}{:<5} {}", when, when.empty() ? "" : " ", log_level_name(level),
                       escaped_for_log(message, false));
  }
  state.logger->log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace detail

void configure_log(LogFormat format, LogLevel level) {
  LogState& state = log_state();
  std::lock_guard lock(state.mutex);
  state.format = format;
  detail::log_threshold.store(static_cast<int>(level), std::memory_order_relaxed);
}

void set_log_clock(LogClock clock) {
  LogState& state = log_state();
  std::lock_guard lock(state.mutex);
  state.clock = std::move(clock);
}

void set_log_sink(std::function<void(std::string_view line)> sink) {
  LogState& state = log_state();
  std::lock_guard lock(state.mutex);
  if (sink) {
    state.logger = make_logger(std::make_shared<FunctionSink>(std::move(sink)));
  } else {
    state.logger = make_logger(std::make_shared<spdlog::sinks::stderr_sink_st>());
  }
}

bool LogLimit::admit(Time now, std::uint64_t& left_out) {
  // 0 is "never yet": a clock that begins at 0 gets its first message through as well.
  std::int64_t next = next_.load(std::memory_order_relaxed);
  const bool due = next == 0 || now.count() >= next;
  if (!due ||
      !next_.compare_exchange_strong(next, std::max<std::int64_t>(now.count() + interval_, 1))) {
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  left_out = left_out_.exchange(0, std::memory_order_relaxed);
  return true;
}

}  // namespace ropewalk
