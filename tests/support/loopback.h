// Blocking TCP on the loopback.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>

#include "common/error.h"

namespace ropewalk::support {

// A socket that is connected to 127.0.0.1; `patience` is for each wait, `receive_buffer` its size
// in bytes (0: the system's). The caller closes it. Errors: closed, request_timed_out.
Result<int> connect_loopback(std::uint16_t port, std::chrono::milliseconds patience,
                             int receive_buffer = 0);

// What errno says after a call on such a socket.
std::unexpected<Error> broken(const char* doing);

}  // namespace ropewalk::support
