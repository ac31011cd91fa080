// How long things of one kind took, counted in buckets. Any thread; see core_cells.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "broker/telemetry/core_cells.h"
#include "common/env/time.h"

namespace ropewalk::telemetry {

class DurationHistogram {
 public:
  // From 50 us to 30 s, for what runs from a page cache's speed to a slow disk's.
  static std::span<const env::Duration> usual_bounds();

  // A duration belongs to the first bucket whose bound it does not exceed, or to one more behind
  // the last. `bounds` rise and outlive it.
  explicit DurationHistogram(env::Environment& environment,
                             std::span<const env::Duration> bounds = usual_bounds())
      : bounds_(bounds), cells_(environment, bounds.size() + 2) {}

  void observe(env::Duration took);

  struct Bucket {
    double bound_seconds = 0;
    std::uint64_t count = 0;  // Of those up to the bound.
  };
  struct Totals {
    std::vector<Bucket> buckets;
    std::uint64_t count = 0;  // Of all.
    double sum_seconds = 0;
  };
  Totals totals() const;

 private:
  // Cells: a bucket each, then the one behind the last bound, then the sum of nanoseconds.
  std::size_t sum_cell() const { return bounds_.size() + 1; }

  const std::span<const env::Duration> bounds_;
  CoreCells cells_;
};

}  // namespace ropewalk::telemetry
