// The content of one simulated file: what is in the page cache and what is on the disk.
//
// The unit of what a power cut keeps or loses is a sector; the size is metadata of its own, so that
// a file may come back longer than what was kept of it (zeroes) or cut in the middle. A sector that
// was written several times since its last sync may come back as any of these writes left it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/bytes.h"
#include "common/env/sim/disk_steps.h"

namespace ropewalk::sim {

inline constexpr std::size_t kSectorBytes = 512;

class Inode {
 public:
  // `books` are those of its disk, `number` the file's in them.
  Inode(std::shared_ptr<DiskBooks> books, std::uint64_t number)
      : books_(std::move(books)), number_(number) {}
  ~Inode() { books_->used_bytes -= cached_.size(); }
  Inode(const Inode&) = delete;
  Inode& operator=(const Inode&) = delete;

  std::uint64_t number() const { return number_; }
  ByteSpan bytes() const { return cached_; }
  std::uint64_t size() const { return cached_.size(); }
  void write(std::uint64_t position, ByteSpan bytes);
  void resize(std::uint64_t size);

  // A sync makes durable what was written before it began; what comes in between may be too.
  // Returns the step that it is.
  std::uint64_t begin_sync();
  void finish_sync(std::uint64_t begun);
  // The kernel gave the pages up: they read fine, count as clean, and are not on the disk.
  void fail_sync(std::uint64_t begun);

  struct Cut {
    bool lost = false;  // Some of what was written is gone...
    bool kept = false;  // ... or some unsynced part is there: both are a torn file.
  };
  // Keeps what is chosen of what is not durable; everything is durable afterwards.
  Cut power_cut(CutChoice& choice);

  void flip_bit(std::uint64_t position, unsigned bit);

 private:
  // Whole sectors as a step left them; the last one may end with the file.
  struct Extent {
    std::uint64_t step = 0;
    std::uint64_t first_sector = 0;
    std::uint64_t sectors = 0;
    std::vector<std::byte> bytes;  // Zeroes behind.
  };
  void set_cached_size(std::uint64_t size);
  void change_size(std::uint64_t step, std::uint64_t size);
  void note_sectors(std::uint64_t step, std::uint64_t from, std::uint64_t to);
  void copy_to_disk(const Extent& extent, std::uint64_t first_sector, std::uint64_t sectors);

  const std::shared_ptr<DiskBooks> books_;
  const std::uint64_t number_;
  std::vector<std::byte> cached_;
  std::vector<std::byte> durable_;
  // What was not synced, oldest first.
  std::vector<Extent> dirty_;
  std::vector<SizeStep> sizes_;
};
using InodePtr = std::shared_ptr<Inode>;

}  // namespace ropewalk::sim
