// One TCP connection of the real network.
//
// Memory leaves in gathered sendmsg calls; a file range goes by sendfile from kSendfileBytes up
// (the crossover was measured at 8-16 KiB) and is read into the gathered call below that.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "common/env/network.h"
#include "common/env/real/socket.h"

namespace ropewalk::env::real {

inline constexpr std::size_t kSendfileBytes = 16 * 1024;

class TcpConnection final : public Connection {
 public:
  // `socket` is connected.
  TcpConnection(std::unique_ptr<Socket> socket, Endpoint local, Endpoint remote)
      : socket_(std::move(socket)), local_(std::move(local)), remote_(std::move(remote)) {}

  Endpoint local() const override { return local_; }
  Endpoint remote() const override { return remote_; }
  Task<Result<void>> wait_readable() override;
  Result<std::size_t> try_read(MutableByteSpan into) override;
  Task<Result<void>> write(std::span<const Chunk> chunks) override;
  Result<std::size_t> try_write(std::span<const Chunk> chunks) override;
  std::uint64_t bytes_written() const override { return bytes_written_; }
  void close() override { socket_->close(); }

 private:
  struct Gather;

  // Fills `gather` with chunks from `next` on, up to a file range for sendfile or a full gather.
  Task<Result<std::size_t>> gather(std::span<const Chunk> chunks, std::size_t next, Gather& gather);
  Task<Result<void>> send_memory(Gather& gather, bool more);
  Task<Result<void>> send_range(const FileRange& range);
  // For files that are not of this folder (a remote segment): by way of memory.
  Task<Result<void>> copy_range(const FileRange& range);

  std::unique_ptr<Socket> socket_;
  std::uint64_t bytes_written_ = 0;
  Endpoint local_;
  Endpoint remote_;
};

}  // namespace ropewalk::env::real
