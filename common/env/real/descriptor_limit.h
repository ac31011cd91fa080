// How many files and sockets this process may have open. For the programs' main().
#pragma once

#include <cstddef>

namespace ropewalk::env {

// Raises the limit to `wanted`, or as near as the system lets this process. Returns what holds
// then; one that is higher already stays.
std::size_t raise_descriptor_limit(std::size_t wanted);

}  // namespace ropewalk::env
