#include "tests/support/http_get.h"

#include <array>
#include <charconv>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/loopback.h"

namespace ropewalk::support {
namespace {

// Until the server closes, as it was asked to.
Result<std::string> ask_until_closed(int socket, std::string_view request) {
  while (!request.empty()) {
    const ssize_t sent = ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent < 0) return broken("sending");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string received;
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count < 0) return broken("receiving");
    if (count == 0) return received;
    received.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace

Result<HttpGot> http_get(std::uint16_t port, const std::string& path,
                         std::chrono::milliseconds patience) {
  TRY(const int socket, connect_loopback(port, patience));
  const auto received = ask_until_closed(
      socket, fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
                          path, port));
  ::close(socket);
  if (!received) return fail(received.error());
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const std::size_t end = received->find("\r\n\r\n");
  if (!received->starts_with(kVersion) || end == std::string::npos)
    return fail(Errc::invalid_request, "no HTTP: {}", received->substr(0, 100));
  HttpGot got;
  const char* const status = received->data() + kVersion.size();
  std::from_chars(status, status + 3, got.status);
  got.body = received->substr(end + 4);
  return got;
}

}  // namespace ropewalk::support
