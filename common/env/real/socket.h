// A non-blocking socket that belongs to one core: owns the descriptor, waits on that core.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/posix/descriptor_base.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "common/env/core.h"
#include "common/env/network.h"
#include "common/error.h"

namespace ropewalk::env::real {

class Socket {
 public:
  enum class Direction { read, write };

  // Takes over the descriptor. Errors: io_error (no room in the core's epoll set). Any thread, as
  // long as the core does not use it yet.
  static Result<std::unique_ptr<Socket>> adopt(Core& core, int descriptor);

  int fd() { return descriptor_.native_handle(); }
  bool closed() const { return closed_; }
  void close();  // Waits end with closed.

  // Errors: cancelled, closed. Also returns when the socket has an error to report.
  Task<Result<void>> wait(Direction direction);
  // As above, or request_timed_out.
  Task<Result<void>> wait_until(Direction direction, MonotonicTime deadline);

 private:
  explicit Socket(Core& core) : core_(core), descriptor_(core.executor()) {}

  Core& core_;
  boost::asio::posix::basic_stream_descriptor<Executor> descriptor_;
  bool closed_ = false;
};

// Applies what differs from connection to connection. What the system refuses keeps its default:
// these are wishes (a kernel without "bbr" still talks).
void apply_options(int socket, const ConnectionOptions& options);
// Before a socket listens or connects. bbr, which some systems choose for all, turns its pacing on
// when a connection begins, and no later choice turns it off again: so one begins without. What the
// system had chosen.
std::string begin_unpaced(int socket, const ConnectionOptions& options);
// Once both ends are known: what the system had chosen is for connections to other machines.
void settle_congestion_control(int socket, const ConnectionOptions& options,
                               const std::string& of_system, const Endpoint& local,
                               const Endpoint& remote);

}  // namespace ropewalk::env::real
