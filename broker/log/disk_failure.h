// What speaks against a whole disk.
#pragma once

#include "common/error.h"

namespace ropewalk::log {

// Whether a write or sync that ended so speaks against the disk and not only against one file: what
// else is on that disk is not to be trusted either. A full disk has not failed.
constexpr bool is_disk_failure(Errc code) {
  return code == Errc::io_error || code == Errc::permission_denied;  // Also: read-only by now.
}

}  // namespace ropewalk::log
