#include "broker/log/retention.h"

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

constexpr std::int64_t kNowMs = 1'000'000;
const env::WallTime kNow{std::chrono::milliseconds(kNowMs)};

// Segments of ten records each.
class RetentionTest : public ::testing::Test {
 protected:
  void add(std::uint64_t bytes, std::int64_t max_timestamp, std::int64_t created_ms = 0) {
    SegmentIdentity identity;
    identity.created = env::WallTime(std::chrono::milliseconds(created_ms));
    const Offset base(static_cast<std::int64_t>(segments_.size()) * 10);
    segments_.push_back(std::make_shared<SegmentView>(
        SegmentView{.file = std::make_shared<SegmentFile>(identity, nullptr),
                    .base = base,
                    .end = base + (bytes == 0 ? 0 : 10),
                    .end_position = kSegmentHeaderBytes + bytes,
                    .max_timestamp = max_timestamp,
                    .index = {},
                    .recent_ends = {}}));
  }
  std::int64_t start_with(RetentionPolicy policy, std::int64_t limit = 1000) {
    LogView view;
    view.log_start = log_start_;
    if (!segments_.empty()) {
      view.sealed =
          std::make_shared<std::vector<SegmentViewPtr>>(segments_.begin(), segments_.end() - 1);
      view.active = segments_.back();
    } else {
      view.sealed = std::make_shared<std::vector<SegmentViewPtr>>();
    }
    view.last_append = env::WallTime(std::chrono::milliseconds(last_append_ms_));
    const Retained retained = retained_from(view, policy, kNow, Offset(limit));
    early_records_ = retained.early_records;
    return retained.start.value();
  }
  std::vector<SegmentViewPtr> segments_;
  Offset log_start_{0};
  std::int64_t last_append_ms_ = 0;
  std::int64_t early_records_ = 0;
};

TEST_F(RetentionTest, KeepsEverythingWhenNothingIsAsked) {
  EXPECT_EQ(start_with({}), 0);
  add(100, 0);
  add(100, 0);
  EXPECT_EQ(start_with({}), 0);
}

TEST_F(RetentionTest, LetsGoOfSegmentsThatAreOldEnough) {
  add(100, kNowMs - 2000);
  add(100, kNowMs - 1001);
  add(100, kNowMs - 1000);
  add(100, kNowMs - 5000);  // Behind one that stays.
  EXPECT_EQ(start_with({.milliseconds = 1000}), 20);
}

TEST_F(RetentionTest, TheActiveSegmentGoesByAgeAndNotBySize) {
  add(100, kNowMs - 2000);
  add(100, kNowMs - 2000);
  EXPECT_EQ(start_with({.milliseconds = 1000}), 20);
  EXPECT_EQ(start_with({.bytes = 0}), 10);
}

TEST_F(RetentionTest, AnEmptySegmentStays) {
  add(100, kNowMs - 2000);
  add(0, -1);
  EXPECT_EQ(start_with({.milliseconds = 1000, .bytes = 0}), 10);
}

TEST_F(RetentionTest, KeepsAtLeastTheBytesThatAreAskedFor) {
  for (int i = 0; i < 5; i++) add(100, kNowMs);
  EXPECT_EQ(start_with({.bytes = 250}), 20);
  EXPECT_EQ(start_with({.bytes = 300}), 20);
  EXPECT_EQ(start_with({.bytes = 301}), 10);
}

TEST_F(RetentionTest, NothingBehindTheHighWatermarkGoes) {
  for (int i = 0; i < 3; i++) add(100, kNowMs - 2000);
  EXPECT_EQ(start_with({.milliseconds = 1000}, 19), 10);
}

TEST_F(RetentionTest, NeverGoesBack) {
  add(100, kNowMs - 2000);
  add(100, kNowMs);
  log_start_ = Offset(15);
  EXPECT_EQ(start_with({.milliseconds = 1000}), 15);
}

// C16: otherwise one record of the year 2100 would keep its segment, and all behind it, for ever.
TEST_F(RetentionTest, TimesThatAreYetToComeCountByTheAppend) {
  add(100, std::numeric_limits<std::int64_t>::max(), kNowMs - 9000);
  add(100, kNowMs + 1, kNowMs - 2000);
  last_append_ms_ = kNowMs - 500;
  EXPECT_EQ(start_with({.milliseconds = 1000}), 10);
  EXPECT_EQ(start_with({.milliseconds = 3000}), 0);
  EXPECT_EQ(start_with({.milliseconds = std::numeric_limits<std::int64_t>::max()}), 0);
  last_append_ms_ = kNowMs - 1500;
  EXPECT_EQ(start_with({.milliseconds = 1000}), 20);
}

// C15: also in a segment that was made long before they came.
TEST_F(RetentionTest, RecordsWithoutTimeCountByTheAppend) {
  add(100, -1, kNowMs - 9000);
  add(100, -1, kNowMs - 2000);
  last_append_ms_ = kNowMs - 500;
  EXPECT_EQ(start_with({.milliseconds = 1000}), 10);
  EXPECT_EQ(early_records_, 0);
  last_append_ms_ = kNowMs - 1500;
  EXPECT_EQ(start_with({.milliseconds = 1000}), 20);
}

// C55: the clock was put back, so that all that is there seems to come from the future.
TEST_F(RetentionTest, KeepsWhatWasAppendedInTheFuture) {
  add(100, kNowMs + 5000, kNowMs + 4000);
  add(100, kNowMs + 9000, kNowMs + 8000);
  last_append_ms_ = kNowMs + 9000;
  EXPECT_EQ(start_with({.milliseconds = 1000}), 0);
}

// C15: zero, or seconds taken for milliseconds.
TEST_F(RetentionTest, SaysThatOldTimesCameOnlyLately) {
  add(100, 0, kNowMs - 1500);
  last_append_ms_ = kNowMs - 500;
  EXPECT_EQ(start_with({.milliseconds = 1000}), 10);
  EXPECT_EQ(early_records_, 10);
  EXPECT_EQ(start_with({.milliseconds = 1000}, 9), 0);
  EXPECT_EQ(early_records_, 0);
  last_append_ms_ = kNowMs - 1500;
  EXPECT_EQ(start_with({.milliseconds = 1000}), 10);
  EXPECT_EQ(early_records_, 0);
}

TEST_F(RetentionTest, CountsOfOldTimesWhatIsStillThere) {
  add(100, 0, kNowMs - 400);
  add(100, 0, kNowMs - 300);
  add(100, kNowMs, kNowMs - 200);
  last_append_ms_ = kNowMs;
  log_start_ = Offset(4);
  EXPECT_EQ(start_with({.milliseconds = 1000}), 20);
  EXPECT_EQ(early_records_, 16);
}

}  // namespace
}  // namespace ropewalk::log
