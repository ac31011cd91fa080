// One `ropewalk produce --print-offsets` under way, fed line by line.
//
// Line n of a run is "RUN:n", with a key in front where the run has keys. The next lines go in when
// earlier ones are acknowledged, so that the command is busy for as long as the broker answers.
// What it prints is kept for the judgement afterwards. Two threads of its own feed and listen.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/error.h"
#include "tests/support/process.h"

namespace ropewalk::support {

struct PrintedOffset {
  std::int64_t line = 0;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

class ProduceRun {
 public:
  struct Options {
    std::string brokers;
    std::string topic;
    std::string acks = "all";
    bool keys = false;
    int number = 0;  // The run's.
    std::string stderr_file;
  };

  static Result<std::unique_ptr<ProduceRun>> start(Options options);
  ~ProduceRun();

  // Waits for so many more printed lines, or so long. Returns whether they came.
  bool wait_for_acks(std::size_t count, std::chrono::milliseconds patience);
  // Ends the input and waits for the command. Its wait status.
  int finish();

  const Options& options() const { return options_; }
  // After finish():
  const std::vector<PrintedOffset>& printed() const { return printed_; }
  std::int64_t lines() const { return lines_; }
  // What it printed that is no such line ("" is nothing).
  const std::string& fault() const { return fault_; }

  static std::string key_of(std::int64_t line);
  std::string value_of(std::int64_t line) const;

 private:
  ProduceRun(Options options, Process process);
  void feed();
  void listen();
  bool take(const std::string& line);

  const Options options_;
  Process process_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<PrintedOffset> printed_;
  std::int64_t lines_ = 0;
  std::string fault_;
  bool finishing_ = false;
  bool ended_ = false;  // It closed its output.
  std::thread feeder_;
  std::thread listener_;
};

}  // namespace ropewalk::support
