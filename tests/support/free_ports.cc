#include "tests/support/free_ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/error.h"

namespace ropewalk::support {

std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> sockets;  // All at once, so that no port comes twice.
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; i++) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const name = reinterpret_cast<sockaddr*>(&address);
    ENSURE(::bind(socket, name, size) == 0, "no port is free");
    ENSURE(::getsockname(socket, name, &size) == 0, "a socket without a name");
    ports.push_back(ntohs(address.sin_port));
    sockets.push_back(socket);
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

}  // namespace ropewalk::support
