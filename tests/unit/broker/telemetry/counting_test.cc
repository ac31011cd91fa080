#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/telemetry/counter.h"
#include "broker/telemetry/duration_histogram.h"
#include "broker/telemetry/error_counts.h"
#include "broker/telemetry/level.h"
#include "tests/support/node_rig.h"

namespace ropewalk::telemetry {
namespace {

using namespace std::chrono_literals;

class Counting : public testing::Test {
 protected:
  // Runs the function once on each core, the control core included.
  template <class F>
  void on_all_cores(F function) {
    std::size_t left = cores();
    for (std::size_t index = 0; index < cores(); index++) {
      rig_.environment().core(index).post([&, index] {
        function(index);
        left--;
      });
    }
    ASSERT_TRUE(rig_.until([&] { return left == 0; }));
  }
  std::size_t cores() { return rig_.environment().core_count() + 1; }

  NodeRig rig_{5, 3};
};

TEST_F(Counting, AddsUpOverCoresAndOtherThreads) {
  Counter counter(rig_.environment());
  on_all_cores([&](std::size_t index) {
    counter.add();
    counter.add(10 * (index + 1));
  });
  EXPECT_EQ(counter.value(), 4 + 10 + 20 + 30 + 40U);
  // Threads that are no cores share a copy.
  std::vector<std::thread> others;
  for (int i = 0; i < 4; i++) {
    others.emplace_back([&] {
      for (int n = 0; n < 1000; n++) counter.add();
    });
  }
  for (std::thread& other : others) other.join();
  EXPECT_EQ(counter.value(), 104 + 4000U);
}

// What one core adds another may take away.
TEST_F(Counting, ALevelGoesUpAndDownOverCores) {
  Level level(rig_.environment());
  on_all_cores([&](std::size_t index) {
    if (index == 0) level.moved(0, 10);
    if (index == 1) level.moved(10, 4);
  });
  EXPECT_EQ(level.value(), 4U);
}

TEST_F(Counting, CellsOfOneSetDoNotMix) {
  CoreCells cells(rig_.environment(), 20);
  on_all_cores([&](std::size_t) {
    for (std::size_t cell = 0; cell < 20; cell++) cells.add(cell, cell);
  });
  for (std::size_t cell = 0; cell < 20; cell++) EXPECT_EQ(cells.sum(cell), cell * cores());
}

TEST_F(Counting, ADurationBelongsToTheFirstBucketThatHoldsIt) {
  static constexpr env::Duration kBounds[] = {1ms, 10ms, 100ms};
  DurationHistogram histogram(rig_.environment(), kBounds);
  for (const env::Duration took : {env::Duration(0ms), env::Duration(1ms), env::Duration(2ms),
                                   env::Duration(100ms), env::Duration(101ms), env::Duration(5s)})
    histogram.observe(took);
  histogram.observe(-1ms);  // A clock that is no clock.
  const auto totals = histogram.totals();
  ASSERT_EQ(totals.buckets.size(), 3U);
  EXPECT_EQ(totals.buckets[0].count, 3U);
  EXPECT_EQ(totals.buckets[1].count, 4U);
  EXPECT_EQ(totals.buckets[2].count, 5U);
  EXPECT_DOUBLE_EQ(totals.buckets[1].bound_seconds, 0.01);
  EXPECT_EQ(totals.count, 7U);
  EXPECT_DOUBLE_EQ(totals.sum_seconds, 5.204);
}

TEST_F(Counting, EveryErrorHasItsOwnNumber) {
  ErrorCounts counts(rig_.environment());
  const std::vector<Errc> codes = {Errc::unknown_server_error, Errc::offset_out_of_range,
                                   Errc::inconsistent_cluster_id, Errc::cancelled, Errc::not_empty};
  for (std::size_t i = 0; i < codes.size(); i++)
    for (std::size_t n = 0; n <= i; n++) counts.add(codes[i]);
  counts.add(static_cast<Errc>(4711));  // Of a later version: counted as unknown.
  counts.add(static_cast<Errc>(-2));
  std::vector<std::pair<Errc, std::uint64_t>> seen;
  counts.for_each([&](Errc code, std::uint64_t count) { seen.emplace_back(code, count); });
  EXPECT_THAT(seen, testing::ElementsAre(std::pair(codes[0], 3U), std::pair(codes[1], 2U),
                                         std::pair(codes[2], 3U), std::pair(codes[3], 4U),
                                         std::pair(codes[4], 5U)));
}

}  // namespace
}  // namespace ropewalk::telemetry
