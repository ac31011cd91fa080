#include "tests/support/loopback.h"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ropewalk::support {

Result<int> connect_loopback(std::uint16_t port, std::chrono::milliseconds patience,
                             int receive_buffer) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (receive_buffer != 0)
    setsockopt(made, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  timeval time{};
  time.tv_sec = patience.count() / 1000;
  time.tv_usec = (patience.count() % 1000) * 1000;
  setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(made, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return made;
  auto failed = broken("connecting");
  ::close(made);
  return failed;
}

std::unexpected<Error> broken(const char* doing) {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT)
    return fail(Errc::request_timed_out, "{}", doing);
  return fail(Errc::closed, "{}: {}", doing, std::strerror(errno));
}

}  // namespace ropewalk::support
