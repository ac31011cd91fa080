#include "tests/integration/produce_run.h"

#include <cstdio>
#include <utility>

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kUnacknowledgedMax = 3000;
constexpr std::int64_t kLinesAtOnce = 50;
constexpr std::int64_t kKeys = 23;

}  // namespace

Result<std::unique_ptr<ProduceRun>> ProduceRun::start(Options options) {
  ProcessOptions process;
  process.command = {program("ropewalk"), "--brokers", options.brokers, "produce",
                     options.topic,       "--acks",    options.acks,    "--print-offsets"};
  if (options.keys) process.command.insert(process.command.end(), {"--key-separator", ","});
  process.stderr_file = options.stderr_file;
  process.with_input = true;
  TRY(auto started, Process::start(process));
  return std::unique_ptr<ProduceRun>(new ProduceRun(std::move(options), std::move(started)));
}

ProduceRun::ProduceRun(Options options, Process process)
    : options_(std::move(options)),
      process_(std::move(process)),
      feeder_([this] { feed(); }),
      listener_([this] { listen(); }) {}

ProduceRun::~ProduceRun() {
  if (!feeder_.joinable()) return;
  process_.signal(SIGKILL);
  finish();
}

bool ProduceRun::wait_for_acks(std::size_t count, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const std::size_t wanted = printed_.size() + count;
  changed_.wait_for(lock, patience, [&] { return printed_.size() >= wanted || ended_; });
  return printed_.size() >= wanted;
}

int ProduceRun::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
  }
  feeder_.join();
  process_.end_input();
  listener_.join();
  return process_.wait();
}

std::string ProduceRun::key_of(std::int64_t line) { return fmt::format("k{}", line % kKeys); }

std::string ProduceRun::value_of(std::int64_t line) const {
  return fmt::format("{}:{}", options_.number, line);
}

void ProduceRun::feed() {
  for (;;) {
    std::string text;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] {
        const auto fed = static_cast<std::size_t>(lines_);
        return finishing_ || ended_ || fed < printed_.size() + kUnacknowledgedMax;
      });
      if (finishing_ || ended_) return;
      for (std::int64_t i = 0; i < kLinesAtOnce; i++) {
        lines_++;
        if (options_.keys) text += key_of(lines_) + ',';
        text += value_of(lines_) + '\n';
      }
    }
    if (!process_.write(text)) return;  // It ended: its status tells.
  }
}

void ProduceRun::listen() {
  for (;;) {
    auto line = process_.read_line(1h);
    const std::lock_guard lock(mutex_);
    if (!line || !take(*line)) {
      ended_ = true;
      changed_.notify_all();
      return;
    }
    changed_.notify_all();
  }
}

bool ProduceRun::take(const std::string& line) {
  PrintedOffset printed;
  long long number = 0;
  long long offset = 0;
  int end = 0;
  if (std::sscanf(line.c_str(), "%lld %d %lld%n", &number, &printed.partition, &offset, &end) !=
          3 ||
      static_cast<std::size_t>(end) != line.size()) {
    fault_ = line;
    return false;
  }
  printed.line = number;
  printed.offset = offset;
  printed_.push_back(printed);
  return true;
}

}  // namespace ropewalk::support
