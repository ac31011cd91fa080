#include "client/cli/bench/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace ropewalk::cli {
namespace {

using std::chrono::nanoseconds;

TEST(LatencyHistogram, IsExactForSmallValues) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 200; i++) histogram.record(nanoseconds(i));
  EXPECT_EQ(histogram.count(), 200U);
  EXPECT_EQ(histogram.at(0), nanoseconds(1));
  EXPECT_EQ(histogram.at(0.5), nanoseconds(100));
  EXPECT_EQ(histogram.at(0.99), nanoseconds(198));
  EXPECT_EQ(histogram.at(1), nanoseconds(200));
  EXPECT_EQ(histogram.max(), nanoseconds(200));
}

TEST(LatencyHistogram, HasNothingToSayOfNothing) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.at(0.5), nanoseconds(0));
  EXPECT_EQ(histogram.max(), nanoseconds(0));
}

TEST(LatencyHistogram, TakesTheSmallestAndTheLargest) {
  LatencyHistogram histogram;
  histogram.record(nanoseconds(-5));
  histogram.record(nanoseconds::max());
  EXPECT_EQ(histogram.at(0.5), nanoseconds(0));
  EXPECT_EQ(histogram.at(1), nanoseconds::max());
}

// One that is far out is the maximum, and moves no other percentile.
TEST(LatencyHistogram, KeepsAnOutlierToItself) {
  LatencyHistogram histogram;
  for (int i = 0; i < 999; i++) histogram.record(std::chrono::microseconds(100));
  histogram.record(std::chrono::seconds(3));
  EXPECT_LT(histogram.at(0.99), std::chrono::microseconds(101));
  EXPECT_LT(histogram.at(0.999), std::chrono::microseconds(101));
  EXPECT_EQ(histogram.max(), std::chrono::seconds(3));
  EXPECT_EQ(histogram.at(1), std::chrono::seconds(3));
}

// Never less than the value of that rank, and at most 1% more.
TEST(LatencyHistogramProperty, IsWithinOnePercentOfTheTruth) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 30; round++) {
    LatencyHistogram histogram;
    std::vector<std::int64_t> all(1 + random() % 3000);
    for (std::int64_t& value : all) {
      value = static_cast<std::int64_t>(random() >> (1 + random() % 62));
      histogram.record(nanoseconds(value));
    }
    std::ranges::sort(all);
    for (const double part : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const double rank = std::ceil(part * static_cast<double>(all.size()));
      const std::int64_t truth = all[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
      const std::int64_t said = histogram.at(part).count();
      EXPECT_GE(said, truth);
      EXPECT_LE(said - truth, truth / 100);
      EXPECT_LE(said, all.back());
    }
  }
}

}  // namespace
}  // namespace ropewalk::cli
