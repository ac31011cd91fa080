// "HOST:PORT" as settings and command lines have it. Names are not resolved here.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::settings {

struct HostPort {
  std::string host;  // IPv6 without brackets.
  std::uint16_t port = 0;
  auto operator<=>(const HostPort&) const = default;

  std::string to_string() const;  // "host:port", "[::1]:port".
  // Errors: invalid_setting with what is wrong.
  static Result<HostPort> parse(std::string_view text);
  // Whether only this machine reaches it: 127/8, ::1, localhost.
  bool is_loopback() const;
};

}  // namespace ropewalk::settings
