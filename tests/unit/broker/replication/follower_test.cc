#include "broker/replication/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ropewalk::replication {
namespace {

using log::EpochEnd;
using log::EpochStarts;

constexpr BrokerId kSelf{2}, kLeader{1};
constexpr LeaderEpoch kEpoch{9};
constexpr std::uint64_t kGeneration = 4;

struct Start {
  std::int32_t epoch;
  std::int64_t start;
};
OwnLog log_of(std::vector<Start> starts, std::int64_t end, std::int64_t high_watermark,
              std::int64_t start = 0) {
  std::vector<log::EpochStart> entries;
  for (const Start& each : starts) entries.push_back({LeaderEpoch(each.epoch), Offset(each.start)});
  return {.epochs = EpochStarts(std::move(entries)),
          .log_start = Offset(start),
          .log_end = Offset(end),
          .durable_end = Offset(end),
          .high_watermark = Offset(high_watermark),
          .generation = kGeneration};
}
Following following() { return {.self = kSelf, .leader = kLeader, .leader_epoch = kEpoch}; }
FetchedBatch batch(std::int64_t base, std::int64_t next, std::int32_t epoch = 9) {
  return {Offset(base), Offset(next), LeaderEpoch(epoch)};
}

class FollowerTest : public ::testing::Test {
 protected:
  Follower& follow(OwnLog log, Following as = following()) {
    follower_.emplace(as, std::move(log));
    return *follower_;
  }
  // Of a log that agrees and ends at 10 in epoch 8.
  Follower& fetching(Following as = following()) {
    follow(log_of({{8, 0}}, 10, 5), as);
    EXPECT_TRUE(follower_->step(told(8, 10)).tell);
    return *follower_;
  }
  FollowerRequest now_asked() const {
    return follower_->next_request().value_or(AskEpochEnd{kNoLeaderEpoch});
  }
  EpochEndTold told(std::int32_t epoch, std::int64_t end) const {
    return {follower_->generation(), now_asked(), kEpoch,
            EpochEnd{LeaderEpoch(epoch), Offset(end)}};
  }
  FollowerEffects fetched(std::vector<FetchedBatch> batches, std::int64_t high_watermark = 0,
                          std::int64_t log_start = 0) {
    return follower_->step(Fetched{.generation = follower_->generation(),
                                   .request = now_asked(),
                                   .leader_epoch = kEpoch,
                                   .batches = batches,
                                   .high_watermark = Offset(high_watermark),
                                   .log_start = Offset(log_start)});
  }
  LeaderEpoch question() {
    const auto request = follower_->next_request();
    const auto* asks = request ? std::get_if<AskEpochEnd>(&*request) : nullptr;
    return asks ? asks->epoch : kNoLeaderEpoch;
  }
  std::pair<Offset, LeaderEpoch> fetch() {
    const auto request = follower_->next_request();
    const auto* from = request ? std::get_if<FetchFrom>(&*request) : nullptr;
    return from ? std::pair(from->from, from->last_epoch) : std::pair(kNoOffset, kNoLeaderEpoch);
  }

