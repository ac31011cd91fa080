// A logical file of a PosixFileSystem.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/env/file.h"
#include "common/env/real/descriptor_cache.h"
#include "common/env/real/file_names.h"
#include "common/env/real/thread_pool.h"

namespace ropewalk::env::real {

// What the files of one file system share with it; they may outlive it (their slow operations end
// with closed then).
struct FileSystemParts {
  FileSystemParts(std::string directory, std::size_t threads,
                  std::shared_ptr<DescriptorCache> descriptors)
      : root(std::move(directory)), pool("rw-disk", threads), cache(std::move(descriptors)) {}

  std::string absolute(const std::string& path) const {
    return path.empty() ? root : root + "/" + path;
  }

  const std::string root;
  ThreadPool pool;
  const std::shared_ptr<DescriptorCache> cache;
  FileNames names;
};

class PosixFile final : public File {
 public:
  PosixFile(std::shared_ptr<FileSystemParts> parts, std::string path, int access_flags);
  ~PosixFile() override;

  const std::string& path() const override { return path_; }
  Result<void> write_at(std::uint64_t position, std::span<const ByteSpan> pieces) override;
  Result<std::size_t> try_read_at(std::uint64_t position, MutableByteSpan into) override;
  Task<Result<std::size_t>> read_at(std::uint64_t position, MutableByteSpan into) override;
  Result<std::uint64_t> size() override;
  Task<Result<void>> sync() override;
  Task<Result<void>> truncate(std::uint64_t size) override;
  Task<Result<void>> reserve(std::uint64_t position, std::uint64_t length) override;

  // For sendfile: stays open for as long as it is held.
  Result<DescriptorPtr> descriptor();
  // Whether both ends of the range are in the page cache: a cheap guess at the whole.
  bool probably_in_memory(std::uint64_t position, std::size_t length);
  // Brings the range into the page cache by way of the pool.
  Task<Result<void>> load(std::uint64_t position, std::size_t length);

  // Called by the file system: the file was just opened / has a new name / loses its name.
  void opened(int fd) { parts_->cache->put(place_, fd); }
  void renamed(std::string path);
  Result<void> keep_open();

 private:
  Result<int> reopen();  // Under the names' lock.

  const std::shared_ptr<FileSystemParts> parts_;
  const std::string path_;
  const int access_flags_;
  std::string current_path_;  // Where to find it now; guarded by the names' lock.
  DescriptorCache::Place place_;
  FileNames::Entry name_;
};

}  // namespace ropewalk::env::real
