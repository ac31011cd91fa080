#include "broker/log/epoch_starts.h"

#include <gtest/gtest.h>

namespace ropewalk::log {
namespace {

EpochStarts three_epochs() {
  EpochStarts epochs;
  epochs.appended(LeaderEpoch(1), Offset(0));
  epochs.appended(LeaderEpoch(1), Offset(5));
  epochs.appended(LeaderEpoch(3), Offset(10));
  epochs.appended(LeaderEpoch(7), Offset(20));
  return epochs;
}

TEST(EpochStarts, AnswersWhereAnEpochEnds) {
  const EpochStarts epochs = three_epochs();
  EXPECT_EQ(epochs.end_of(LeaderEpoch(1), Offset(30)), (EpochEnd{LeaderEpoch(1), Offset(10)}));
  EXPECT_EQ(epochs.end_of(LeaderEpoch(5), Offset(30)), (EpochEnd{LeaderEpoch(3), Offset(20)}));
  EXPECT_EQ(epochs.end_of(LeaderEpoch(9), Offset(30)), (EpochEnd{LeaderEpoch(7), Offset(30)}));
  EXPECT_FALSE(epochs.end_of(LeaderEpoch(0), Offset(30)));
}

TEST(EpochStarts, KnowsTheEpochOfARecord) {
  const EpochStarts epochs = three_epochs();
  EXPECT_EQ(epochs.epoch_at(Offset(9)), LeaderEpoch(1));
  EXPECT_EQ(epochs.epoch_at(Offset(10)), LeaderEpoch(3));
}

TEST(EpochStarts, TruncationForgetsEpochsThatBeginBehindTheEnd) {
  EpochStarts epochs = three_epochs();
  epochs.truncate(Offset(20));
  EXPECT_EQ(epochs.last(), LeaderEpoch(3));
  epochs.truncate(Offset(0));
  EXPECT_FALSE(epochs.last());
}

TEST(EpochStarts, TrimLetsTheCoveringEpochBeginAtTheStart) {
  EpochStarts epochs = three_epochs();
  epochs.trim(Offset(15));
  ASSERT_EQ(epochs.entries().size(), 2U);
  EXPECT_EQ(epochs.entries().front(), (EpochStart{LeaderEpoch(3), Offset(15)}));
  EXPECT_FALSE(epochs.end_of(LeaderEpoch(1), Offset(30)));
}

}  // namespace
}  // namespace ropewalk::log
