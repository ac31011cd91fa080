#include "common/env/real/posix_file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/env/real/errno.h"

namespace ropewalk::env::real {
namespace {

constexpr mode_t kFileMode = 0640;

// All of a file, for writing: what lock() takes and is_locked() asks for.
struct flock whole_file() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

Result<void> sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno(errno, "opening directory", path);
  const Descriptor held(fd);
  if (fsync(fd) != 0) return fail_errno(errno, "syncing directory", path);
  return {};
}

// Makes the root and syncs the folders that got a new entry by it: later syncs reach only as far up
// as the root.
Result<void> make_root(const std::string& root) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path existing = fs::absolute(root, error);
  std::vector<fs::path> parents;
  while (!fs::exists(existing, error) && existing.has_relative_path()) {
    existing = existing.parent_path();
    parents.push_back(existing);
  }
  fs::create_directories(root, error);
  if (error) return fail_errno(error.value(), "making directory", root);
  for (const auto& parent : parents) TRY_VOID(sync_folder(parent.string()));
  if (!fs::is_directory(root, error))
    return fail(Errc::invalid_request, "{} is not a directory", root);
  return {};
}

int access_flags_of(OpenMode mode) { return mode == OpenMode::read_only ? O_RDONLY : O_RDWR; }

int open_flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::create_new:
      return O_CREAT | O_EXCL;
    case OpenMode::create_or_truncate:
      return O_CREAT | O_TRUNC;
    default:
      return 0;
  }
}

}  // namespace

Result<std::unique_ptr<PosixFileSystem>> PosixFileSystem::open(
    const FileSystemOptions& options, std::shared_ptr<DescriptorCache> cache) {
  auto made = make_root(options.root);
  if (!made) {
    if (made.error().code == Errc::already_exists || made.error().context.ends_with("directory"))
      made.error().code = Errc::invalid_request;
    return std::unexpected(std::move(made).error());
  }
  if (access(options.root.c_str(), R_OK | X_OK) != 0)
    return fail_errno(errno, "using directory", options.root);
  auto parts = std::make_shared<FileSystemParts>(options.root, options.threads, std::move(cache));
  return std::unique_ptr<PosixFileSystem>(new PosixFileSystem(std::move(parts)));
}

PosixFileSystem::~PosixFileSystem() { parts_->pool.stop(); }

Task<Result<FilePtr>> PosixFileSystem::open(std::string path, OpenMode mode) {
  auto parts = parts_;
  std::move_only_function<Result<FilePtr>()> work = [parts, path, mode]() -> Result<FilePtr> {
    const std::string name = parts->absolute(path);
    const int access_flags = access_flags_of(mode);
    auto file = std::make_shared<PosixFile>(parts, path, access_flags);
    const int fd = ::open(name.c_str(), access_flags | open_flags_of(mode) | O_CLOEXEC, kFileMode);
    if (fd < 0) return fail_errno(errno, "opening", name);
    file->opened(fd);
    return file;
  };
  co_return co_await in_pool<FilePtr>(std::move(work));
}

Task<Result<void>> PosixFileSystem::make_directories(std::string path) {
  auto parts = parts_;
  std::move_only_function<Result<void>()> work = [parts, path]() -> Result<void> {
    std::error_code error;
    std::filesystem::create_directories(parts->absolute(path), error);
    if (error) return fail_errno(error.value(), "making directory", parts->absolute(path));
    return {};
  };
  co_return co_await in_pool<void>(std::move(work));
}

Task<Result<void>> PosixFileSystem::rename(std::string from, std::string to) {
  auto parts = parts_;
  std::move_only_function<Result<void>()> work = [parts, from, to]() -> Result<void> {
    const std::string old_name = parts->absolute(from);
    std::lock_guard lock(parts->names.lock);
    const auto moved = parts->names.at_or_below(from);
    for (const auto& replaced : parts->names.at_or_below(to))
      TRY_VOID(replaced->second->keep_open());
    if (std::rename(old_name.c_str(), parts->absolute(to).c_str()) != 0)
      return fail_errno(errno, "renaming", old_name + " to " + to);
    for (const auto& entry : moved) {
      const std::string path = to + entry->first.substr(from.size());
      entry->second->renamed(path);
    }
    return {};
  };
  co_return co_await in_pool<void>(std::move(work));
}

