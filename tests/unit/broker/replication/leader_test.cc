#include "broker/replication/leader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::replication {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr BrokerId kSelf{1}, kSecond{2}, kThird{3};

Leadership alone() {
  return {.self = kSelf, .leader_epoch = LeaderEpoch(5), .in_sync = {kSelf}, .min_in_sync = 1};
}
Leadership of_three() {
  return {.self = kSelf,
          .leader_epoch = LeaderEpoch(5),
          .in_sync = {kSelf, kSecond, kThird},
          .min_in_sync = 2,
          .replicas = {{kSelf, {}}, {kSecond, {}}, {kThird, {}}}};
}
// Time stands still: nobody lags.
class Leading : public Leader {
 public:
  using Leader::Leader;
  LeaderEffects step(const LeaderEvent& event) { return Leader::step(event, Time()); }
};
Leading leader_of(Leadership leadership) {
  return Leading(std::move(leadership), Offset(0), Offset(0), Offset(0), Time());
}
Waits waits(WaiterId id, std::int64_t end, Acks acks = Acks::all) {
  return {.waiter = id, .acks = acks, .end = Offset(end)};
}
Progressed progressed(BrokerId who, std::int64_t log_end, std::int64_t durable_end) {
  return {.follower = who,
          .leader_epoch = LeaderEpoch(5),
          .log_end = Offset(log_end),
          .durable_end = Offset(durable_end)};
}

TEST(Leader, AloneAnswersAllWithTheSync) {
  Leading leader = leader_of(alone());
  EXPECT_EQ(leader.step(Written{Offset(10)}).high_watermark, std::nullopt);
  EXPECT_THAT(leader.step(waits(1, 10)).answer, IsEmpty());
  EXPECT_EQ(leader.high_watermark(), Offset(0));
  const auto effects = leader.step(Synced{Offset(10)});
  EXPECT_EQ(effects.high_watermark, Offset(10));
  EXPECT_THAT(effects.answer, ElementsAre(1));
}

TEST(Leader, ReplicatedCountsWithThePageCache) {
  Leadership leadership = alone();
  leadership.stable_by = StableBy::log_end;
  Leading leader = leader_of(leadership);
  const auto effects = leader.step(Written{Offset(10)});
  EXPECT_EQ(effects.high_watermark, Offset(10));
  EXPECT_THAT(leader.step(waits(1, 10)).answer, ElementsAre(1));
}

TEST(Leader, StartsAtTheStableEndOfALoneReplica) {
  const Leader leader(alone(), Offset(30), Offset(20), Offset(5), Time());
  EXPECT_EQ(leader.high_watermark(), Offset(20));
}

TEST(Leader, AcksNoneNeverWaits) {
  Leading leader = leader_of(of_three());
  EXPECT_THAT(leader.step(waits(1, 10, Acks::none)).answer, ElementsAre(1));
}

TEST(Leader, AcksLeaderWaitsForItsOwnStableEndOnly) {
  Leading leader = leader_of(of_three());
  (void)leader.step(Written{Offset(10)});
  EXPECT_THAT(leader.step(waits(1, 10, Acks::leader)).answer, IsEmpty());
  EXPECT_THAT(leader.step(waits(2, 10, Acks::all)).answer, IsEmpty());
  const auto effects = leader.step(Synced{Offset(10)});
  EXPECT_THAT(effects.answer, ElementsAre(1));
  EXPECT_EQ(effects.high_watermark, std::nullopt);
}

TEST(Leader, HighWatermarkIsTheSmallestStableEndInSync) {
  Leading leader = leader_of(of_three());
  (void)leader.step(Written{Offset(30)});
  (void)leader.step(Synced{Offset(30)});
  (void)leader.step(progressed(kSecond, 30, 20));
  EXPECT_EQ(leader.high_watermark(), Offset(0)) << "the third has told nothing yet";
  (void)leader.step(progressed(kThird, 30, 25));
  EXPECT_EQ(leader.high_watermark(), Offset(20));
  (void)leader.step(progressed(kSecond, 30, 30));
  EXPECT_EQ(leader.high_watermark(), Offset(25));
}

TEST(Leader, HighWatermarkNeverFalls) {
  Leading leader = leader_of(of_three());
  (void)leader.step(Written{Offset(30)});
  (void)leader.step(Synced{Offset(30)});
  (void)leader.step(progressed(kSecond, 30, 30));
  (void)leader.step(progressed(kThird, 30, 30));
  (void)leader.step(progressed(kThird, 10, 10));
  EXPECT_EQ(leader.high_watermark(), Offset(30));
  EXPECT_EQ(leader.step(Synced{Offset(5)}).high_watermark, std::nullopt);
  EXPECT_EQ(leader.high_watermark(), Offset(30));
}

