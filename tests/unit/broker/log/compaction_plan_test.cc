#include "broker/log/compaction_plan.h"

#include <vector>

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kNow = 1'000'000;

// Ten offsets each, written one second after the other; the last `dirty` of them are dirty.
std::vector<CompactableSegment> segments(std::size_t count, std::size_t dirty) {
  std::vector<CompactableSegment> all;
  for (std::size_t i = 0; i < count; i++) {
    const auto number = static_cast<std::int64_t>(i);
    all.push_back({.base = Offset(number * 10),
                   .end = Offset(number * 10 + 10),
                   .bytes = 1000,
                   .clean = i < count - dirty,
                   .first_timestamp = kNow - 100'000 + number * 1000,
                   .max_timestamp = kNow - 100'000 + number * 1000 + 999});
  }
  return all;
}

std::optional<CompactionPlan> plan(const std::vector<CompactableSegment>& sealed,
                                   const CompactionSettings& settings = {},
                                   std::int64_t high_watermark = 1'000'000) {
  return plan_compaction(sealed, Offset(high_watermark), settings, kNow);
}

TEST(CompactionPlan, BeginsWhereTheLogIsDirty) {
  const auto planned = plan(segments(5, 3));
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->first_dirty, 2u);
  EXPECT_EQ(planned->end, 5u);
  EXPECT_DOUBLE_EQ(planned->dirty_ratio, 0.6);
}

TEST(CompactionPlan, WaitsUntilEnoughIsDirty) {
  EXPECT_FALSE(plan(segments(5, 2)));
  EXPECT_TRUE(plan(segments(5, 2), {.dirty_ratio_min = 0.4}));
  EXPECT_FALSE(plan(segments(5, 0), {.dirty_ratio_min = 0})) << "nothing is dirty";
  EXPECT_FALSE(plan({}));
}

TEST(CompactionPlan, LeavesWhatIsNotCommitted) {
  const auto planned = plan(segments(4, 4), {}, 25);
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->end, 2u) << "offsets up to 19";
  EXPECT_FALSE(plan(segments(4, 4), {}, 9));
}

TEST(CompactionPlan, LeavesWhatIsTooYoung) {
  // The third ends 97,001 ms ago.
  const auto planned = plan(segments(4, 4), {.lag_min = milliseconds(97'001)});
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->end, 2u);
  EXPECT_EQ(plan(segments(4, 4), {.lag_min = milliseconds(97'000)})->end, 3u);
}

// A clean one is old enough: it was compacted before the setting grew.
TEST(CompactionPlan, WhatIsCleanIsNeverTooYoung) {
  EXPECT_FALSE(plan(segments(4, 2), {.lag_min = milliseconds(200'000)}));
  const auto planned =
      plan(segments(4, 2), {.dirty_ratio_min = 0.3, .lag_min = milliseconds(97'000)});
  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->first_dirty, 2u);
  EXPECT_EQ(planned->end, 3u);
}

TEST(CompactionPlan, NothingWaitsForLongerThanItsLag) {
  EXPECT_FALSE(plan(segments(5, 1), {.lag_max = milliseconds(96'000)}));
  EXPECT_TRUE(plan(segments(5, 1), {.lag_max = milliseconds(95'999)}));
  auto without_time = segments(5, 1);
  without_time.back().first_timestamp = -1;
  EXPECT_FALSE(plan(without_time, {.lag_max = milliseconds(1)}));
}

}  // namespace
}  // namespace ropewalk::log
