// A number that only grows. Any thread; see core_cells.h.
#pragma once

#include <cstdint>

#include "broker/telemetry/core_cells.h"

namespace ropewalk::telemetry {

class Counter {
 public:
  explicit Counter(env::Environment& environment) : cells_(environment, 1) {}
  void add(std::uint64_t amount = 1) { cells_.add(0, amount); }
  std::uint64_t value() const { return cells_.sum(0); }

 private:
  CoreCells cells_;
};

}  // namespace ropewalk::telemetry
