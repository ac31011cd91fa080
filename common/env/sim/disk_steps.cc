#include "common/env/sim/disk_steps.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/env/sim/disk.h"
#include "common/error.h"

namespace ropewalk::sim {

std::string describe(const DiskStep& step) {
  using enum DiskStep::Kind;
  switch (step.kind) {
    case write:
      return fmt::format("write file {} at {}, {} bytes", step.file, step.number,
                         step.bytes.size());
    case resize:
      return fmt::format("resize file {} to {}", step.file, step.number);
    case begin_sync:
      return fmt::format("begin to sync file {}", step.file);
    case finish_sync:
      return fmt::format("file {} is synced as of step {}", step.file, step.number);
    case fail_sync:
      return fmt::format("file {} could not be synced as of step {}", step.file, step.number);
    case add:
      return step.file == 0 ? fmt::format("make folder {}", step.path)
                            : fmt::format("make {}, file {}", step.path, step.file);
    case remove:
      return fmt::format("remove {}", step.path);
    case rename:
      return fmt::format("rename {} to {}", step.path, step.to);
    case sync_directory:
      return fmt::format("sync folder '{}'", step.path);
  }
  return "?";
}

namespace {

constexpr std::array kNames{0.0, 0.5, 0.5, 0.9};
constexpr std::array kSectors{0.0, 0.1, 0.5, 0.9, 1.0};

}  // namespace

RandomCut::RandomCut(env::Random& random)
    : random_(random), names_(kNames[random.below(kNames.size())]) {}

bool RandomCut::keeps_name(std::uint64_t) { return random_.chance(names_); }

void RandomCut::next_file(std::uint64_t) { sectors_ = kSectors[random_.below(kSectors.size())]; }

std::uint64_t RandomCut::size(std::span<const SizeStep> sizes) {
  switch (random_.below(3)) {
    case 0:
      return sizes.front().size;
    case 1:
      return sizes.back().size;
    default: {
      const auto [least, most] = std::ranges::minmax(sizes, {}, &SizeStep::size);
      return least.size + random_.below(most.size - least.size + 1);
    }
  }
}

bool RandomCut::keeps_sector(std::uint64_t, std::uint64_t) { return random_.chance(sectors_); }

void DiskReplay::take(const DiskStep& step) {
  using enum DiskStep::Kind;
  Result<void> done;
  switch (step.kind) {
    case write:
      file(step).write(step.number, as_bytes(step.bytes));
      break;
    case resize:
      file(step).resize(step.number);
      break;
    case begin_sync:
      file(step).begin_sync();
      break;
    case finish_sync:
      file(step).finish_sync(step.number);
      break;
    case fail_sync:
      file(step).fail_sync(step.number);
      break;
    case add:
      if (step.file == 0) {
        done = disk_.make_directories(step.path);
      } else if (auto made = disk_.create(step.path)) {
        ENSURE((*made)->number() == step.file, "file {} became {}", step.file, (*made)->number());
        files_[step.file] = std::move(*made);
      } else {
        done = std::unexpected(made.error());
      }
      break;
    case remove:
      done = disk_.remove(step.path);
      break;
    case rename:
      done = disk_.rename(step.path, step.to);
      break;
    case sync_directory:
      done = disk_.sync_directory(step.path);
      break;
  }
  ENSURE(done, "doing it again, {}: {}", describe(step), done.error());
}

}  // namespace ropewalk::sim
