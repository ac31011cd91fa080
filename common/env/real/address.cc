#include "common/env/real/address.h"

#include <cstring>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

namespace ropewalk::env::real {
namespace {

// Host null-terminated, port as text: what getaddrinfo wants.
std::vector<Address> look_up(const Endpoint& endpoint, int flags, int& error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  error = getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
  std::vector<Address> addresses;
  if (error != 0) return addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    Address address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(found);
  return addresses;
}

template <class Get>
Endpoint endpoint_of(int socket, Get get) {
  Address address;
  address.length = sizeof address.storage;
  if (get(socket, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0) return {};
  return address.endpoint();
}

}  // namespace

Endpoint Address::endpoint() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return {text, ntohs(in.sin_port)};
  }
  if (family() == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof in);
    // Who comes by IPv4 to a socket of both has a name of IPv4.
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr))
      inet_ntop(AF_INET, in.sin6_addr.s6_addr + 12, text, sizeof text);
    else
      inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    return {text, ntohs(in.sin6_port)};
  }
  return {};
}

std::vector<Address> numeric_address(const Endpoint& endpoint) {
  int error = 0;
  return look_up(endpoint, AI_NUMERICHOST, error);
}

Result<std::vector<Address>> resolve_blocking(const Endpoint& endpoint) {
  int error = 0;
  auto addresses = look_up(endpoint, 0, error);
  if (error != 0 || addresses.empty())
    return fail(Errc::not_found, "resolving {}: {}", endpoint.host, gai_strerror(error));
  return addresses;
}

Endpoint local_endpoint(int socket) { return endpoint_of(socket, getsockname); }
Endpoint remote_endpoint(int socket) { return endpoint_of(socket, getpeername); }

}  // namespace ropewalk::env::real
