#include "common/env/real/tcp_network.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/env/event.h"
#include "common/env/real/errno.h"
#include "common/env/real/tcp_connection.h"

namespace ropewalk::env::real {
namespace {

constexpr int kBacklog = 1024;

MonotonicTime time_now() {
  return MonotonicTime(std::chrono::steady_clock::now().time_since_epoch());
}

Result<int> open_socket(const Address& address) {
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno(errno, "making a socket for", address.endpoint().to_string());
  return fd;
}

// What a non-blocking connect() ended in; 0 is a connection.
int connect_outcome(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

std::unique_ptr<Connection> encrypted_if_wanted(std::unique_ptr<Connection> plain,
                                                const ConnectionOptions& options, End end) {
  return options.tls ? options.tls->wrap(std::move(plain), end) : std::move(plain);
}

}  // namespace

Task<Result<std::unique_ptr<Connection>>> TcpListener::accept(Core& owner) {
  for (;;) {
    if (socket_->closed()) co_return fail(Errc::closed, "the listener is closed");
    const int fd = accept4(socket_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      apply_options(fd, options_);
      auto local = local_endpoint(fd);
      auto remote = remote_endpoint(fd);
      settle_congestion_control(fd, options_, system_congestion_control_, local, remote);
      CO_TRY(auto socket, Socket::adopt(owner, fd));
      auto plain =
          std::make_unique<TcpConnection>(std::move(socket), std::move(local), std::move(remote));
      co_return encrypted_if_wanted(std::move(plain), options_, End::accepting);
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
      co_return fail(Errc::io_error, "accepting at {}: {}", local_.to_string(),
                     std::generic_category().message(errno));
    CO_TRY_VOID(co_await socket_->wait(Socket::Direction::read));
  }
}

Task<Result<std::unique_ptr<Listener>>> TcpNetwork::listen(Endpoint at, ConnectionOptions options) {
  auto resolved = co_await look_up(at, kNever);
  if (!resolved && resolved.error().code == Errc::not_found)
    co_return fail(Errc::invalid_request, "listening at {}: {}", at.to_string(),
                   resolved.error().context);
  if (!resolved) co_return std::unexpected(std::move(resolved).error());
  const Address address = resolved->front();
  CO_TRY(const int fd, open_socket(address));
  const int one = 1;
  static_cast<void>(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
  std::string of_system = begin_unpaced(fd, options);  // Accepted sockets inherit it.
  if (bind(fd, address.raw(), address.length) != 0 || ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    ::close(fd);
    co_return fail_errno(error, "listening at", at.to_string());
  }
  auto local = local_endpoint(fd);
  CO_TRY(auto socket, Socket::adopt(current_core_(), fd));
  co_return std::make_unique<TcpListener>(std::move(socket), std::move(local), std::move(options),
                                          std::move(of_system));
}

Task<Result<std::unique_ptr<Connection>>> TcpNetwork::connect(Endpoint to, MonotonicTime deadline,
                                                              ConnectionOptions options) {
  CO_TRY(const Addresses addresses, co_await look_up(to, deadline));
  Error last;
  for (std::size_t i = 0; i < addresses.size(); i++) {
    // Each address gets its share of the time, so that a silent one leaves some for the others.
    MonotonicTime until = deadline;
    if (deadline != kNever && i + 1 < addresses.size()) {
      const auto left = static_cast<std::int64_t>(addresses.size() - i);
      const auto now = time_now();
      until = now + (deadline - now) / left;
    }
    auto connected = co_await connect_to(addresses[i], until, options);
    if (connected || connected.error().code == Errc::cancelled) co_return connected;
    last = std::move(connected).error();
  }
  co_return std::unexpected(std::move(last));
}

Task<Result<std::vector<std::string>>> TcpNetwork::resolve(std::string host,
                                                           MonotonicTime deadline) {
  CO_TRY(const Addresses found, co_await look_up({std::move(host), 0}, deadline));
  std::vector<std::string> addresses;
  for (const Address& address : found) addresses.push_back(address.endpoint().host);
  co_return addresses;
}

Task<Result<TcpNetwork::Addresses>> TcpNetwork::look_up(Endpoint endpoint, MonotonicTime deadline) {
  auto addresses = numeric_address(endpoint);
  if (!addresses.empty()) co_return addresses;
  // Not ThreadPool::run(): the task must not wait for the resolver longer than it wants to.
  OneShot<Result<Addresses>> answer(current_core_());
  Job ask = [answer, endpoint] { answer.set(resolve_blocking(endpoint)); };
  if (!resolver_.submit(std::move(ask)))
    co_return fail(Errc::closed, "the network has been stopped");
  auto answered = co_await answer.wait_until(deadline);
  if (!answered) co_return within("resolving " + endpoint.host, std::move(answered).error());
  co_return std::move(*answered);
}

Task<Result<std::unique_ptr<Connection>>> TcpNetwork::connect_to(const Address& address,
                                                                 MonotonicTime deadline,
                                                                 const ConnectionOptions& options) {
  const std::string name = address.endpoint().to_string();
  CO_TRY(const int fd, open_socket(address));
  apply_options(fd, options);
  const std::string of_system = begin_unpaced(fd, options);
  int outcome = ::connect(fd, address.raw(), address.length) == 0 ? 0 : errno;
  CO_TRY(auto socket, Socket::adopt(current_core_(), fd));
  if (outcome == EINPROGRESS || outcome == EINTR) {
    auto waited = co_await socket->wait_until(Socket::Direction::write, deadline);
    if (!waited) co_return within("connecting to " + name, std::move(waited).error());
    outcome = connect_outcome(socket->fd());
  }
  if (outcome != 0) {
    auto failed = fail_errno(outcome, "connecting to", name);
    // A reset instead of a refusal says the same: somebody is there and does not want us.
    if (failed.error().code == Errc::closed) failed.error().code = Errc::connection_refused;
    co_return failed;
  }
  auto local = local_endpoint(fd);
  auto remote = address.endpoint();
  settle_congestion_control(fd, options, of_system, local, remote);
  auto plain =
      std::make_unique<TcpConnection>(std::move(socket), std::move(local), std::move(remote));
  co_return encrypted_if_wanted(std::move(plain), options, End::connecting);
}

}  // namespace ropewalk::env::real
