// The descriptors 0, 1 and 2 of this process. For the programs' main(), before anything is opened.
#pragma once

namespace ropewalk::env {

// Gives /dev/null, for reading only, to those of the three that the caller closed (`2>&-`).
// Otherwise the next file or socket takes the number, and messages end up inside it. Writing to
// such a stream still fails.
void fill_standard_streams();

}  // namespace ropewalk::env
