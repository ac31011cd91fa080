#include "client/cli/bench/live_line.h"

#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace ropewalk::cli {
namespace {

constexpr const char* kEraseLine = "\r\x1b[K";

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets any.
  return value != nullptr && *value != '\0';
}

}  // namespace

bool may_have_colours(int descriptor) {
  const char* terminal = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody sets any.
  const bool knows = terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
  return ::isatty(descriptor) == 1 && knows && !is_set("NO_COLOR");
}

std::string live_text(const LiveNumbers& numbers, bool colours) {
  std::string rate = fmt::format("{} records/s", numbers.records);
  if (colours) rate = fmt::format("\x1b[{}m{}\x1b[0m", numbers.records == 0 ? 31 : 1, rate);
  std::string text = fmt::format("{} s  {}  {:.1f} MB/s", numbers.seconds, rate,
                                 static_cast<double>(numbers.bytes) / 1e6);
  if (numbers.p99.count() > 0)
    text += fmt::format("  p99 {:.3f} ms",
                        std::chrono::duration<double, std::milli>(numbers.p99).count());
  return text;
}

LiveLine::LiveLine(std::shared_ptr<const BenchTally> tally) : tally_(std::move(tally)) {
  if (::isatty(STDERR_FILENO) == 1) thread_ = std::thread([this] { run(); });
}

LiveLine::~LiveLine() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  fmt::print(stderr, "{}", kEraseLine);
}

void LiveLine::run() {
  const bool colours = may_have_colours(STDERR_FILENO);
  LiveNumbers numbers;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::chrono::seconds(1), [this] { return ending_; })) {
    const BenchTally::Snapshot now = tally_->snapshot();
    numbers = {.seconds = numbers.seconds + 1,
               .records = now.records - records,
               .bytes = now.bytes - bytes,
               .p99 = now.latencies.at(0.99)};
    records = now.records;
    bytes = now.bytes;
    fmt::print(stderr, "{}{}", kEraseLine, live_text(numbers, colours));
  }
}

}  // namespace ropewalk::cli
