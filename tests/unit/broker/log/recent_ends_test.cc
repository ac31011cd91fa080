#include "broker/log/recent_ends.h"

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

TEST(RecentEnds, KnowsTheLastFew) {
  RecentEnds ends;
  EXPECT_FALSE(ends.position_of(Offset(0))) << "nothing was written yet";
  for (int write = 1; write <= 6; write++)
    ends.add(Offset(10 * write), static_cast<std::uint64_t>(1000 * write));
  EXPECT_FALSE(ends.position_of(Offset(20))) << "too long ago";
  EXPECT_EQ(ends.position_of(Offset(30)), 3000u);
  EXPECT_EQ(ends.position_of(Offset(60)), 6000u);
  EXPECT_FALSE(ends.position_of(Offset(55))) << "in the middle of a write";
}

TEST(RecentEnds, ForgetsAllAtACut) {
  RecentEnds ends;
  ends.add(Offset(10), 1000);
  ends.clear();
  EXPECT_FALSE(ends.position_of(Offset(10)));
}

}  // namespace
}  // namespace ropewalk::log
