#include "common/settings/host_port.h"

#include <charconv>

namespace ropewalk::settings {

std::string HostPort::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<HostPort> HostPort::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return fail(Errc::invalid_setting, "'{}' is not HOST:PORT", text);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail(Errc::invalid_setting, "'{}': an IPv6 address stands in brackets: [::1]:9192",
                text);
  }
  if (host.empty() || host.find_first_of(" \t/,@") != std::string_view::npos)
    return fail(Errc::invalid_setting, "'{}' is not HOST:PORT", text);
  HostPort parsed;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return fail(Errc::invalid_setting, "'{}': a port is a number from 0 to 65535", text);
  parsed.host = host;
  return parsed;
}

bool HostPort::is_loopback() const {
  // A name such as 127.evil.example must not pass as an address.
  const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
  return (numeric && host.starts_with("127.")) || host == "::1" || host == "localhost";
}

}  // namespace ropewalk::settings
