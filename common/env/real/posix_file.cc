#include "common/env/real/posix_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "common/env/real/errno.h"

namespace ropewalk::env::real {
namespace {

constexpr std::size_t kLoadStep = 256 * 1024;
constexpr std::size_t kPiecesPerCall = 64;

iovec iovec_of(const std::byte* data, std::size_t size) {
  return {const_cast<std::byte*>(data), size};
}

// Reads until `into` is full or the file ends.
Result<std::size_t> read_all(int fd, std::uint64_t position, MutableByteSpan into,
                             const std::string& name) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got =
        pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(position + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
      continue;
    }
    if (errno != EINTR) return fail_errno(errno, "reading", name);
  }
  return done;
}

}  // namespace

PosixFile::PosixFile(std::shared_ptr<FileSystemParts> parts, std::string path, int access_flags)
    : parts_(std::move(parts)),
      path_(std::move(path)),
      access_flags_(access_flags),
      current_path_(path_),
      place_(*parts_->cache) {
  std::lock_guard lock(parts_->names.lock);
  name_ = parts_->names.add(path_, this);
}

PosixFile::~PosixFile() {
  std::lock_guard lock(parts_->names.lock);
  parts_->names.remove(name_);
}

Result<void> PosixFile::write_at(std::uint64_t position, std::span<const ByteSpan> pieces) {
  TRY(const DescriptorPtr held, descriptor());
  std::array<iovec, kPiecesPerCall> vectors;
  std::size_t next = 0;     // Piece to write.
  std::size_t written = 0;  // Of that piece.
  while (next < pieces.size()) {
    std::size_t count = 0;
    for (std::size_t i = next; i < pieces.size() && count < vectors.size(); i++) {
      const std::size_t skip = i == next ? written : 0;
      vectors[count++] = iovec_of(pieces[i].data() + skip, pieces[i].size() - skip);
    }
    const ssize_t done =
        pwritev(held->fd(), vectors.data(), static_cast<int>(count), static_cast<off_t>(position));
    if (done < 0) {
      if (errno == EINTR) continue;
      return fail_errno(errno, "writing", parts_->absolute(path_));
    }
    position += static_cast<std::uint64_t>(done);
    auto left = static_cast<std::size_t>(done);
    std::size_t offered = 0;
    for (std::size_t i = 0; i < count; i++) offered += vectors[i].iov_len;
    if (left == 0 && offered != 0)
      return fail(Errc::disk_full, "writing {}: no progress", parts_->absolute(path_));
    while (next < pieces.size() && left >= pieces[next].size() - written) {
      left -= pieces[next].size() - written;
      written = 0;
      next++;
    }
    written += left;
  }
  return {};
}

Result<std::size_t> PosixFile::try_read_at(std::uint64_t position, MutableByteSpan into) {
  TRY(const DescriptorPtr held, descriptor());
  std::size_t done = 0;
  while (done < into.size()) {
    const iovec vector = iovec_of(into.data() + done, into.size() - done);
    const ssize_t got =
        preadv2(held->fd(), &vector, 1, static_cast<off_t>(position + done), RWF_NOWAIT);
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return std::unexpected(Error{Errc::would_block, {}});
    if (errno == EOPNOTSUPP) {  // This file system cannot tell: then it is read.
      TRY(const std::size_t rest, read_all(held->fd(), position + done, into.subspan(done), path_));
      return done + rest;
    }
    return fail_errno(errno, "reading", parts_->absolute(path_));
  }
  return done;
}

Task<Result<std::size_t>> PosixFile::read_at(std::uint64_t position, MutableByteSpan into) {
  CO_TRY(const DescriptorPtr held, descriptor());
  std::move_only_function<Result<std::size_t>()> work = [name = parts_->absolute(path_), held,
                                                         position, into] {
    return read_all(held->fd(), position, into, name);
  };
  co_return co_await parts_->pool.run<std::size_t>(std::move(work));
}