// Leaders before may have committed, and shown, everything that is in its log.
TEST(Leader, KnowsWhatIsCommittedOnceItsWatermarkIsWhereItsEpochBegins) {
  Leading leader(of_three(), Offset(10), Offset(10), Offset(4), Time());
  EXPECT_FALSE(leader.knows_what_is_committed());
  (void)leader.step(progressed(kSecond, 10, 10));
  (void)leader.step(progressed(kThird, 9, 9));
  EXPECT_EQ(leader.high_watermark(), Offset(9));
  EXPECT_FALSE(leader.knows_what_is_committed());
  (void)leader.step(Written{Offset(20)});
  (void)leader.step(progressed(kThird, 10, 10));
  EXPECT_TRUE(leader.knows_what_is_committed());
}

TEST(Leader, ALeavingMemberNoLongerHoldsBack) {
  Leading leader = leader_of(of_three());
  (void)leader.step(Written{Offset(30)});
  (void)leader.step(Synced{Offset(30)});
  (void)leader.step(progressed(kSecond, 30, 30));
  (void)leader.step(waits(1, 30));
  Leadership smaller = of_three();
  smaller.in_sync = {kSelf, kSecond};
  smaller.partition_epoch = PartitionEpoch(1);
  const auto effects = leader.step(Changed{smaller});
  EXPECT_EQ(effects.high_watermark, Offset(30));
  EXPECT_THAT(effects.answer, ElementsAre(1));
}

TEST(Leader, BelowTheMinimumNothingMovesAndAllIsRefused) {
  Leading leader = leader_of(of_three());
  (void)leader.step(Written{Offset(30)});
  (void)leader.step(waits(1, 30));
  (void)leader.step(waits(2, 30, Acks::leader));
  Leadership lonely = of_three();
  lonely.in_sync = {kSelf};
  lonely.partition_epoch = PartitionEpoch(1);
  EXPECT_THAT(leader.step(Changed{lonely}).too_few, ElementsAre(1));

  const auto effects = leader.step(Synced{Offset(30)});
  EXPECT_EQ(effects.high_watermark, std::nullopt);
  EXPECT_THAT(effects.answer, ElementsAre(2));
  EXPECT_EQ(leader.admit(Acks::all).error().code, Errc::not_enough_replicas);
  EXPECT_TRUE(leader.admit(Acks::leader));
  EXPECT_THAT(leader.step(waits(3, 30)).too_few, ElementsAre(3));
}

TEST(Leader, AnOlderChangeChangesNothing) {
  Leading leader = leader_of(of_three());
  Leadership newer = of_three();
  newer.partition_epoch = PartitionEpoch(4);
  (void)leader.step(Changed{newer});
  Leadership older = of_three();
  older.partition_epoch = PartitionEpoch(3);
  older.in_sync = {kSelf};
  (void)leader.step(Changed{older});
  EXPECT_EQ(leader.leadership().in_sync.size(), 3u);
}

TEST(Leader, AnswersInTheOrderOfOffsetsAlsoForARetryOfAnOlderBatch) {
  Leading leader = leader_of(alone());
  (void)leader.step(Written{Offset(30)});
  (void)leader.step(waits(1, 20));
  (void)leader.step(waits(2, 30));
  (void)leader.step(waits(3, 10));
  EXPECT_THAT(leader.step(Synced{Offset(20)}).answer, ElementsAre(3, 1));
  EXPECT_EQ(leader.waiter_count(), 1u);
}

TEST(Leader, ARetryOfWhatIsCommittedIsAnsweredAtOnce) {
  Leading leader = leader_of(alone());
  (void)leader.step(Written{Offset(30)});
  (void)leader.step(Synced{Offset(30)});
  EXPECT_THAT(leader.step(waits(1, 20)).answer, ElementsAre(1));
}

TEST(Leader, ResigningNamesAllWhoWait) {
  Leading leader = leader_of(alone());
  (void)leader.step(Written{Offset(30)});
  (void)leader.step(waits(1, 20, Acks::leader));
  (void)leader.step(waits(2, 30));
  EXPECT_THAT(leader.resign(), UnorderedElementsAre(1, 2));
  EXPECT_THAT(leader.step(Synced{Offset(30)}).answer, IsEmpty());
}

TEST(Leader, BecomingSyncedAsksForASyncOfTheWholeLog) {
  Leadership leadership = alone();
  leadership.stable_by = StableBy::log_end;
  Leading leader = leader_of(leadership);
  (void)leader.step(Written{Offset(10)});
  leadership.stable_by = StableBy::durable_end;
  EXPECT_TRUE(leader.step(Changed{leadership}).sync_all);
  (void)leader.step(Written{Offset(20)});
  EXPECT_EQ(leader.high_watermark(), Offset(10)) << "it had that value";
  EXPECT_EQ(leader.step(Synced{Offset(20)}).high_watermark, Offset(20));
}

}  // namespace
}  // namespace ropewalk::replication
