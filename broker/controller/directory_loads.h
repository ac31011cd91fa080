// Which of a broker's directories a replica gets that joins one by one: the emptiest.
#pragma once

#include <cstddef>
#include <map>

#include "broker/metadata/image.h"

namespace ropewalk::controller {

// How many replicas each directory holds.
using DirectoryLoads = std::map<DirectoryId, std::size_t>;

// Looks at all partitions: once for a batch of choices.
DirectoryLoads count_directories(const metadata::Image& image);

// That of the broker with the fewest replicas, which has one more then. Pre: it is registered.
DirectoryId take_directory(const metadata::Image& image, BrokerId broker, DirectoryLoads& loads);

}  // namespace ropewalk::controller
