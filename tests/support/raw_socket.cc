#include "tests/support/raw_socket.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "ropewalk/v1/negotiate.pb.h"
#include "tests/support/loopback.h"

namespace ropewalk::support {
namespace {

constexpr std::chrono::seconds kPatience{120};  // Machines were seen to stand still for a minute.
constexpr std::size_t kReplyBytesMax = 256u << 20;

}  // namespace
Result<RawSocket> RawSocket::connect(std::uint16_t port, Options options) {
  TRY(const int socket, connect_loopback(port, kPatience, options.receive_buffer));
  RawSocket made(socket);
  if (options.negotiate) {
    TRY_VOID(made.send(raw_negotiate()));
    TRY_VOID(made.receive());
  }
  return made;
}

RawSocket::~RawSocket() { close(); }

RawSocket::RawSocket(RawSocket&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

RawSocket& RawSocket::operator=(RawSocket&& other) noexcept {
  std::swap(socket_, other.socket_);
  return *this;
}

void RawSocket::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

Result<void> RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno != EINTR)
      return broken("sending");
  }
  return {};
}

std::size_t RawSocket::send_some(std::string_view bytes) {
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

Result<std::string> RawSocket::receive_exactly(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t have = 0; have < size;) {
    const ssize_t got = ::recv(socket_, bytes.data() + have, size - have, 0);
    if (got == 0) return fail(Errc::closed, "the broker closed the connection");
    if (got > 0)
      have += static_cast<std::size_t>(got);
    else if (errno != EINTR)
      return broken("receiving");
  }
  return bytes;
}

Result<SharedBytes> RawSocket::receive_frame() {
  TRY(const std::string length, receive_exactly(wire::kLengthBytes));
  TRY(const std::size_t size, wire::decode_length(as_bytes(length), kReplyBytesMax));
  TRY(std::string frame, receive_exactly(size));
  return SharedBytes(std::move(frame));
}

Result<wire::ResponseFrame> RawSocket::receive() {
  TRY(const SharedBytes frame, receive_frame());
  return wire::decode_response(frame);
}

bool RawSocket::closes() {
  char dropped[16 << 10];
  for (;;) {
    const ssize_t got = ::recv(socket_, dropped, sizeof dropped, 0);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

bool RawSocket::is_closed() {
  char dropped[16 << 10];
  for (;;) {
    const ssize_t got = ::recv(socket_, dropped, sizeof dropped, MSG_DONTWAIT);
    if (got == 0) return true;
    if (got < 0 && errno != EINTR) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

std::string raw_frame(std::int32_t api, std::int64_t correlation_id,
                      const google::protobuf::MessageLite& body, std::int32_t version) {
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_api_version(version);
  header.set_correlation_id(correlation_id);
  return std::string(wire::encode_frame(header, body).text());
}

std::string raw_negotiate() {
  v1::NegotiateRequest request;
  request.set_software_name("ropewalk-test");
  return raw_frame(v1::API_NEGOTIATE, 1, request);
}

std::string raw_length(std::uint32_t length) {
  std::string bytes(wire::kLengthBytes, '\0');
  store_be(reinterpret_cast<std::byte*>(bytes.data()), length);
  return bytes;
}

}  // namespace ropewalk::support
