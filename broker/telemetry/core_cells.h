// Numbers that several cores add to and that somebody sums up now and then.
//
// Each core has a copy of its own, in cache lines of its own: adding takes no lock and touches no
// memory that another core writes. Any thread; one that is no core shares a copy with others of its
// kind.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "common/env/core.h"
#include "common/env/environment.h"

namespace ropewalk::telemetry {

class CoreCells {
 public:
  // `environment` outlives it.
  CoreCells(env::Environment& environment, std::size_t count)
      : environment_(environment),
        lines_of_core_((count + kLineCells - 1) / kLineCells),
        copies_(environment.core_count() + 2),
        lines_(std::make_unique<Line[]>(lines_of_core_ * copies_)) {}

  // Pre: index < count.
  void add(std::size_t index, std::uint64_t amount) {
    if (const env::Core* const core = environment_.current_core_or_null()) {
      // Nobody else writes it.
      std::atomic<std::uint64_t>& cell = at(core->index(), index);
      cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    } else {
      at(copies_ - 1, index).fetch_add(amount, std::memory_order_relaxed);
    }
  }

  std::uint64_t sum(std::size_t index) const {
    std::uint64_t total = 0;
    for (std::size_t copy = 0; copy < copies_; copy++)
      total += at(copy, index).load(std::memory_order_relaxed);
    return total;
  }

 private:
  static constexpr std::size_t kLineCells = 8;
  struct alignas(kLineCells * sizeof(std::uint64_t)) Line {
    std::array<std::atomic<std::uint64_t>, kLineCells> cells{};
  };
  std::atomic<std::uint64_t>& at(std::size_t copy, std::size_t index) const {
    return lines_[copy * lines_of_core_ + index / kLineCells].cells[index % kLineCells];
  }

  env::Environment& environment_;
  const std::size_t lines_of_core_;
  const std::size_t copies_;  // The data cores, the control core, and all other threads.
  const std::unique_ptr<Line[]> lines_;
};

}  // namespace ropewalk::telemetry
