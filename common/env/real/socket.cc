#include "common/env/real/socket.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include <boost/asio/redirect_error.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/env/real/await.h"

namespace ropewalk::env::real {
namespace {

constexpr std::size_t kCongestionNameBytes = 16;  // TCP_CA_NAME_MAX of Linux.

void set_int(int socket, int level, int name, int value) {
  static_cast<void>(setsockopt(socket, level, name, &value, sizeof value));
}

void set_congestion_control(int socket, const std::string& name) {
  static_cast<void>(setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(),
                               static_cast<socklen_t>(name.size())));
}

int clamp_to_int(std::size_t bytes) {
  return static_cast<int>(std::min<std::size_t>(bytes, std::numeric_limits<int>::max()));
}

}  // namespace

Result<std::unique_ptr<Socket>> Socket::adopt(Core& core, int descriptor) {
  std::unique_ptr<Socket> socket(new Socket(core));
  boost::system::error_code error;
  static_cast<void>(socket->descriptor_.assign(descriptor, error));
  if (error) {
    ::close(descriptor);
    return fail(Errc::io_error, "watching a socket: {}", error.message());
  }
  // It already is; this only tells Asio, which would otherwise ask.
  static_cast<void>(socket->descriptor_.native_non_blocking(true, error));
  return socket;
}

void Socket::close() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  static_cast<void>(descriptor_.close(ignored));
}

Task<Result<void>> Socket::wait(Direction direction) {
  const bool cancelled = co_await already_cancelled();
  if (cancelled) co_return fail(Errc::cancelled, "waiting for a connection");
  if (closed_) co_return fail(Errc::closed, "the connection is closed");
  boost::system::error_code error;
  const auto kind = direction == Direction::read ? boost::asio::posix::descriptor_base::wait_read
                                                 : boost::asio::posix::descriptor_base::wait_write;
  co_await descriptor_.async_wait(kind, boost::asio::redirect_error(kAwait, error));
  // `error` first: when it is set, the object may be closed.
  if (!error) co_return Result<void>();
  if (closed_) co_return fail(Errc::closed, "the connection is closed");
  if (error == boost::asio::error::operation_aborted)
    co_return fail(Errc::cancelled, "waiting for a connection");
  co_return fail(Errc::io_error, "waiting for a connection: {}", error.message());
}

Task<Result<void>> Socket::wait_until(Direction direction, MonotonicTime deadline) {
  if (deadline == kNever) co_return co_await wait(direction);
  bool timed_out = false;
  Job expire = [this, &timed_out] {
    timed_out = true;
    boost::system::error_code ignored;
    static_cast<void>(descriptor_.cancel(ignored));
  };
  const TimerId timer = core_.call_at(deadline, std::move(expire));
  auto waited = co_await wait(direction);
  core_.cancel(timer);
  if (!waited && timed_out && waited.error().code == Errc::cancelled)
    co_return fail(Errc::request_timed_out, "nobody answered");
  co_return waited;
}

void apply_options(int socket, const ConnectionOptions& options) {
  set_int(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.send_buffer_bytes != 0)
    set_int(socket, SOL_SOCKET, SO_SNDBUF, clamp_to_int(options.send_buffer_bytes));
  if (options.receive_buffer_bytes != 0)
    set_int(socket, SOL_SOCKET, SO_RCVBUF, clamp_to_int(options.receive_buffer_bytes));
}

std::string begin_unpaced(int socket, const ConnectionOptions& options) {
  std::array<char, kCongestionNameBytes> name{};
  socklen_t length = name.size();
  if (getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(), &length) != 0) return {};
  // Every process may choose reno.
  set_congestion_control(socket,
                         options.congestion_control.empty() ? "reno" : options.congestion_control);
  return std::string(name.data(), strnlen(name.data(), name.size()));
}

// Nothing is congested within a machine, but bbr estimates a rate and sends by timers: up to five
// times the CPU of a fetch.
void settle_congestion_control(int socket, const ConnectionOptions& options,
                               const std::string& of_system, const Endpoint& local,
                               const Endpoint& remote) {
  const bool within_machine = is_loopback(remote.host) || local.host == remote.host;
  if (options.congestion_control.empty() && !within_machine && !of_system.empty())
    set_congestion_control(socket, of_system);
}

}  // namespace ropewalk::env::real
