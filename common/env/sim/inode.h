// The content of one simulated file: what is in the page cache and what is on the disk.
//
// The unit of what a power cut keeps or loses is a sector; the size is metadata of its own, so that
// a file may come back longer than what was kept of it (zeroes) or cut in the middle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "common/bytes.h"
#include "common/env/random.h"

namespace ropewalk::sim {

inline constexpr std::size_t kSectorBytes = 512;

class Inode {
 public:
  // `used` counts the bytes of all files of the disk.
  explicit Inode(std::shared_ptr<std::uint64_t> used) : used_(std::move(used)) {}
  ~Inode() { *used_ -= cached_.size(); }
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;

  ByteSpan bytes() const { return cached_; }
  std::uint64_t size() const { return cached_.size(); }
  void write(std::uint64_t position, ByteSpan bytes);
  void resize(std::uint64_t size);

  // A sync makes durable what was written before it began; what comes in between may be too.
  using Sectors = std::set<std::uint64_t>;
  Sectors begin_sync() const { return dirty_; }
  void finish_sync(const Sectors& begun);
  // The kernel gave the pages up: they read fine, count as clean, and are not on the disk.
  void fail_sync(const Sectors& begun);

  struct Cut {
    bool lost = false;  // Some of what was written is gone...
    bool kept = false;  // ... or some unsynced part is there: both are a torn file.
    bool size_only = false;
  };
  // Keeps a random subset of what is not durable; everything is durable afterwards.
  Cut power_cut(env::Random& random);

  void flip_bit(std::uint64_t position, unsigned bit);

 private:
  void set_cached_size(std::uint64_t size);
  void copy_to_disk(std::uint64_t sector);

  std::shared_ptr<std::uint64_t> used_;
  std::vector<std::byte> cached_;
  std::vector<std::byte> durable_;
  Sectors dirty_;
  bool size_dirty_ = false;
};
using InodePtr = std::shared_ptr<Inode>;

}  // namespace ropewalk::sim
