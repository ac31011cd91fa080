#include "client/cli/bench/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ropewalk::cli {
namespace {

constexpr unsigned kKeptBits = 8;  // The first is always set, but in the lowest row.
constexpr std::uint64_t kRow = std::uint64_t{1} << (kKeptBits - 1);
constexpr std::size_t kBuckets = (64 - kKeptBits) * kRow + 2 * kRow;

// So many low bits of a value are not kept.
unsigned dropped_bits(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  return width > kKeptBits ? width - kKeptBits : 0;
}

std::size_t bucket_of(std::uint64_t value) {
  const unsigned dropped = dropped_bits(value);
  return dropped * kRow + (value >> dropped);
}

// The largest value of a bucket.
std::uint64_t top_of(std::size_t bucket) {
  if (bucket < 2 * kRow) return bucket;
  const std::uint64_t dropped = bucket / kRow - 1;
  const std::uint64_t kept = bucket - dropped * kRow;
  return ((kept + 1) << dropped) - 1;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(kBuckets) {}

void LatencyHistogram::record(std::chrono::nanoseconds latency) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  counts_[bucket_of(value)]++;
  count_++;
  max_ = std::max(max_, value);
}

std::chrono::nanoseconds LatencyHistogram::at(double part) const {
  const double rank = std::ceil(std::clamp(part, 0.0, 1.0) * static_cast<double>(count_));
  const auto wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts_.size(); bucket++) {
    seen += counts_[bucket];
    if (seen >= wanted) return std::chrono::nanoseconds(std::min(top_of(bucket), max_));
  }
  return max();
}

}  // namespace ropewalk::cli
