// Byte streams between endpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/env/core.h"
#include "common/env/file.h"
#include "common/env/task.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::env {

struct Endpoint {
  std::string host;  // A name or an address; IPv6 without brackets.
  std::uint16_t port = 0;
  auto operator<=>(const Endpoint&) const = default;

  std::string to_string() const;  // "host:port", "[::1]:port".
  // Errors: invalid_request with what is wrong.
  static Result<Endpoint> parse(std::string_view text);
};
// Whether the host is an address that only this machine reaches (127/8, ::1, "localhost").
bool is_loopback(std::string_view host);
// Whom an address belongs to, as far as it tells. Of an IPv6 address the first 64 bits
// ("2001:db8::"): who has one has all that begin so. An IPv4 address itself, also where IPv6
// carries it
// (::ffff:192.0.2.1). Names as they are.
std::string owner_of_address(const std::string& host);

// What a connection writes: bytes in memory, or a range of a file (sendfile where the environment
// can). The range keeps its file open; that nobody cuts it under the send is the log's business
// (R10).
struct FileRange {
  FilePtr file;
  std::uint64_t position = 0;
  std::size_t length = 0;
};
using Chunk = std::variant<SharedBytes, FileRange>;
std::size_t size_of(const Chunk& chunk);

class Connection;

// Which end of a connection this is.
enum class End : std::uint8_t { connecting, accepting };

// How connections are encrypted, and what their ends prove who they are by (common/env/tls). For
// all cores.
class TlsIdentity {
 public:
  virtual ~TlsIdentity() = default;
  // `plain`, encrypted from its first byte on.
  virtual std::unique_ptr<Connection> wrap(std::unique_ptr<Connection> plain, End end) const = 0;
};

// One established connection. Belongs to one core. One reader and one writer at a time.
class Connection {
 public:
  virtual ~Connection() = default;  // Closes.

  virtual Endpoint local() const = 0;  // The address that the peer reached.
  virtual Endpoint remote() const = 0;

  // Waits until try_read() would find something (bytes, the end, an error). No buffer is needed
  // while nothing comes. Errors: cancelled, closed.
  virtual Task<Result<void>> wait_readable() = 0;
  // Reads what is there. 0 bytes: the peer has ended its side. Errors: would_block, closed (also
  // reset by the peer).
  virtual Result<std::size_t> try_read(MutableByteSpan into) = 0;

  // Writes all, in order; returns when the transport has taken everything. The chunks must live
  // until then. Errors: cancelled, closed; io_error when a file range is shorter than promised: the
  // stream is broken then.
  virtual Task<Result<void>> write(std::span<const Chunk> chunks) = 0;

  // Sends at once what the transport has room for, in order, of the chunks in memory up to the
  // first file range; returns how many bytes, which may be 0. Not while a write() is under way.
  // Errors: closed.
  virtual Result<std::size_t> try_write(std::span<const Chunk> chunks) = 0;

  // What the transport has taken so far, of both; grows also while a write() is under way.
  virtual std::uint64_t bytes_written() const = 0;

  // The name by which the other end has proved who it is; empty before that, and where nothing is
  // encrypted.
  virtual std::string peer_name() const { return {}; }

  // Both sides; waiting reads and writes end with closed. Safe to call twice.
  virtual void close() = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual Endpoint local() const = 0;  // With the port that was really taken.
  // The next connection, to be used on `owner`. Called from the core that made the listener.
  // Errors: cancelled, closed, io_error (out of descriptors, a peer that gave up: try again after a
  // pause).
  virtual Task<Result<std::unique_ptr<Connection>>> accept(Core& owner) = 0;
  virtual void close() = 0;
};

struct ConnectionOptions {
  std::string congestion_control;     // "" leaves the system's choice; within a machine: reno.
  std::size_t send_buffer_bytes = 0;  // 0 leaves the system's choice.
  std::size_t receive_buffer_bytes = 0;
  // Not null: both ends prove who they are, and everything is encrypted. It is agreed upon in the
  // first write of the end that connected, before that one reads, and in the first reads of the
  // other; these may fail with permission_denied then (who is not believed, and why).
  std::shared_ptr<const TlsIdentity> tls = nullptr;
};

class Network {
 public:
  virtual ~Network() = default;
  // Port 0 takes any free one. On the core that will accept. Errors: address_in_use,
  // permission_denied, invalid_request (no such address here).
  virtual Task<Result<std::unique_ptr<Listener>>> listen(Endpoint at,
                                                         ConnectionOptions options) = 0;
  // Resolves and connects; the connection belongs to the core of the calling task. Errors:
  // connection_refused (somebody answered: nobody listens), request_timed_out (nobody answered
  // until the deadline), not_found (no such name), cancelled.
  virtual Task<Result<std::unique_ptr<Connection>>> connect(Endpoint to, MonotonicTime deadline,
                                                            ConnectionOptions options) = 0;
  // The addresses of a host, written as connections have them, the one to try first in front; of an
  // address itself. Errors: not_found (no such name), request_timed_out, cancelled.
  virtual Task<Result<std::vector<std::string>>> resolve(std::string host,
                                                         MonotonicTime deadline) = 0;
};

}  // namespace ropewalk::env
