#include "common/env/real/tcp_connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/env/real/errno.h"
#include "common/env/real/posix_file.h"

namespace ropewalk::env::real {
namespace {

constexpr std::size_t kGatherPieces = 256;         // The kernel takes up to 1024.
constexpr std::size_t kGatherCopied = 256 * 1024;  // Of small file ranges, per call.
constexpr std::size_t kSendfileStep = 4 * 1024 * 1024;
constexpr std::size_t kCopyStep = 256 * 1024;

Result<std::size_t> read_in_full(Result<std::size_t> got, const FileRange& range,
                                 std::size_t wanted) {
  if (got && *got < wanted)
    return fail(Errc::io_error, "{} is shorter than promised: {} bytes at {}, {} there",
                range.file->path(), wanted, range.position, *got);
  return got;
}

void push_pending(int socket) {
  const int one = 1;
  static_cast<void>(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
}

bool goes_by_sendfile(const Chunk& chunk) {
  const auto* range = std::get_if<FileRange>(&chunk);
  return range != nullptr && range->length >= kSendfileBytes;
}

}  // namespace

struct TcpConnection::Gather {
  std::array<iovec, kGatherPieces> pieces;
  std::size_t first = 0;
  std::size_t count = 0;  // One past the last piece.
  // What was read from files. Buffers never move once a piece points at them.
  std::vector<std::unique_ptr<std::byte[]>> copies;
  std::size_t copied = 0;

