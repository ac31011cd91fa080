// One GET over a connection of its own, blocking.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/error.h"

namespace ropewalk::support {

struct HttpGot {
  int status = 0;
  std::string body;
};

// From 127.0.0.1. Errors: closed, request_timed_out, invalid_request (no HTTP).
Result<HttpGot> http_get(std::uint16_t port, const std::string& path,
                         std::chrono::milliseconds patience);

}  // namespace ropewalk::support
