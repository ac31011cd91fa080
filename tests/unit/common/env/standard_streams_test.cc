#include "common/env/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ropewalk::env {
namespace {

// Which number the next file gets, in a process that was started with `closed` closed.
int next_descriptor_without(int closed) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(closed);
    fill_standard_streams();
    ::_exit(::open("/dev/null", O_RDONLY));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(StandardStreams, NoFileTakesTheNumberOfAClosedOne) {
  for (const int closed : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    EXPECT_GT(next_descriptor_without(closed), STDERR_FILENO) << closed;
}

}  // namespace
}  // namespace ropewalk::env
