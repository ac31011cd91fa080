#include "broker/replication/epoch_end.h"

#include <gtest/gtest.h>

namespace ropewalk::replication {
namespace {

EpochEnd end(std::int32_t epoch, std::int64_t offset) {
  return {LeaderEpoch(epoch), Offset(offset)};
}

// Epoch 1 from 0, epoch 3 from 10, epoch 4 from 20; led under 6, of which there is no record yet;
// the log ends at 30.
class EpochEndTest : public testing::Test {
 protected:
  std::optional<EpochEnd> ends(std::int32_t epoch) const {
    return end_of(LeaderEpoch(epoch), history());
  }
  std::optional<EpochEnd> diverges(std::int32_t last_epoch, std::int64_t from) const {
    return divergence(LeaderEpoch(last_epoch), Offset(from), history());
  }
  EpochHistory history() const { return {starts_, current_, log_end_}; }

  log::EpochStarts starts_{
      {{LeaderEpoch(1), Offset(0)}, {LeaderEpoch(3), Offset(10)}, {LeaderEpoch(4), Offset(20)}}};
  LeaderEpoch current_{6};
  Offset log_end_{30};
};

TEST_F(EpochEndTest, AnEpochEndsWhereTheNextOneBegins) {
  EXPECT_EQ(ends(1), end(1, 10));
  EXPECT_EQ(ends(3), end(3, 20));
  EXPECT_EQ(ends(4), end(4, 30));
}

TEST_F(EpochEndTest, AnEpochWithoutRecordsIsAnsweredByTheOneBefore) {
  EXPECT_EQ(ends(2), end(1, 10));
  EXPECT_EQ(ends(5), end(4, 30));
}

TEST_F(EpochEndTest, TheCurrentOneEndsWithTheLogAlsoWithoutARecord) {
  EXPECT_EQ(ends(6), end(6, 30));
  current_ = LeaderEpoch(4);
  EXPECT_EQ(ends(4), end(4, 30));
}

TEST_F(EpochEndTest, NothingIsKnownOfLaterEpochsAndOfNone) {
  EXPECT_EQ(ends(7), std::nullopt);
  EXPECT_EQ(ends(-1), std::nullopt);
  EXPECT_EQ(ends(-100), std::nullopt);
}

// Retention took the records; the reader may have read them all.
TEST_F(EpochEndTest, AnEpochBeforeAllThatAreKnownEndsWhereTheFirstOneBegins) {
  starts_.trim(Offset(15));
  EXPECT_EQ(ends(1), end(1, 15));
  EXPECT_EQ(ends(3), end(3, 20));
  starts_ = {};
  EXPECT_EQ(ends(3), end(3, 30));
}

TEST_F(EpochEndTest, AReaderThatReadWhatIsHereDoesNotDiverge) {
  EXPECT_EQ(diverges(1, 5), std::nullopt);
  EXPECT_EQ(diverges(1, 10), std::nullopt);
  EXPECT_EQ(diverges(4, 30), std::nullopt);
  EXPECT_EQ(diverges(6, 30), std::nullopt);
  EXPECT_EQ(diverges(-1, 99), std::nullopt);
}

TEST_F(EpochEndTest, AReaderThatReadBeyondItsEpochsEndDiverges) {
  EXPECT_EQ(diverges(1, 11), end(1, 10));
  EXPECT_EQ(diverges(4, 31), end(4, 30));
}

TEST_F(EpochEndTest, AReaderOfAnEpochWithoutRecordsHereDiverges) {
  EXPECT_EQ(diverges(2, 12), end(1, 10));
  EXPECT_EQ(diverges(5, 25), end(4, 30));
}

}  // namespace
}  // namespace ropewalk::replication
