#include "common/env/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace ropewalk::env {

void fill_standard_streams() {
  // open() takes the lowest number that is free.
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDONLY);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened >= 0) ::close(opened);
}

}  // namespace ropewalk::env
