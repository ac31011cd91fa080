// A number that goes up and down, added up over the cores. Any thread; see core_cells.h.
#pragma once

#include <cstdint>

#include "broker/telemetry/core_cells.h"

namespace ropewalk::telemetry {

class Level {
 public:
  explicit Level(env::Environment& environment) : cells_(environment, 1) {}
  // The calling core's part of it changed. A core's own cell may be below zero: only the sum means
  // something, and unsigned numbers wrap.
  void moved(std::uint64_t from, std::uint64_t to) {
    if (from != to) cells_.add(0, to - from);
  }
  std::uint64_t value() const { return cells_.sum(0); }

 private:
  CoreCells cells_;
};

}  // namespace ropewalk::telemetry
