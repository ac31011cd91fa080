// How often which latency was seen: counts that are linear within each power of two, as
// HdrHistogram's are. Of fixed size, whatever is recorded; values keep seven bits (under 1% off).
// One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace ropewalk::cli {

class LatencyHistogram {
 public:
  LatencyHistogram();

  void record(std::chrono::nanoseconds latency);  // Below zero counts as zero.

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_); }
  // What that part (0 to 1) of all did not exceed: at most 1% more than it was, and never more than
  // max(). Zero if there is none.
  std::chrono::nanoseconds at(double part) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace ropewalk::cli
