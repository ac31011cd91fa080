// The largest single allocation of the program, for tests of what a peer's numbers can make us
// take.
#pragma once

#include <cstddef>

namespace ropewalk::kafka {

// Counts from zero again. One thread only, like the reading.
void forget_allocations();
// Bytes of the largest allocation by `operator new` (under a sanitizer: of any kind) since then.
std::size_t largest_allocation();

}  // namespace ropewalk::kafka
