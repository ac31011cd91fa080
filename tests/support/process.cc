#include "tests/support/process.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ropewalk::support {

Result<Process> Process::start(const ProcessOptions& options) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return fail(Errc::io_error, "making a pipe");
  // A socket and no pipe: writing to one whose reader is gone is an error, not a signal.
  int input_ends[2] = {-1, -1};
  if (options.with_input && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input_ends) != 0) {
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return fail(Errc::io_error, "making a socket pair");
  }
  std::vector<char*> arguments;
  for (const auto& word : options.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // Prepared before the fork: between fork and exec only simple calls are safe.
  std::vector<std::string> environment = options.environment;
  for (char** entry = environ; *entry != nullptr; entry++) environment.emplace_back(*entry);
  std::vector<char*> variables;
  for (auto& entry : environment) variables.push_back(entry.data());
  variables.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return fail(Errc::io_error, "fork: {}", std::strerror(errno));
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(pipe_ends[1], STDOUT_FILENO);
    if (options.with_input) dup2(input_ends[1], STDIN_FILENO);
    if (!options.stderr_file.empty()) {
      const int errors =
          open(options.stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
      if (errors >= 0) dup2(errors, STDERR_FILENO);
    }
    if (options.descriptors_max != 0) {
      const rlimit limit{options.descriptors_max, options.descriptors_max};
      if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(127);
    }
    execve(arguments[0], arguments.data(), variables.data());
    _exit(127);
  }
  close(pipe_ends[1]);
  if (options.with_input) close(input_ends[1]);
  return Process(pid, pipe_ends[0], input_ends[0]);
}

Process::~Process() {
  kill_hard();
  if (out_ >= 0) close(out_);
  end_input();
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      out_(std::exchange(other.out_, -1)),
      in_(std::exchange(other.in_, -1)),
      pending_(std::move(other.pending_)) {}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(out_, other.out_);
  std::swap(in_, other.in_);
  std::swap(pending_, other.pending_);
  return *this;
}

Result<std::string> Process::read_line(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (const auto end = pending_.find('\n'); end != std::string::npos) {
      std::string line = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail(Errc::request_timed_out, "no line");
    pollfd waiting{out_, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
    char buffer[4096];
    const ssize_t got = read(out_, buffer, sizeof buffer);
    if (got == 0) return fail(Errc::closed, "the program ended its output");
    if (got > 0) pending_.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<void> Process::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(in_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return fail(Errc::closed, "writing to its input: {}", std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

void Process::end_input() {
  if (in_ >= 0) close(std::exchange(in_, -1));
}

void Process::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

int Process::wait() {
  int status = 0;
  if (pid_ > 0)
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  return status;
}

void Process::kill_hard() {
  if (pid_ <= 0) return;
  signal(SIGKILL);
  wait();
}

double Process::cpu_seconds() const { return support::cpu_seconds(pid_); }

double cpu_seconds(pid_t pid) {
  double nanoseconds = 0;
  std::error_code error;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream file(task.path() / "schedstat");
    double on_cpu = 0;
    if (file >> on_cpu) nanoseconds += on_cpu;
  }
  return nanoseconds / 1e9;
}

std::size_t resident_bytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word) {
    std::size_t kilobytes = 0;
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes << 10;
  }
  return 0;
}

std::string program(const std::string& name) {
  const char* folder = std::getenv("RW_BIN_DIR");
  ENSURE(folder != nullptr, "RW_BIN_DIR must name the folder of the programs; ctest sets it");
  return std::string(folder) + "/" + name;
}

}  // namespace ropewalk::support
