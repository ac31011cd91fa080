#include "common/env/sim/inode.h"

#include <algorithm>
#include <cstring>

namespace ropewalk::sim {

namespace {

std::uint64_t sector_of(std::uint64_t position) { return position / kSectorBytes; }

}  // namespace

void Inode::set_cached_size(std::uint64_t size) {
  *used_ += size;
  *used_ -= cached_.size();
  cached_.resize(size);
}

void Inode::write(std::uint64_t position, ByteSpan bytes) {
  if (bytes.empty()) return;
  const std::uint64_t end = position + bytes.size();
  if (end > cached_.size()) resize(end);
  std::memcpy(cached_.data() + position, bytes.data(), bytes.size());
  for (std::uint64_t sector = sector_of(position); sector <= sector_of(end - 1); sector++)
    dirty_.insert(sector);
}

void Inode::resize(std::uint64_t size) {
  if (size == cached_.size()) return;
  // Also the sectors that were cut off: what is on the disk there must not come back later as part
  // of a longer file.
  const std::uint64_t from = std::min<std::uint64_t>(size, cached_.size());
  const std::uint64_t to = std::max<std::uint64_t>(size, cached_.size());
  for (std::uint64_t sector = sector_of(from); sector <= sector_of(to - 1); sector++)
    dirty_.insert(sector);
  set_cached_size(size);
  size_dirty_ = true;
}

void Inode::copy_to_disk(std::uint64_t sector) {
  const std::uint64_t from = sector * kSectorBytes;
  const std::uint64_t on_disk = std::min<std::uint64_t>(from + kSectorBytes, durable_.size());
  if (from >= on_disk) return;
  const std::uint64_t in_cache = std::clamp<std::uint64_t>(cached_.size(), from, on_disk);
  if (in_cache > from) std::memcpy(durable_.data() + from, cached_.data() + from, in_cache - from);
  std::memset(durable_.data() + in_cache, 0, on_disk - in_cache);
}

void Inode::finish_sync(const Sectors& begun) {
  durable_.resize(cached_.size());
  for (const std::uint64_t sector : begun) {
    copy_to_disk(sector);
    dirty_.erase(sector);
  }
  size_dirty_ = false;
}

void Inode::fail_sync(const Sectors& begun) {
  for (const std::uint64_t sector : begun) dirty_.erase(sector);
}

Inode::Cut Inode::power_cut(env::Random& random) {
  Cut cut;
  std::uint64_t size = cached_.size();
  if (size_dirty_) {
    const std::uint64_t least = std::min<std::uint64_t>(durable_.size(), cached_.size());
    const std::uint64_t most = std::max<std::uint64_t>(durable_.size(), cached_.size());
    switch (random.below(3)) {
      case 0:
        size = durable_.size();
        break;
      case 1:
        break;
      default:
        size = least + random.below(most - least + 1);
        break;
    }
    cut.lost = size != cached_.size();
  }
  durable_.resize(size);
  // Some cuts lose nearly nothing and some nearly all: those are the interesting ones.
  const double keep[] = {0.0, 0.1, 0.5, 0.9, 1.0};
  const double chance = keep[random.below(std::size(keep))];
  for (const std::uint64_t sector : dirty_) {
    if (sector * kSectorBytes >= size) continue;
    if (random.chance(chance)) {
      copy_to_disk(sector);
      cut.kept = true;
    } else {
      cut.lost = true;
    }
  }
  cut.size_only = size_dirty_ && cut.lost && !cut.kept && size == cached_.size();
  dirty_.clear();
  size_dirty_ = false;
  set_cached_size(size);
  std::copy(durable_.begin(), durable_.end(), cached_.begin());
  return cut;
}

void Inode::flip_bit(std::uint64_t position, unsigned bit) {
  if (position < cached_.size()) cached_[position] ^= static_cast<std::byte>(1U << (bit % 8));
  if (position < durable_.size()) durable_[position] ^= static_cast<std::byte>(1U << (bit % 8));
}

}  // namespace ropewalk::sim
