#include "common/env/network.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <arpa/inet.h>

namespace ropewalk::env {

std::string Endpoint::to_string() const {
  if (host.find(':') != std::string::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(Errc::invalid_request, "'{}' is no address: {}; expected HOST:PORT or [IPV6]:PORT",
                text, why);
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse("an IPv6 address needs brackets");
  }
  if (host.empty()) return refuse("the host is missing");
  Endpoint endpoint{std::string(host), 0};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty())
    return refuse("the port is not a number from 0 to 65535");
  return endpoint;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // A name such as 127.example.org is not 127/8: digits and dots only.
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string owner_of_address(const std::string& host) {
  constexpr std::size_t kOwnersBytes = 8;
  constexpr std::size_t kMappedBytes = 12;  // In front of the IPv4 address.
  std::array<unsigned char, 16> bytes{};
  const std::string address = host.substr(0, host.find('%'));  // Without the interface.
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return host;
  std::array<char, INET6_ADDRSTRLEN> text{};
  constexpr std::array<unsigned char, kMappedBytes> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin()))
    return inet_ntop(AF_INET, bytes.data() + kMappedBytes, text.data(), text.size());
  std::fill(bytes.begin() + kOwnersBytes, bytes.end(), 0);
  return inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
}

std::size_t size_of(const Chunk& chunk) {
  if (const auto* bytes = std::get_if<SharedBytes>(&chunk)) return bytes->size();
  return std::get<FileRange>(chunk).length;
}

}  // namespace ropewalk::env
