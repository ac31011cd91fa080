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
                    .index = {}}));
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
    return retained_from(view, policy, kNow, Offset(limit)).value();
  }
  std::vector<SegmentViewPtr> segments_;
  Offset log_start_{0};
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

// A clock that was wrong: they stay rather than go; others do not wrap.
TEST_F(RetentionTest, KeepsRecordsFromTheFuture) {
  add(100, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(start_with({.milliseconds = 1000}), 0);
  EXPECT_EQ(start_with({.milliseconds = std::numeric_limits<std::int64_t>::max()}), 0);
}

TEST_F(RetentionTest, RecordsWithoutTimeCountByTheirSegment) {
  add(100, -1, kNowMs - 2000);
  add(100, -1, kNowMs - 500);
  EXPECT_EQ(start_with({.milliseconds = 1000}), 10);
}

}  // namespace
}  // namespace ropewalk::log