  void add(const std::byte* data, std::size_t size) {
    if (size == 0) return;
    pieces[count++] = {const_cast<std::byte*>(data), size};
  }
  bool full() const { return count == pieces.size() || copied >= kGatherCopied; }
  void sent(std::size_t bytes) {
    while (first < count && bytes >= pieces[first].iov_len) bytes -= pieces[first++].iov_len;
    if (bytes == 0) return;
    pieces[first].iov_base = static_cast<std::byte*>(pieces[first].iov_base) + bytes;
    pieces[first].iov_len -= bytes;
  }
};

Task<Result<void>> TcpConnection::wait_readable() { return socket_->wait(Socket::Direction::read); }

Result<std::size_t> TcpConnection::try_read(MutableByteSpan into) {
  if (socket_->closed()) return fail(Errc::closed, "the connection is closed");
  for (;;) {
    const ssize_t got = recv(socket_->fd(), into.data(), into.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      return std::unexpected(Error{Errc::would_block, {}});
    if (errno == ETIMEDOUT || errno == EHOSTUNREACH)
      return fail(Errc::closed, "reading from {}: the peer is gone", remote_.to_string());
    return fail_errno(errno, "reading from", remote_.to_string());
  }
}

Task<Result<void>> TcpConnection::write(std::span<const Chunk> chunks) {
  std::size_t next = 0;
  while (next < chunks.size()) {
    if (socket_->closed()) co_return fail(Errc::closed, "the connection is closed");
    if (goes_by_sendfile(chunks[next])) {
      CO_TRY_VOID(co_await send_range(std::get<FileRange>(chunks[next])));
      next++;
      continue;
    }
    Gather pieces;
    // In place for as long as only memory comes: the usual reply needs no coroutine of its own.
    while (next < chunks.size() && !pieces.full()) {
      const auto* memory = std::get_if<SharedBytes>(&chunks[next]);
      if (memory == nullptr) break;
      pieces.add(memory->data(), memory->size());
      next++;
    }
    if (next < chunks.size() && !pieces.full() && !goes_by_sendfile(chunks[next])) {
      CO_TRY(next, co_await gather(chunks, next, pieces));
    }
    const bool more = next < chunks.size();
    CO_TRY_VOID(co_await send_memory(pieces, more));
  }
  co_return Result<void>();
}

Result<std::size_t> TcpConnection::try_write(std::span<const Chunk> chunks) {
  if (socket_->closed()) return fail(Errc::closed, "the connection is closed");
  Gather pieces;
  for (const Chunk& chunk : chunks) {
    const auto* memory = std::get_if<SharedBytes>(&chunk);
    if (memory == nullptr || pieces.full()) break;
    pieces.add(memory->data(), memory->size());
  }
  if (pieces.count == 0) return std::size_t{0};
  msghdr message{};
  message.msg_iov = pieces.pieces.data();
  message.msg_iovlen = pieces.count;
  const ssize_t sent = sendmsg(socket_->fd(), &message, MSG_NOSIGNAL);
  if (sent >= 0) {
    bytes_written_ += static_cast<std::size_t>(sent);
    return static_cast<std::size_t>(sent);
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR)
    return std::size_t{0};
  return fail(Errc::closed, "writing to {}: {}", remote_.to_string(),
              std::generic_category().message(errno));
}

Task<Result<std::size_t>> TcpConnection::gather(std::span<const Chunk> chunks, std::size_t next,
                                                Gather& gather) {
  for (; next < chunks.size() && !gather.full(); next++) {
    if (const auto* memory = std::get_if<SharedBytes>(&chunks[next])) {
      gather.add(memory->data(), memory->size());
      continue;
    }
    if (goes_by_sendfile(chunks[next])) break;
    const auto& range = std::get<FileRange>(chunks[next]);
    auto buffer = std::make_unique_for_overwrite<std::byte[]>(range.length);
    const MutableByteSpan into(buffer.get(), range.length);
    auto got = range.file->try_read_at(range.position, into);
    if (!got && got.error().code == Errc::would_block)
      got = co_await range.file->read_at(range.position, into);
    CO_TRY_VOID(read_in_full(std::move(got), range, range.length));
    gather.add(buffer.get(), range.length);
    gather.copies.push_back(std::move(buffer));
    gather.copied += range.length;
  }
  co_return next;
}

Task<Result<void>> TcpConnection::send_memory(Gather& gather, bool more) {
  while (gather.first < gather.count) {
    if (socket_->closed()) co_return fail(Errc::closed, "the connection is closed");
    msghdr message{};
    message.msg_iov = gather.pieces.data() + gather.first;
    message.msg_iovlen = gather.count - gather.first;
    const ssize_t sent = sendmsg(socket_->fd(), &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (sent >= 0) {
      bytes_written_ += static_cast<std::size_t>(sent);
      gather.sent(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
      co_return fail(Errc::closed, "writing to {}: {}", remote_.to_string(),
                     std::generic_category().message(errno));
    if (more) push_pending(socket_->fd());
    CO_TRY_VOID(co_await socket_->wait(Socket::Direction::write));
  }
  co_return Result<void>();
}

Task<Result<void>> TcpConnection::send_range(const FileRange& range) {
  auto* file = dynamic_cast<PosixFile*>(range.file.get());
  if (file == nullptr) co_return co_await copy_range(range);
  // A range that is not in memory would stop the whole core inside sendfile: fetch it first.
  if (!file->probably_in_memory(range.position, range.length))
    CO_TRY_VOID(co_await file->load(range.position, range.length));
  CO_TRY(const DescriptorPtr descriptor, file->descriptor());
  auto position = static_cast<off_t>(range.position);
  std::size_t left = range.length;
  while (left > 0) {
    if (socket_->closed()) co_return fail(Errc::closed, "the connection is closed");
    const ssize_t sent =
        sendfile(socket_->fd(), descriptor->fd(), &position, std::min(left, kSendfileStep));
    if (sent > 0) {
      bytes_written_ += static_cast<std::size_t>(sent);
      left -= static_cast<std::size_t>(sent);
      continue;
    }
    if (sent == 0)
      co_return fail(Errc::io_error, "{} is shorter than promised: it ends at {}, {} bytes early",
                     file->path(), position, left);
    if (errno == EINTR) continue;
    if (errno == EIO) co_return fail_errno(errno, "sending from", file->path());
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS)
      co_return fail(Errc::closed, "writing to {}: {}", remote_.to_string(),
                     std::generic_category().message(errno));
    // sendfile holds a last incomplete segment back in the hope for more, up to 200 ms, and with
    // it the room that we wait for.
    push_pending(socket_->fd());
    CO_TRY_VOID(co_await socket_->wait(Socket::Direction::write));
  }
  co_return Result<void>();
}

Task<Result<void>> TcpConnection::copy_range(const FileRange& range) {
  auto buffer = std::make_unique_for_overwrite<std::byte[]>(std::min(range.length, kCopyStep));
  for (std::size_t done = 0; done < range.length;) {
    const std::size_t step = std::min(range.length - done, kCopyStep);
    const MutableByteSpan into(buffer.get(), step);
    auto got = co_await range.file->read_at(range.position + done, into);
    CO_TRY_VOID(read_in_full(std::move(got), range, step));
    Gather pieces;
    pieces.add(buffer.get(), step);
    CO_TRY_VOID(co_await send_memory(pieces, false));
    done += step;
  }
  co_return Result<void>();
}

}  // namespace ropewalk::env::real
