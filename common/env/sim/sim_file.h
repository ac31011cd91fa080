// env::File over an inode of a simulated disk.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "common/env/file.h"
#include "common/env/sim/disk.h"
#include "common/env/sim/environment.h"

namespace ropewalk::sim {

// What files and the file system share: one process' sight of one disk.
struct DiskAccess {
  SimEnvironment& environment;
  Disk& disk;

  World& world() const { return environment.world(); }
  bool chance(double probability, std::string_view counter) const;
  Result<void> check_alive() const;
  Result<void> check_writable(std::string_view what) const;
  Duration delay() const;
};

// Runs `work` by way of the pool: at the beginning or at the end of its delay, by chance, since a
// process that is killed meanwhile may or may not have done it.
template <class T, class Work>
Task<Result<T>> in_pool(DiskAccess access, Duration takes, Work work) {
  auto start = [&access, takes, &work](OperationRef<Result<T>> operation) {
    World& world = access.world();
    if (world.random().chance(0.5)) {
      auto done = std::make_shared<Result<T>>(work());
      world.schedule(world.now() + takes, &access.environment,
                     [operation, done] { complete(operation, std::move(*done)); });
    } else {
      // The work moves along: the task may be cancelled and gone before it runs.
      world.schedule(
          world.now() + takes, &access.environment,
          [operation, work = std::move(work)]() mutable { complete(operation, work()); });
    }
  };
  Result<T> result =
      co_await suspend<Result<T>>(access.environment.current_core(), std::move(start));
  co_return result;
}

class SimFile final : public env::File {
 public:
  SimFile(DiskAccess access, std::string path, InodePtr inode, bool writable)
      : access_(access), path_(std::move(path)), inode_(std::move(inode)), writable_(writable) {}

  const std::string& path() const override { return path_; }
  Result<void> write_at(std::uint64_t position, std::span<const ByteSpan> pieces) override;
  Result<std::size_t> try_read_at(std::uint64_t position, MutableByteSpan into) override;
  Task<Result<std::size_t>> read_at(std::uint64_t position, MutableByteSpan into) override;
  Result<std::uint64_t> size() override;
  Task<Result<void>> sync() override;
  Task<Result<void>> truncate(std::uint64_t size) override;
  Task<Result<void>> reserve(std::uint64_t position, std::uint64_t length) override;

  // For the network's sends: the bytes that are there, without chance.
  std::size_t copy_out(std::uint64_t position, MutableByteSpan into) const;

 private:
  DiskAccess access_;
  const std::string path_;
  const InodePtr inode_;
  const bool writable_;
};

}  // namespace ropewalk::sim
