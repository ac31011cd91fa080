#include "broker/log/space_guard.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "broker/log/segment_files.h"
#include "common/log.h"

namespace ropewalk::log {
namespace {

constexpr const char* kReserveFile = "reserve";
// A disk is looked at again before records can have filled what is free above the floor.
constexpr std::chrono::milliseconds kLookEvery{1000};
constexpr std::chrono::milliseconds kLookEveryAtLeast{20};
constexpr std::uint64_t kFillBytesPerMs = 2 << 20;

// A disk that is freer than the floor by this part of it takes records again: a limit that is met
// from both sides by turns would be worse than either.
constexpr std::uint64_t kSlackShare = 8;

// With less than this part of the reserve free, a disk is full. The same part is kept back, so that
// a broker can still end and start in order when others fill the disk again.
constexpr std::uint64_t kLastShare = 8;

constexpr telemetry::Family kTotal{"ropewalk_disk_total_bytes",
                                   "Size of the file system that a data directory is on."};
constexpr telemetry::Family kFree{"ropewalk_disk_free_bytes",
                                  "Free space of the file system that a data directory is on."};
constexpr telemetry::Family kFloor{
    "ropewalk_disk_floor_bytes",
    "With less free space than this a data directory takes no records (disk_floor_bytes)."};
constexpr telemetry::Family kShort{
    "ropewalk_disk_below_floor",
    "Whether a data directory takes no records for want of free space."};
constexpr telemetry::Family kReserve{
    "ropewalk_disk_reserve_held",
    "Whether the space that a full disk is given is held back in whole."};

}  // namespace

Task<Result<void>> SpaceGuard::start() {
  auto made = co_await make_reserve();
  if (!made && made.error().code != Errc::disk_full) co_return made;
  co_await look();
  co_return Result<void>();
}

Task<void> SpaceGuard::watch(env::Environment& environment, env::Core& home) {
  for (;;) {
    auto pause = kLookEvery;
    if (!is_short() && limits_.floor_bytes > 0) {
      const std::uint64_t above = free_bytes_ - std::min(free_bytes_, limits_.floor_bytes);
      pause = std::chrono::milliseconds(std::min<std::uint64_t>(
          above / kFillBytesPerMs, static_cast<std::uint64_t>(kLookEvery.count())));
    }
    const bool slept =
        co_await home.sleep_until(environment.now() + std::max(pause, kLookEveryAtLeast));
    if (!slept) co_return;
    co_await look();
  }
}

Task<void> SpaceGuard::make_room() {
  co_await look();
  if (free_bytes_ >= limits_.reserve_bytes / kLastShare) co_return;
  const auto released = co_await release_reserve();
  if (!released) log_warn("giving the reserve: {}", released.error());
}

Task<void> SpaceGuard::look() {
  const auto space = co_await files_.space();
  if (!space) co_return;  // What is wrong with the disk, those who use it tell.
  free_bytes_ = space->free_bytes;
  total_bytes_ = space->total_bytes;
  const std::uint64_t roomy = limits_.floor_bytes + limits_.floor_bytes / kSlackShare;
  if (!is_short() && space->free_bytes < limits_.floor_bytes)
    set_short(true, *space);
  else if (is_short() && space->free_bytes >= roomy)
    set_short(false, *space);

  if (!reserve_missing_ && space->free_bytes < limits_.reserve_bytes / kLastShare) {
    log_warn("data_dir {} is full: it is given most of its reserve of {} bytes", files_.name(),
             limits_.reserve_bytes);
    const auto released = co_await release_most();
    if (!released) log_warn("giving the reserve: {}", released.error());
  } else if (reserve_missing_ && space->free_bytes >= roomy + 2 * limits_.reserve_bytes) {
    const auto made = co_await make_reserve();
    if (!made) log_warn("making the reserve again: {}", made.error());
  }
}

void SpaceGuard::set_short(bool is_short, const env::DiskSpace& space) {
  short_.store(is_short, std::memory_order_relaxed);
  if (is_short)
    log_warn(
        "data_dir {} has {} of {} bytes free, disk_floor_bytes is {}: it takes no more records "
        "from clients; reading and deleting go on",
        files_.name(), space.free_bytes, space.total_bytes, limits_.floor_bytes);
  else
    log_info("data_dir {} has {} bytes free: it takes records again", files_.name(),
             space.free_bytes);
}

void SpaceGuard::show(telemetry::Page& page) const {
  const std::string name = files_.name();
  page.gauge(kTotal, {{"data_dir", name}}, total_bytes_);
  page.gauge(kFree, {{"data_dir", name}}, free_bytes_);
  page.gauge(kFloor, {{"data_dir", name}}, limits_.floor_bytes);
  page.gauge(kShort, {{"data_dir", name}}, is_short());
  page.gauge(kReserve, {{"data_dir", name}}, !reserve_missing_);
}

Error SpaceGuard::shortage() const {
  return {Errc::disk_full,
          fmt::format("data_dir {} has less free space than disk_floor_bytes ({}); delete topics "
                      "or records, or add space",
                      files_.name(), limits_.floor_bytes)};
}

Task<Result<void>> SpaceGuard::release_reserve() {
  reserve_missing_ = true;
  CO_TRY_VOID(co_await remove_if_there(files_, kReserveFile));
  co_return co_await files_.sync_directory("");
}

Task<Result<void>> SpaceGuard::release_most() {
  reserve_missing_ = true;
  CO_TRY(auto file, co_await files_.open(kReserveFile, env::OpenMode::read_write));
  CO_TRY_VOID(co_await file->truncate(limits_.reserve_bytes / kLastShare));
  co_return co_await file->sync();
}

Task<Result<void>> SpaceGuard::make_reserve() {
  constexpr std::size_t kPiece = 64 << 10;
  auto there = co_await files_.open(kReserveFile, env::OpenMode::read_only);
  if (there) {
    CO_TRY(const auto size, (*there)->size());
    reserve_missing_ = size != limits_.reserve_bytes;
    if (!reserve_missing_) co_return Result<void>();
  }
  reserve_missing_ = false;  // Before the first wait: one at a time.
  // Really written, since blocks that are only promised may not be there when they are needed.
  CO_TRY(auto file, co_await files_.open(kReserveFile, env::OpenMode::create_or_truncate));
  const std::vector<std::byte> zeros(kPiece);
  Result<void> outcome;
  for (std::uint64_t at = 0; at < limits_.reserve_bytes && outcome; at += kPiece) {
    const ByteSpan piece = ByteSpan(zeros).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, limits_.reserve_bytes - at)));
    outcome = file->write_at(at, std::span(&piece, 1));
  }
  if (outcome) outcome = co_await file->sync();
  if (!outcome) {
    file.reset();
    there = {};
    co_await release_reserve();
  }
  co_return outcome;
}

}  // namespace ropewalk::log
