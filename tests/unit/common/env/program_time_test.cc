#include "common/env/program_time.h"

#include <gtest/gtest.h>

namespace ropewalk::env {
namespace {

TEST(ProgramTime, SleepsUntilThenAndNotLess) {
  const MonotonicTime until = program_now() + std::chrono::milliseconds(3);
  program_sleep_until(until);
  EXPECT_GE(program_now(), until);
  program_sleep_until(until - std::chrono::hours(1));
}

TEST(ProgramTime, CountsTheProcessorTimeOfThisProcess) {
  const auto before = program_cpu();
  EXPECT_GT(before.count(), 0);
  while (program_cpu() == before) {
  }
  EXPECT_GT(program_cpu(), before);
}

}  // namespace
}  // namespace ropewalk::env
