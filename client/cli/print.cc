#include <cerrno>
#include <system_error>

#include <unistd.h>

#include "client/cli/commands.h"

namespace ropewalk::cli {

Result<bool> print_if_read(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EPIPE) return false;
    if (written < 0)
      return fail(Errc::io_error, "writing to stdout: {}", std::generic_category().message(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<void> print(std::string_view text) {
  TRY_VOID(print_if_read(text));
  return {};
}

}  // namespace ropewalk::cli