  std::optional<Follower> follower_;
};

TEST_F(FollowerTest, AnEmptyLogFetchesAtOnce) {
  follow(log_of({}, 0, 0));
  EXPECT_EQ(fetch(), std::pair(Offset(0), kNoLeaderEpoch));
  EXPECT_TRUE(follower_->agrees());
}

TEST_F(FollowerTest, AsksForTheEndOfItsLastEpochAndFetchesWhereNothingParts) {
  follow(log_of({{3, 0}, {8, 6}}, 10, 5));
  EXPECT_EQ(question(), LeaderEpoch(8));
  EXPECT_FALSE(follower_->agrees());
  const auto effects = follower_->step(told(8, 25));
  EXPECT_EQ(effects.truncate_to, std::nullopt);
  ASSERT_TRUE(effects.tell) << "the leader hears at once how far it is";
  EXPECT_EQ(effects.tell->log_end, Offset(10));
  EXPECT_EQ(fetch(), std::pair(Offset(10), LeaderEpoch(8)));
}

TEST_F(FollowerTest, TruncatesToWhereTheLeadersEpochEnds) {
  follow(log_of({{3, 0}, {8, 6}}, 10, 5));
  EXPECT_EQ(follower_->step(told(8, 7)).truncate_to, Offset(7));
  EXPECT_EQ(follower_->next_request(), std::nullopt) << "while it is being cut";
  const auto cut = follower_->step(Cut{kGeneration + 1, Offset(7), Offset(7)});
  ASSERT_TRUE(cut.tell);
  EXPECT_EQ(cut.tell->generation, kGeneration + 1);
  EXPECT_EQ(fetch(), std::pair(Offset(7), LeaderEpoch(8)));
}

// The leader never saw epoch 8, and of epoch 3 it has less; nor has it 5, which comes between.
TEST_F(FollowerTest, RepeatsUntilItHasAnEpochInCommon) {
  follow(log_of({{3, 0}, {5, 4}, {8, 6}}, 10, 2));
  EXPECT_EQ(follower_->step(told(6, 8)).truncate_to, std::nullopt) << "nothing is cut on the way";
  EXPECT_EQ(question(), LeaderEpoch(5));
  EXPECT_EQ(follower_->step(told(4, 5)).truncate_to, std::nullopt);
  EXPECT_EQ(question(), LeaderEpoch(3));
  EXPECT_EQ(follower_->step(told(3, 3)).truncate_to, Offset(3));
}

TEST_F(FollowerTest, AnEpochThatBothHaveEndsTheQuestions) {
  follow(log_of({{3, 0}, {8, 6}}, 10, 2));
  EXPECT_EQ(follower_->step(told(3, 9)).truncate_to, Offset(6)) << "all of epoch 8 goes, no more";
}

TEST_F(FollowerTest, WhoSharesNothingBeginsAtTheStartOfItsLog) {
  follow(log_of({{3, 4}, {8, 6}}, 10, 4, 4));
  EXPECT_EQ(follower_->step(told(1, 4)).truncate_to, Offset(4));
}

TEST_F(FollowerTest, BelowItsWatermarkItIsDamage) {
  follow(log_of({{3, 0}, {8, 6}}, 10, 8));
  const auto effects = follower_->step(told(8, 7));
  ASSERT_TRUE(effects.damaged);
  EXPECT_EQ(effects.damaged->code, Errc::damaged_replica);
  EXPECT_EQ(effects.truncate_to, std::nullopt);
  EXPECT_EQ(follower_->next_request(), std::nullopt);
  EXPECT_EQ(follower_->step(told(8, 10)).tell, std::nullopt) << "it stands still";
}

TEST_F(FollowerTest, AnUncleanElectionAfterItsLastBatchAllowsThat) {
  auto as = following();
  as.last_unclean_epoch = LeaderEpoch(9);
  follow(log_of({{3, 0}, {8, 6}}, 10, 8), as);
  EXPECT_EQ(follower_->step(told(8, 7)).truncate_to, Offset(7));
  (void)follower_->step(Cut{kGeneration + 1, Offset(7), Offset(7)});
  EXPECT_EQ(follower_->high_watermark(), Offset(7));
}

// Its last batch came after the election, so what it has is not what that one cost. The epochs that
// are cut on the way do not count as its last.
TEST_F(FollowerTest, AnUncleanElectionUpToItsLastBatchDoesNot) {
  auto as = following();
  as.last_unclean_epoch = LeaderEpoch(8);
  follow(log_of({{3, 0}, {8, 6}}, 10, 8), as);
  EXPECT_TRUE(follower_->step(told(8, 7)).damaged);
  follow(log_of({{3, 0}, {5, 4}, {8, 6}}, 10, 8), as);
  EXPECT_FALSE(follower_->step(told(4, 5)).damaged);
  EXPECT_TRUE(follower_->step(told(3, 3)).damaged);
}

TEST_F(FollowerTest, AnswersOfAnotherGenerationOrEpochAreDropped) {
  follow(log_of({{8, 0}}, 10, 5));
  EXPECT_EQ(follower_
                ->step(EpochEndTold{kGeneration - 1, now_asked(), kEpoch,
                                    EpochEnd{LeaderEpoch(8), Offset(7)}})
                .truncate_to,
            std::nullopt);
  EXPECT_EQ(follower_
                ->step(EpochEndTold{kGeneration, now_asked(), LeaderEpoch(8),
                                    EpochEnd{LeaderEpoch(8), Offset(7)}})
                .truncate_to,
            std::nullopt);
  fetching();
  const std::vector<FetchedBatch> batches{batch(10, 12)};
  const auto dropped = [&](std::uint64_t generation, LeaderEpoch epoch) {
    const auto effects = follower_->step(Fetched{.generation = generation,
                                                 .request = now_asked(),
                                                 .leader_epoch = epoch,
                                                 .batches = batches,
                                                 .high_watermark = Offset(10),
                                                 .log_start = Offset(0)});
    return effects.append == 0 && !effects.high_watermark;
  };
  EXPECT_TRUE(dropped(kGeneration - 1, kEpoch));
  EXPECT_TRUE(dropped(kGeneration, LeaderEpoch(8)));
  EXPECT_FALSE(dropped(kGeneration, kEpoch));
  EXPECT_FALSE(follower_->step(FollowerSynced{kGeneration - 1, Offset(12)}).tell);
  (void)follower_->step(FollowerWritten{kGeneration - 1, Offset(12)});
  EXPECT_EQ(follower_->log_end(), Offset(10));
}

TEST_F(FollowerTest, FetchesOnBehindWhatIsBeingWritten) {
  fetching();
  EXPECT_EQ(fetched({batch(10, 12), batch(12, 15)}).append, 2u);
  EXPECT_EQ(fetch(), std::pair(Offset(15), kEpoch));
  EXPECT_EQ(follower_->log_end(), Offset(10));
  (void)follower_->step(AppendRefused{kGeneration, Offset(12)});
  EXPECT_EQ(fetch(), std::pair(Offset(12), kEpoch));
  (void)follower_->step(FollowerWritten{kGeneration, Offset(12)});
  EXPECT_EQ(follower_->log_end(), Offset(12));
}

TEST_F(FollowerTest, RefusesWhatDoesNotFit) {
  fetching();
  const std::vector<std::vector<FetchedBatch>> cases = {
      {batch(11, 12)},                       // A gap.
      {batch(9, 12)},                        // Again.
      {batch(10, 10)},                       // Empty.
      {batch(10, 12), batch(13, 14)},        // A gap between.
      {batch(10, 12, 7)},                    // An epoch that is over.
      {batch(10, 12, 9), batch(12, 13, 8)},  // Epochs fall.
      {batch(10, 12, 10)},                   // Newer than the leader's.
  };
  for (std::size_t i = 0; i < cases.size(); i++) {
    const auto effects = fetched(cases[i], 10);
    ASSERT_TRUE(effects.refused) << i;
    EXPECT_EQ(effects.refused->code, Errc::corrupt_message);
    EXPECT_EQ(effects.append, 0u);
    EXPECT_EQ(effects.high_watermark, std::nullopt);
    EXPECT_EQ(fetch(), std::pair(Offset(10), LeaderEpoch(8)));
  }
}

TEST_F(FollowerTest, ACompactedTopicHasGaps) {
  auto as = following();
  as.gaps_allowed = true;
  fetching(as);
  EXPECT_EQ(fetched({batch(11, 12), batch(15, 16)}).append, 2u);
  EXPECT_TRUE(fetched({batch(15, 17)}).refused);
}

TEST_F(FollowerTest, LearnsTheWatermarkUpToItsOwnEnd) {
  fetching();
  EXPECT_EQ(fetched({}, 7).high_watermark, Offset(7));
  EXPECT_EQ(fetched({}, 6).high_watermark, std::nullopt) << "it never goes back";
  EXPECT_EQ(fetched({batch(10, 15)}, 14).high_watermark, Offset(10));
  EXPECT_EQ(follower_->step(FollowerWritten{kGeneration, Offset(12)}).high_watermark, Offset(12));
  EXPECT_EQ(follower_->step(FollowerWritten{kGeneration, Offset(15)}).high_watermark, Offset(14));
}

TEST_F(FollowerTest, TellsAsSoonAsItsStableEndMoves) {
  fetching();
  (void)fetched({batch(10, 15)});
  EXPECT_FALSE(follower_->step(FollowerWritten{kGeneration, Offset(15)}).tell);
  const auto synced = follower_->step(FollowerSynced{kGeneration, Offset(15)});
  ASSERT_TRUE(synced.tell);
  EXPECT_EQ(synced.tell->durable_end, Offset(15));
  EXPECT_EQ(synced.tell->leader_epoch, kEpoch);
  auto as = following();
  as.stable_by = StableBy::log_end;
  fetching(as);
  (void)fetched({batch(10, 15)});
  EXPECT_TRUE(follower_->step(FollowerWritten{kGeneration, Offset(15)}).tell);
}

TEST_F(FollowerTest, BeforeTheLogsAgreeItTellsNothing) {
  auto log = log_of({{8, 0}}, 10, 5);
  log.durable_end = Offset(6);
  follow(std::move(log));
  EXPECT_FALSE(follower_->step(FollowerSynced{kGeneration, Offset(10)}).tell);
  EXPECT_EQ(follower_->progress(), std::nullopt) << "what is to be cut yet must not count";
  const auto agreed = follower_->step(told(8, 10));
  ASSERT_TRUE(agreed.tell);
  EXPECT_EQ(agreed.tell->durable_end, Offset(10));
}

TEST_F(FollowerTest, BeginsAnewWhereTheLeadersLogStarts) {
  fetching();
  const auto effects = follower_->step(FellBehind{kGeneration, now_asked(), kEpoch, Offset(50)});
  EXPECT_EQ(effects.begin_at, Offset(50));
  EXPECT_TRUE(follower_->step(Cut{kGeneration + 1, Offset(50), Offset(50)}).tell);
  EXPECT_EQ(fetch(), std::pair(Offset(50), kNoLeaderEpoch));
  EXPECT_EQ(follower_->high_watermark(), Offset(50));
  EXPECT_EQ(fetched({batch(50, 51, 2)}).append, 1u);
}

// An unclean election cost all that is not deleted here.
TEST_F(FollowerTest, WithALeaderThatEndsBelowItsStartNothingOfItIsLeft) {
  auto as = following();
  as.last_unclean_epoch = LeaderEpoch(9);
  follow(log_of({{8, 5}}, 10, 8, 5), as);
  const auto effects = follower_->step(told(8, 3));
  EXPECT_EQ(effects.truncate_to, std::nullopt);
  ASSERT_TRUE(effects.damaged);
  EXPECT_EQ(effects.damaged->code, Errc::damaged_replica);
}

TEST_F(FollowerTest, ALeaderThatTellsOfNoEpochIsRefused) {
  follow(log_of({{8, 0}}, 10, 0));
  auto none = told(8, 0);
  none.end.reset();
  EXPECT_TRUE(follower_->step(none).refused);
  EXPECT_EQ(question(), LeaderEpoch(8));
}

TEST_F(FollowerTest, FollowsTheStartOfTheLeadersLogUpToItsWatermark) {
  fetching();
  EXPECT_EQ(fetched({}, 7, 3).log_start, Offset(3));
  EXPECT_EQ(fetched({}, 7, 9).log_start, Offset(7));
  EXPECT_EQ(fetched({}, 7, 9).log_start, std::nullopt);
}

TEST_F(FollowerTest, ADivergingFetchComparesAgain) {
  fetching();
  (void)follower_->step(told(8, 6));
  EXPECT_EQ(follower_->next_request(), std::nullopt);
}

// An answer that comes twice, or late: the log has gone on, and would be cut for nothing.
TEST_F(FollowerTest, AnAnswerToWhatIsNotAskedAnyMoreIsDropped) {
  follow(log_of({{8, 0}}, 10, 5));
  const EpochEndTold agreed = told(8, 10);
  (void)follower_->step(agreed);
  (void)fetched({batch(10, 12)}, 12);
  (void)follower_->step(FollowerWritten{kGeneration, Offset(12)});
  const auto again = follower_->step(agreed);
  EXPECT_EQ(again.truncate_to, std::nullopt);
  EXPECT_FALSE(again.damaged);
  EXPECT_EQ(fetch(), std::pair(Offset(12), kEpoch));
}

TEST_F(FollowerTest, ALeaderThatKnowsMoreThanItWasAskedIsRefused) {
  follow(log_of({{3, 0}}, 10, 5));
  EXPECT_TRUE(follower_->step(told(8, 7)).refused);
  EXPECT_EQ(question(), LeaderEpoch(3));
}

}  // namespace
}  // namespace ropewalk::replication
