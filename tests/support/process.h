// A child process: started, listened to, killed. One thread at a time; but another one may write().
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "common/error.h"

namespace ropewalk::support {

struct ProcessOptions {
  std::vector<std::string> command;           // The program's path first.
  std::string stderr_file;                    // Appended to; "" is ours.
  std::vector<std::string> environment = {};  // NAME=VALUE, beside ours.
  bool with_input = false;                    // write() is its stdin; else it has ours.
  std::size_t descriptors_max = 0;            // 0: as many as we may have.
};

class Process {
 public:
  static Result<Process> start(const ProcessOptions& options);
  ~Process();  // Kills it.
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const { return pid_; }
  // The next line of its stdout, without the end. Errors: closed (the output ended),
  // request_timed_out.
  Result<std::string> read_line(std::chrono::milliseconds patience);
  // To its stdin; waits while the pipe is full. Errors: closed (it reads no more).
  Result<void> write(std::string_view text);
  void end_input();
  void signal(int number);
  // The wait status.
  int wait();
  void kill_hard();  // SIGKILL and wait().
  bool running() const { return pid_ > 0; }

  // CPU time of all its threads so far, threads that ended not counted.
  double cpu_seconds() const;

 private:
  Process(pid_t pid, int out, int in) : pid_(pid), out_(out), in_(in) {}

  pid_t pid_ = -1;
  int out_ = -1;
  int in_ = -1;
  std::string pending_;
};

// The same for any process. 0 if there is none.
double cpu_seconds(pid_t pid);
// What it has in memory now (VmRSS). 0 if there is none.
std::size_t resident_bytes(pid_t pid);

// The folder of the built programs: RW_BIN_DIR.
std::string program(const std::string& name);

}  // namespace ropewalk::support
