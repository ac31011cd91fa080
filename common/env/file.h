// Files and directories of one disk.
//
// A FileSystem stands for one data directory: its slow operations run in a pool of its own, so that
// a slow disk slows only itself. Paths are relative to that directory ("partitions/ab.../0/x.log").
// Results of the asynchronous ones come back on the core of the calling task. Nothing here is
// durable until synced: a file's bytes by File::sync(), its name (creation, rename, removal) by
// sync_directory() of the folder that holds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::env {

// A logical open file: the descriptor behind it may come and go. Any thread; writers of one file
// take turns by themselves.
class File {
 public:
  virtual ~File() = default;

  virtual const std::string& path() const = 0;  // Relative to its file system.

  // In place, on the calling thread (page cache speed). All bytes or an error; after an error an
  // unknown part was written. Errors: disk_full, io_error.
  virtual Result<void> write_at(std::uint64_t position, std::span<const ByteSpan> pieces) = 0;

  // In place if the bytes are in memory. May return fewer bytes than asked for only at the end of
  // the file. Errors: would_block (ask read_at), io_error.
  virtual Result<std::size_t> try_read_at(std::uint64_t position, MutableByteSpan into) = 0;
  // The same by way of the pool.
  virtual Task<Result<std::size_t>> read_at(std::uint64_t position, MutableByteSpan into) = 0;

  virtual Result<std::uint64_t> size() = 0;

  // fdatasync. A failure is final: the kernel may have dropped the pages (R11).
  virtual Task<Result<void>> sync() = 0;
  // Cuts or extends with zeroes.
  virtual Task<Result<void>> truncate(std::uint64_t size) = 0;
  // Reserves blocks without changing the size; not supported by the disk counts as done. Errors:
  // disk_full, io_error.
  virtual Task<Result<void>> reserve(std::uint64_t position, std::uint64_t length) = 0;
};
using FilePtr = std::shared_ptr<File>;

enum class OpenMode {
  read_only,
  read_write,  // Errors: not_found.
  create_new,  // Errors: already_exists.
  create_or_truncate,
};

struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // For us, not for root only.
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual std::string name() const = 0;  // The directory's path, for messages.

  // Errors of all: not_found, already_exists, permission_denied (also a read-only disk), disk_full,
  // io_error.
  virtual Task<Result<FilePtr>> open(std::string path, OpenMode mode) = 0;
  virtual Task<Result<void>> make_directories(
      std::string path) = 0;  // With all its parents; existing ones are fine.
  virtual Task<Result<void>> rename(std::string from, std::string to) = 0;  // Replaces `to`.
  virtual Task<Result<void>> remove(std::string path) = 0;          // A file or an empty directory.
  virtual Task<Result<void>> sync_directory(std::string path) = 0;  // "" is the root.
  virtual Task<Result<std::vector<std::string>>> list(
      std::string path) = 0;  // Names, sorted, without "." and "..".
  virtual Task<Result<DiskSpace>> space() = 0;
  // Takes an exclusive lock on the file until the FileSystem is destroyed; again is fine. Errors:
  // wrong_owner while another process (in the simulation: another living node) has it.
  virtual Task<Result<void>> lock(std::string path) = 0;
  // Whether anybody holds that lock. Neither takes it nor makes the file: whoever wants it in this
  // moment is not refused.
  virtual Task<Result<bool>> is_locked(std::string path) = 0;
};

// Whole small files, of at most `limit` bytes (budget_exceeded beyond).
Task<Result<std::string>> read_file(FileSystem& files, std::string path, std::size_t limit);
// Written beside as `path`.new, synced, renamed over, the directory synced: after a crash the old
// or the new content.
Task<Result<void>> replace_file(FileSystem& files, std::string path, std::string content);

}  // namespace ropewalk::env
