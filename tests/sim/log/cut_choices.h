// What a cut of a recorded run keeps of the steps that were not synced.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "common/env/sim/disk_steps.h"
#include "common/env/sim/inode.h"

namespace ropewalk::log {

struct Tear {
  std::uint64_t step = 0;  // Of a write that is kept otherwise.
  std::uint64_t sector = 0;
  bool head = true;  // The sectors in front of that one are there; or those from it on.
};

// By step: each is kept or lost whole, or torn at a sector.
class ChosenCut final : public sim::CutChoice {
 public:
  using Keeps = std::function<bool(std::uint64_t step)>;
  explicit ChosenCut(Keeps names, Keeps bytes, Tear tear = {})
      : names_(std::move(names)), bytes_(std::move(bytes)), tear_(tear) {}

  bool keeps_name(std::uint64_t step) override { return names_(step); }
  std::uint64_t size(std::span<const sim::SizeStep> sizes) override {
    for (std::size_t i = sizes.size() - 1; i > 0; i--) {
      if (!bytes_(sizes[i].step)) continue;
      if (sizes[i].step != tear_.step || !tear_.head) return sizes[i].size;
      return std::clamp(tear_.sector * sim::kSectorBytes,
                        std::min(sizes[i - 1].size, sizes[i].size), sizes[i].size);
    }
    return sizes.front().size;
  }
  bool keeps_sector(std::uint64_t step, std::uint64_t sector) override {
    if (step == tear_.step && (sector < tear_.sector) != tear_.head) return false;
    return bytes_(step);
  }

 private:
  const Keeps names_;
  const Keeps bytes_;
  const Tear tear_;
};

// Keeps the names and notes every step that is not synced.
class UnsyncedSteps final : public sim::CutChoice {
 public:
  struct Write {
    std::uint64_t step = 0;
    std::uint64_t first_sector = 0;
    std::uint64_t last_sector = 0;
  };
  bool keeps_name(std::uint64_t step) override {
    steps.insert(step);
    return true;
  }
  std::uint64_t size(std::span<const sim::SizeStep> sizes) override {
    for (const sim::SizeStep& each : sizes.subspan(1)) steps.insert(each.step);
    return std::ranges::max(sizes, {}, &sim::SizeStep::size)
        .size;  // So that all sectors are asked.
  }
  bool keeps_sector(std::uint64_t step, std::uint64_t sector) override {
    steps.insert(step);
    Write& write = writes.try_emplace(step, Write{step, sector, sector}).first->second;
    write.last_sector = std::max(write.last_sector, sector);
    return false;
  }

  std::set<std::uint64_t> steps;
  std::map<std::uint64_t, Write> writes;
};

}  // namespace ropewalk::log
