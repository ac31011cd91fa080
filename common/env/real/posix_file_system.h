// One directory of a disk, with the threads that wait for it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/env/environment.h"
#include "common/env/file.h"
#include "common/env/real/posix_file.h"

namespace ropewalk::env::real {

class PosixFileSystem final : public FileSystem {
 public:
  // Makes the root. Blocks.
  static Result<std::unique_ptr<PosixFileSystem>> open(const FileSystemOptions& options,
                                                       std::shared_ptr<DescriptorCache> cache);
  ~PosixFileSystem() override;

  std::string name() const override { return parts_->root; }
  Task<Result<FilePtr>> open(std::string path, OpenMode mode) override;
  Task<Result<void>> make_directories(std::string path) override;
  Task<Result<void>> rename(std::string from, std::string to) override;
  Task<Result<void>> remove(std::string path) override;
  Task<Result<void>> sync_directory(std::string path) override;
  Task<Result<std::vector<std::string>>> list(std::string path) override;
  Task<Result<DiskSpace>> space() override;
  Task<Result<void>> lock(std::string path) override;
  Task<Result<bool>> is_locked(std::string path) override;

 private:
  explicit PosixFileSystem(std::shared_ptr<FileSystemParts> parts) : parts_(std::move(parts)) {}

  template <class T>
  Task<Result<T>> in_pool(std::move_only_function<Result<T>()> work) {
    return parts_->pool.run<T>(std::move(work));
  }

  std::shared_ptr<FileSystemParts> parts_;
  std::mutex locks_mutex_;
  std::map<std::string, DescriptorPtr> locks_;  // By path.
};

}  // namespace ropewalk::env::real
