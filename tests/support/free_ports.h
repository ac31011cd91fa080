// Ports of the loopback for who must name them before anybody listens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ropewalk::support {

// That were free just now.
std::vector<std::uint16_t> free_ports(std::size_t count);

}  // namespace ropewalk::support
