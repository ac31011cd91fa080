#include "common/env/sim/sim_file.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace ropewalk::sim {

bool DiskAccess::chance(double probability, std::string_view counter) const {
  if (probability <= 0 || !world().random().chance(probability)) return false;
  world().count(counter);
  return true;
}

Result<void> DiskAccess::check_alive() const {
  if (!environment.alive()) return fail(Errc::closed, "{} is dead", environment.label());
  return {};
}

Result<void> DiskAccess::check_writable(std::string_view what) const {
  TRY_VOID(check_alive());
  if (disk.faults.read_only) return fail(Errc::permission_denied, "{}: read-only disk", what);
  return {};
}

Duration DiskAccess::delay() const {
  return world().between(disk.faults.delay_least, disk.faults.delay_most);
}

Result<void> SimFile::write_at(std::uint64_t position, std::span<const ByteSpan> pieces) {
  TRY_VOID(access_.check_writable(path_));
  if (!writable_) return fail(Errc::permission_denied, "{} is open for reading only", path_);
  std::vector<std::byte> all;
  for (const ByteSpan piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  std::size_t writes = all.size();
  Errc error = Errc::none;
  if (access_.chance(access_.disk.faults.write_error, "disk.write_error")) {
    error = Errc::io_error;
    writes = 0;
    if (!all.empty() && access_.world().random().chance(0.5)) {
      writes = access_.world().random().below(all.size());
      access_.world().count("disk.short_write");
    }
  }
  if (access_.disk.faults.copies_on_write && writes > access_.disk.free_bytes()) {
    error = Errc::disk_full;
    writes = 0;
  }
  const std::uint64_t end = position + writes;
  if (end > inode_->size() && end - inode_->size() > access_.disk.free_bytes()) {
    const std::uint64_t fits = inode_->size() + access_.disk.free_bytes();
    writes = fits > position ? static_cast<std::size_t>(fits - position) : 0;
    error = Errc::disk_full;
    access_.world().count("disk.full");
  }
  inode_->write(position, ByteSpan(all).first(writes));
  if (error != Errc::none) return fail(error, "writing {} at {}", path_, position);
  return {};
}

namespace {

std::size_t copy_bytes(const Inode& inode, std::uint64_t position, MutableByteSpan into) {
  const ByteSpan bytes = inode.bytes();
  if (position >= bytes.size()) return 0;
  const std::size_t count = std::min<std::size_t>(into.size(), bytes.size() - position);
  std::memcpy(into.data(), bytes.data() + position, count);
  return count;
}

Result<std::size_t> read_now(DiskAccess access, const Inode& inode, const std::string& path,
                             std::uint64_t position, MutableByteSpan into) {
  TRY_VOID(access.check_alive());
  if (access.chance(access.disk.faults.read_error, "disk.read_error"))
    return fail(Errc::io_error, "reading {} at {}", path, position);
  const std::size_t count = copy_bytes(inode, position, into);
  if (count > 0 && access.chance(access.disk.faults.read_rot, "disk.read_rot"))
    into[access.world().random().below(count)] ^= std::byte{0x10};
  return count;
}

}  // namespace

std::size_t SimFile::copy_out(std::uint64_t position, MutableByteSpan into) const {
  return copy_bytes(*inode_, position, into);
}

Result<std::size_t> SimFile::try_read_at(std::uint64_t position, MutableByteSpan into) {
  if (access_.chance(access_.disk.faults.read_would_block, "disk.would_block"))
    return fail(Errc::would_block, "{} at {}", path_, position);
  return read_now(access_, *inode_, path_, position, into);
}

Task<Result<std::size_t>> SimFile::read_at(std::uint64_t position, MutableByteSpan into) {
  // The buffer is the caller's: it must not be touched once the caller was cancelled.
  auto buffer = std::make_shared<std::vector<std::byte>>(into.size());
  auto work = [access = access_, inode = inode_, path = path_, position, buffer] {
    return read_now(access, *inode, path, position, *buffer);
  };
  auto count = co_await in_pool<std::size_t>(access_, access_.delay(), std::move(work));
  if (count && *count > 0) std::memcpy(into.data(), buffer->data(), *count);
  co_return count;
}

Result<std::uint64_t> SimFile::size() {
  TRY_VOID(access_.check_alive());
  return inode_->size();
}

Task<Result<void>> SimFile::sync() {
  const DiskFaults& faults = access_.disk.faults;
  Duration takes = access_.world().between(faults.sync_least, faults.sync_most);
  if (access_.chance(faults.sync_stall, "disk.sync_stall")) takes += faults.stall;
  const bool fails = access_.chance(faults.sync_error, "disk.sync_error");
  const std::uint64_t begun = inode_->begin_sync();
  auto inode = inode_;
  auto start = [this, takes, fails, begun, inode](OperationRef<Result<void>> operation) {
    auto finish = [operation, fails, begun, inode, path = path_] {
      if (fails) {
        inode->fail_sync(begun);
        return complete(operation, Result<void>(fail(Errc::io_error, "syncing {}", path)));
      }
      inode->finish_sync(begun);
      complete(operation, Result<void>());
    };
    access_.world().schedule(access_.world().now() + takes, &access_.environment, finish);
  };
  Result<void> result =
      co_await suspend<Result<void>>(access_.environment.current_core(), std::move(start));
  co_return result;
}

Task<Result<void>> SimFile::truncate(std::uint64_t size) {
  auto work = [access = access_, inode = inode_, path = path_, size]() -> Result<void> {
    TRY_VOID(access.check_writable(path));
    if (size > inode->size() && size - inode->size() > access.disk.free_bytes())
      return fail(Errc::disk_full, "extending {}", path);
    inode->resize(size);
    return {};
  };
  auto result = co_await in_pool<void>(access_, access_.delay(), std::move(work));
  co_return result;
}

Task<Result<void>> SimFile::reserve(std::uint64_t position, std::uint64_t length) {
  auto work = [access = access_, inode = inode_, path = path_, end = position + length] {
    Result<void> result = access.check_writable(path);
    if (result && end > inode->size() && end - inode->size() > access.disk.free_bytes())
      result = fail(Errc::disk_full, "reserving {} bytes of {}", end, path);
    return result;
  };
  auto result = co_await in_pool<void>(access_, access_.delay(), std::move(work));
  co_return result;
}

}  // namespace ropewalk::sim