Result<std::uint64_t> PosixFile::size() {
  TRY(const DescriptorPtr held, descriptor());
  struct stat status{};
  if (fstat(held->fd(), &status) != 0)
    return fail_errno(errno, "asking the size of", parts_->absolute(path_));
  return static_cast<std::uint64_t>(status.st_size);
}

Task<Result<void>> PosixFile::sync() {
  CO_TRY(const DescriptorPtr held, descriptor());
  std::move_only_function<Result<void>()> work = [name = parts_->absolute(path_),
                                                  held]() -> Result<void> {
    if (fdatasync(held->fd()) == 0) return {};
    return fail_errno(errno, "syncing", name);
  };
  co_return co_await parts_->pool.run<void>(std::move(work));
}

Task<Result<void>> PosixFile::truncate(std::uint64_t size) {
  CO_TRY(const DescriptorPtr held, descriptor());
  std::move_only_function<Result<void>()> work = [name = parts_->absolute(path_), held,
                                                  size]() -> Result<void> {
    while (ftruncate(held->fd(), static_cast<off_t>(size)) != 0)
      if (errno != EINTR) return fail_errno(errno, "truncating", name);
    return {};
  };
  co_return co_await parts_->pool.run<void>(std::move(work));
}

Task<Result<void>> PosixFile::reserve(std::uint64_t position, std::uint64_t length) {
  CO_TRY(const DescriptorPtr held, descriptor());
  std::move_only_function<Result<void>()> work = [name = parts_->absolute(path_), held, position,
                                                  length]() -> Result<void> {
    while (fallocate(held->fd(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(position),
                     static_cast<off_t>(length)) != 0) {
      if (errno == EOPNOTSUPP) return {};
      if (errno != EINTR) return fail_errno(errno, "reserving room for", name);
    }
    return {};
  };
  co_return co_await parts_->pool.run<void>(std::move(work));
}

Result<DescriptorPtr> PosixFile::descriptor() {
  if (auto found = parts_->cache->find(place_)) return found;
  // The names first: renaming takes the same locks in this order.
  std::shared_lock lock(parts_->names.lock);
  return parts_->cache->use(place_, [this] { return reopen(); });
}

bool PosixFile::probably_in_memory(std::uint64_t position, std::size_t length) {
  std::byte probe;
  for (std::uint64_t at : {position, position + length - 1}) {
    auto got = try_read_at(at, MutableByteSpan(&probe, 1));
    if (!got && got.error().code == Errc::would_block) return false;
  }
  return true;
}

Task<Result<void>> PosixFile::load(std::uint64_t position, std::size_t length) {
  CO_TRY(const DescriptorPtr held, descriptor());
  std::move_only_function<Result<void>()> work = [name = parts_->absolute(path_), held, position,
                                                  length]() -> Result<void> {
    std::vector<std::byte> scratch(std::min(length, kLoadStep));
    for (std::size_t done = 0; done < length; done += kLoadStep) {
      const MutableByteSpan into(scratch.data(), std::min(length - done, kLoadStep));
      TRY(const std::size_t got, read_all(held->fd(), position + done, into, name));
      if (got < into.size()) break;  // The send finds out.
    }
    return {};
  };
  co_return co_await parts_->pool.run<void>(std::move(work));
}

void PosixFile::renamed(std::string path) {
  parts_->names.remove(name_);
  current_path_ = path;
  name_ = parts_->names.add(std::move(path), this);
}

Result<void> PosixFile::keep_open() {
  return parts_->cache->keep(place_, [this] { return reopen(); });
}

// A new descriptor reports a write error that the old one has not reported yet (errseq), so giving
// one up between a write and its sync hides nothing.
Result<int> PosixFile::reopen() {
  const std::string name = parts_->absolute(current_path_);
  const int fd = ::open(name.c_str(), access_flags_ | O_CLOEXEC);
  if (fd < 0) return fail_errno(errno, "opening again", name);
  return fd;
}

}  // namespace ropewalk::env::real
