#include "broker/log/retry_schedule.h"

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

// How many looks it takes until it is due.
int looks(RetrySchedule& schedule) {
  for (int count = 1; count <= 100; count++)
    if (schedule.is_due()) return count;
  return -1;
}

TEST(RetrySchedule, WaitsTwiceAsLongAfterEachFailureUpToItsMost) {
  RetrySchedule schedule;
  EXPECT_EQ(looks(schedule), -1) << "nothing has failed";
  for (const int expected : {1, 2, 4, 8, RetrySchedule::kLooksMost, RetrySchedule::kLooksMost}) {
    schedule.failed();
    EXPECT_EQ(looks(schedule), expected);
    EXPECT_EQ(looks(schedule), -1) << "once for each failure";
  }
}

TEST(RetrySchedule, BeginsAnewWhenItIsDone) {
  RetrySchedule schedule;
  for (int i = 0; i < 5; i++) schedule.failed();
  schedule.reset();
  EXPECT_EQ(looks(schedule), -1);
  schedule.failed();
  EXPECT_EQ(looks(schedule), 1);
}

}  // namespace
}  // namespace ropewalk::log