Task<Result<void>> PosixFileSystem::remove(std::string path) {
  auto parts = parts_;
  std::move_only_function<Result<void>()> work = [parts, path]() -> Result<void> {
    const std::string name = parts->absolute(path);
    std::lock_guard lock(parts->names.lock);
    for (const auto& entry : parts->names.at_or_below(path)) {
      // One that cannot be opened any more has nothing to lose.
      static_cast<void>(entry->second->keep_open());
    }
    if (std::remove(name.c_str()) != 0) return fail_errno(errno, "removing", name);
    return {};
  };
  co_return co_await in_pool<void>(std::move(work));
}

Task<Result<void>> PosixFileSystem::sync_directory(std::string path) {
  auto parts = parts_;
  std::move_only_function<Result<void>()> work = [parts, path] {
    return sync_folder(parts->absolute(path));
  };
  co_return co_await in_pool<void>(std::move(work));
}

Task<Result<std::vector<std::string>>> PosixFileSystem::list(std::string path) {
  auto parts = parts_;
  std::move_only_function<Result<std::vector<std::string>>()> work =
      [parts, path]() -> Result<std::vector<std::string>> {
    const std::string name = parts->absolute(path);
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator it(name, error);
    for (; !error && it != std::filesystem::directory_iterator(); it.increment(error))
      names.push_back(it->path().filename().string());
    if (error) return fail_errno(error.value(), "listing", name);
    std::ranges::sort(names);
    return names;
  };
  co_return co_await in_pool<std::vector<std::string>>(std::move(work));
}

Task<Result<DiskSpace>> PosixFileSystem::space() {
  auto parts = parts_;
  std::move_only_function<Result<DiskSpace>()> work = [parts]() -> Result<DiskSpace> {
    struct statvfs status{};
    if (statvfs(parts->root.c_str(), &status) != 0)
      return fail_errno(errno, "asking for the space of", parts->root);
    return DiskSpace{.total_bytes = status.f_blocks * status.f_frsize,
                     .free_bytes = status.f_bavail * status.f_frsize};
  };
  co_return co_await in_pool<DiskSpace>(std::move(work));
}

Task<Result<void>> PosixFileSystem::lock(std::string path) {
  const std::string name = parts_->absolute(path);
  std::move_only_function<Result<void>()> work = [this, name]() -> Result<void> {
    std::lock_guard guard(locks_mutex_);
    if (locks_.contains(name)) return {};
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
    if (fd < 0) return fail_errno(errno, "opening", name);
    auto held = std::make_shared<const Descriptor>(fd);
    // Belongs to the open file, so another FileSystem of this process is refused as well; and it
    // can be asked for without being taken, which flock() cannot.
    struct flock wanted = whole_file();
    if (fcntl(fd, F_OFD_SETLK, &wanted) != 0) {
      if (errno == EAGAIN || errno == EACCES)
        return fail(Errc::wrong_owner, "{} is locked: another process uses this directory", name);
      return fail_errno(errno, "locking", name);
    }
    locks_.emplace(name, std::move(held));
    return {};
  };
  co_return co_await in_pool<void>(std::move(work));
}

Task<Result<bool>> PosixFileSystem::is_locked(std::string path) {
  auto parts = parts_;
  std::move_only_function<Result<bool>()> work = [parts, path]() -> Result<bool> {
    const std::string name = parts->absolute(path);
    const int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return false;
    if (fd < 0) return fail_errno(errno, "opening", name);
    const Descriptor held(fd);
    struct flock asked = whole_file();
    if (fcntl(fd, F_OFD_GETLK, &asked) != 0) return fail_errno(errno, "asking for the lock", name);
    return asked.l_type != F_UNLCK;
  };
  co_return co_await in_pool<bool>(std::move(work));
}

}  // namespace ropewalk::env::real
