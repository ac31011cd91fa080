#include "common/env/sim/inode.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace ropewalk::sim {

namespace {

std::uint64_t sector_of(std::uint64_t position) { return position / kSectorBytes; }

// How many of the first ones a sync covers that began with the step `begun`.
template <class Steps>
std::ptrdiff_t covered(const Steps& steps, std::uint64_t begun) {
  return std::ranges::find_if(steps, [begun](const auto& each) { return each.step > begun; }) -
         steps.begin();
}

}  // namespace

void Inode::set_cached_size(std::uint64_t size) {
  books_->used_bytes += size;
  books_->used_bytes -= cached_.size();
  cached_.resize(size);
}

void Inode::note_sectors(std::uint64_t step, std::uint64_t from, std::uint64_t to) {
  Extent& extent = dirty_.emplace_back();
  extent.step = step;
  extent.first_sector = sector_of(from);
  extent.sectors = sector_of(to - 1) + 1 - extent.first_sector;
  const std::uint64_t begin = std::min<std::uint64_t>(extent.first_sector * kSectorBytes, size());
  const std::uint64_t end =
      std::min<std::uint64_t>((extent.first_sector + extent.sectors) * kSectorBytes, size());
  extent.bytes.assign(cached_.begin() + static_cast<std::ptrdiff_t>(begin),
                      cached_.begin() + static_cast<std::ptrdiff_t>(end));
}

void Inode::change_size(std::uint64_t step, std::uint64_t size) {
  set_cached_size(size);
  sizes_.push_back({step, size});
}

void Inode::write(std::uint64_t position, ByteSpan bytes) {
  if (bytes.empty()) return;
  const std::uint64_t step = books_->step([&] {
    return DiskStep{DiskStep::Kind::write, number_, position, std::string(as_text(bytes)), {}, {}};
  });
  const std::uint64_t end = position + bytes.size();
  const std::uint64_t from = std::min<std::uint64_t>(position, cached_.size());
  if (end > cached_.size()) change_size(step, end);
  std::memcpy(cached_.data() + position, bytes.data(), bytes.size());
  note_sectors(step, from, end);
}

void Inode::resize(std::uint64_t size) {
  if (size == cached_.size()) return;
  const std::uint64_t step =
      books_->step([&] { return DiskStep{DiskStep::Kind::resize, number_, size, {}, {}, {}}; });
  // Also the sectors that were cut off: what is on the disk there must not come back later as part
  // of a longer file.
  const std::uint64_t from = std::min<std::uint64_t>(size, cached_.size());
  const std::uint64_t to = std::max<std::uint64_t>(size, cached_.size());
  change_size(step, size);
  note_sectors(step, from, to);
}

void Inode::copy_to_disk(const Extent& extent, std::uint64_t first_sector, std::uint64_t sectors) {
  const std::uint64_t from = first_sector * kSectorBytes;
  const std::uint64_t to = std::min<std::uint64_t>(from + sectors * kSectorBytes, durable_.size());
  if (from >= to) return;
  const std::uint64_t skip = from - extent.first_sector * kSectorBytes;
  const std::uint64_t there = extent.bytes.size() > skip ? extent.bytes.size() - skip : 0;
  const std::uint64_t count = std::min(there, to - from);
  if (count > 0) std::memcpy(durable_.data() + from, extent.bytes.data() + skip, count);
  std::memset(durable_.data() + from + count, 0, to - from - count);
}

std::uint64_t Inode::begin_sync() {
  return books_->step([&] { return DiskStep{DiskStep::Kind::begin_sync, number_, 0, {}, {}, {}}; });
}

void Inode::finish_sync(std::uint64_t begun) {
  books_->step([&] { return DiskStep{DiskStep::Kind::finish_sync, number_, begun, {}, {}, {}}; });
  if (const auto count = covered(sizes_, begun)) {
    durable_.resize(sizes_[static_cast<std::size_t>(count) - 1].size);
    sizes_.erase(sizes_.begin(), sizes_.begin() + count);
  }
  const auto count = covered(dirty_, begun);
  for (auto it = dirty_.begin(); it != dirty_.begin() + count; ++it)
    copy_to_disk(*it, it->first_sector, it->sectors);
  dirty_.erase(dirty_.begin(), dirty_.begin() + count);
}

void Inode::fail_sync(std::uint64_t begun) {
  books_->step([&] { return DiskStep{DiskStep::Kind::fail_sync, number_, begun, {}, {}, {}}; });
  dirty_.erase(dirty_.begin(), dirty_.begin() + covered(dirty_, begun));
}

Inode::Cut Inode::power_cut(CutChoice& choice) {
  Cut cut;
  choice.next_file(number_);
  if (!sizes_.empty()) {
    sizes_.insert(sizes_.begin(), {0, durable_.size()});
    const std::uint64_t size = choice.size(sizes_);
    cut.lost = size != cached_.size();
    durable_.resize(size);
  }
  std::map<std::uint64_t, std::vector<const Extent*>> writes;  // Of each sector, oldest first.
  for (const Extent& extent : dirty_)
    for (std::uint64_t i = 0; i < extent.sectors; i++)
      if ((extent.first_sector + i) * kSectorBytes < durable_.size())
        writes[extent.first_sector + i].push_back(&extent);
  for (const auto& [sector, extents] : writes) {
    const auto kept = std::ranges::find_if(
        extents.rbegin(), extents.rend(),
        [&](const Extent* extent) { return choice.keeps_sector(extent->step, sector); });
    if (kept != extents.rend()) {
      copy_to_disk(**kept, sector, 1);
      cut.kept = true;
    }
    if (kept != extents.rbegin()) cut.lost = true;
  }
  dirty_.clear();
  sizes_.clear();
  set_cached_size(durable_.size());
  std::copy(durable_.begin(), durable_.end(), cached_.begin());
  return cut;
}

void Inode::flip_bit(std::uint64_t position, unsigned bit) {
  if (position < cached_.size()) cached_[position] ^= static_cast<std::byte>(1U << (bit % 8));
  if (position < durable_.size()) durable_[position] ^= static_cast<std::byte>(1U << (bit % 8));
}

}  // namespace ropewalk::sim
