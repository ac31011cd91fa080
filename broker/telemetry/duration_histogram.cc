#include "broker/telemetry/duration_histogram.h"

#include <algorithm>

namespace ropewalk::telemetry {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr env::Duration kUsualBounds[] = {
    microseconds(50),   microseconds(100), microseconds(250), microseconds(500), milliseconds(1),
    microseconds(2500), milliseconds(5),   milliseconds(10),  milliseconds(25),  milliseconds(50),
    milliseconds(100),  milliseconds(250), milliseconds(500), seconds(1),        milliseconds(2500),
    seconds(5),         seconds(10),       seconds(30)};

double in_seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

}  // namespace

std::span<const env::Duration> DurationHistogram::usual_bounds() { return kUsualBounds; }

void DurationHistogram::observe(env::Duration took) {
  const auto bucket = std::ranges::lower_bound(bounds_, took) - bounds_.begin();
  cells_.add(static_cast<std::size_t>(bucket), 1);
  cells_.add(sum_cell(), static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
}

DurationHistogram::Totals DurationHistogram::totals() const {
  Totals totals;
  for (std::size_t i = 0; i < bounds_.size(); i++) {
    totals.count += cells_.sum(i);
    totals.buckets.push_back({in_seconds(bounds_[i].count()), totals.count});
  }
  totals.count += cells_.sum(bounds_.size());
  totals.sum_seconds = in_seconds(static_cast<std::int64_t>(cells_.sum(sum_cell())));
  return totals;
}

}  // namespace ropewalk::telemetry
