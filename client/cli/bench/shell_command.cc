#include "client/cli/bench/shell_command.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ropewalk::cli {

std::string with_placeholder(std::string command, std::string_view name, std::string_view value) {
  const std::string placeholder = fmt::format("{{{}}}", name);
  for (std::size_t at = command.find(placeholder); at != std::string::npos;
       at = command.find(placeholder, at + value.size()))
    command.replace(at, placeholder.size(), value);
  return command;
}

Result<void> run_in_shell(const std::string& command) {
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string words = command;
  const std::array<char*, 4> arguments = {shell.data(), flag.data(), words.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Our stdout is the report's.
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // What we block or ignore is no business of the command's.
  sigset_t none;
  sigemptyset(&none);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &pipe);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = -1;
  const int error =
      posix_spawn(&child, shell.c_str(), &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    return fail(Errc::io_error, "running '{}': {}", command,
                std::generic_category().message(error));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Errc::io_error, "'{}' ended with {} {}", command,
              WIFEXITED(status) ? "status" : "signal",
              WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

}  // namespace ropewalk::cli
