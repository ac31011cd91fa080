// Who joins a leader's in-sync set and who leaves it, and what becomes of its proposals (R3, R6).
#include "broker/replication/in_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/replication/leader.h"

namespace ropewalk::replication {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr BrokerId kSelf{1}, kSecond{2}, kThird{3};

IncarnationId life(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes[0] = 1;
  uuid.bytes[15] = number;
  return IncarnationId(uuid);
}
// Broker 2 lives its life 20, broker 3 its life 30.
Leadership of_three(std::set<BrokerId> in_sync) {
  return {.self = kSelf,
          .leader_epoch = LeaderEpoch(5),
          .partition_epoch = PartitionEpoch(7),
          .in_sync = std::move(in_sync),
          .min_in_sync = 2,
          .replicas = {{kSelf, {life(10)}}, {kSecond, {life(20)}}, {kThird, {life(30)}}}};
}

class InSyncTest : public ::testing::Test {
 protected:
  // A leader whose log ended at 100 when its epoch began, all of it stable.
  void lead(std::set<BrokerId> in_sync, std::int64_t high_watermark = 100) {
    leadership_ = of_three(std::move(in_sync));
    leader_.emplace(leadership_, Offset(100), Offset(100), Offset(high_watermark), now_);
  }
  LeaderEffects step(const LeaderEvent& event) {
    auto effects = leader_->step(event, now_);
    if (effects.propose) proposed_ = *effects.propose;
    return effects;
  }
  Progressed told(BrokerId who, std::int64_t end, std::uint64_t generation = 1) {
    return {.follower = who,
            .leader_epoch = LeaderEpoch(5),
            .generation = generation,
            .log_end = Offset(end),
            .durable_end = Offset(end),
            .incarnation = life(static_cast<std::uint8_t>(who.value() * 10))};
  }
  LeaderEffects tells(BrokerId who, std::int64_t end) { return step(told(who, end)); }
  LeaderEffects writes(std::int64_t end) {
    (void)step(Written{Offset(end)});
    return step(Synced{Offset(end)});
  }
  LeaderEffects answers(Errc outcome, bool of_older_term = false) {
    return step(ProposalAnswered{
        .ticket = proposed_.ticket, .outcome = outcome, .of_older_term = of_older_term});
  }
  LeaderEffects later(env::Duration time) {
    now_ += time;
    return step(Tick{});
  }
  // The applied log shows another set, under the next partition epoch.
  LeaderEffects applies(std::set<BrokerId> in_sync) {
    leadership_.in_sync = std::move(in_sync);
    leadership_.partition_epoch = leadership_.partition_epoch.next();
    return step(Changed{leadership_});
  }
  static std::vector<BrokerId> brokers(const InSyncProposal& proposal) {
    std::vector<BrokerId> ids;
    for (const auto& member : proposal.in_sync) ids.push_back(member.broker);
    return ids;
  }

  Time now_{100s};
  Leadership leadership_;
  std::optional<Leader> leader_;
  InSyncProposal proposed_;
};

TEST_F(InSyncTest, ProposesWhoHasReachedTheWatermarkAndTheEpochsStart) {
  lead({kSelf, kSecond}, 50);
  EXPECT_EQ(tells(kThird, 49).propose, std::nullopt);
  EXPECT_EQ(tells(kThird, 50).propose, std::nullopt)
      << "of what came before the leader, some lacks";
  EXPECT_EQ(tells(kThird, 99).propose, std::nullopt);
  const auto effects = tells(kThird, 100);
  ASSERT_TRUE(effects.propose);
  EXPECT_EQ(effects.propose->leader_epoch, LeaderEpoch(5));
  EXPECT_EQ(effects.propose->partition_epoch, PartitionEpoch(7));
  EXPECT_THAT(effects.propose->in_sync, ElementsAre(metadata::InSyncMember{kSelf, life(10)},
                                                    metadata::InSyncMember{kSecond, life(20)},
                                                    metadata::InSyncMember{kThird, life(30)}));
}

TEST_F(InSyncTest, ProposesOnlyWhoHasReachedAWatermarkBeyondTheEpochsStart) {
  lead({kSelf, kSecond});
  writes(120);
  ASSERT_EQ(tells(kSecond, 110).high_watermark, Offset(110));
  EXPECT_EQ(tells(kThird, 105).propose, std::nullopt);
  EXPECT_TRUE(tells(kThird, 110).propose);
}

TEST_F(InSyncTest, InASyncedTopicWhatIsOnlyInThePageCacheDoesNotCount) {
  lead({kSelf, kSecond});
  Progressed event = told(kThird, 100);
  event.durable_end = Offset(99);
  EXPECT_EQ(step(event).propose, std::nullopt);
  event.durable_end = Offset(100);
  EXPECT_TRUE(step(event).propose);
}

TEST_F(InSyncTest, ProgressOfAnotherEpochLifeOrGenerationIsNone) {
  lead({kSelf, kSecond});
  Progressed other_epoch = told(kThird, 100);
  other_epoch.leader_epoch = LeaderEpoch(4);
  EXPECT_EQ(step(other_epoch).propose, std::nullopt);
  Progressed other_life = told(kThird, 100);
  other_life.incarnation = life(31);
  EXPECT_EQ(step(other_life).propose, std::nullopt);
  EXPECT_EQ(step(told(kThird, 10, 4)).propose, std::nullopt);
  EXPECT_EQ(step(told(kThird, 100, 3)).propose, std::nullopt) << "what it told before it was cut";
  EXPECT_TRUE(step(told(kThird, 100, 4)).propose);
}

TEST_F(InSyncTest, ANewGenerationMayEndEarlier) {
  lead({kSelf, kSecond, kThird});
  (void)step(told(kThird, 100, 1));
  (void)step(told(kThird, 90, 2));
  (void)tells(kSecond, 100);
  writes(110);
  (void)tells(kSecond, 110);
  EXPECT_EQ(leader_->high_watermark(), Offset(100)) << "the third has 90 only; the watermark stays";
}

TEST_F(InSyncTest, FencedAndDepartingBrokersAreNotProposed) {
  lead({kSelf, kSecond});
  leadership_.replicas[kThird].may_join = false;
  (void)step(Changed{leadership_});
  EXPECT_EQ(tells(kThird, 100).propose, std::nullopt);
  leadership_.replicas[kThird].may_join = true;
  EXPECT_TRUE(step(Changed{leadership_}).propose);
}

TEST_F(InSyncTest, WhoIsProposedCountsForTheWatermarkButNotForTheMinimum) {
  lead({kSelf, kSecond});
  ASSERT_TRUE(tells(kThird, 100).propose);
  writes(130);
  (void)tells(kSecond, 130);
  EXPECT_EQ(leader_->high_watermark(), Offset(100)) << "the third holds it back already";
  EXPECT_EQ(tells(kThird, 120).high_watermark, Offset(120));

  lead({kSelf});  // Below the minimum of 2.
  ASSERT_TRUE(tells(kThird, 100).propose);
  writes(130);
  EXPECT_EQ(tells(kThird, 130).high_watermark, std::nullopt);
  EXPECT_EQ(leader_->admit(Acks::all).error().code, Errc::not_enough_replicas);
  EXPECT_EQ(applies({kSelf, kThird}).high_watermark, Offset(130));
}

TEST_F(InSyncTest, ARefusalSettlesWhatWasSentOnce) {
  lead({kSelf, kSecond});
  (void)tells(kThird, 100);
  writes(130);
  (void)tells(kSecond, 130);
  EXPECT_EQ(answers(Errc::ineligible_replica).high_watermark, Offset(130));
  EXPECT_EQ(leader_->next_tick(), env::kNever) << "the third does not reach the watermark";
}

TEST_F(InSyncTest, AfterARefusalItIsProposedAnewButNotAtOnce) {
  lead({kSelf, kSecond});
  const auto first = tells(kThird, 100).propose->ticket;
  EXPECT_EQ(answers(Errc::ineligible_replica).propose, std::nullopt);
  EXPECT_EQ(leader_->next_tick(), now_ + 100ms);
  EXPECT_EQ(later(99ms).propose, std::nullopt);
  const auto again = later(1ms);
  ASSERT_TRUE(again.propose);
  EXPECT_GT(again.propose->ticket, first);
}

// None of these says that the proposal will not be decided yet.
TEST_F(InSyncTest, WhatIsNoAnswerRepeatsTheSame) {
  lead({kSelf, kSecond});
  const InSyncProposal proposal = *tells(kThird, 100).propose;
  for (const Errc outcome :
       {Errc::request_timed_out, Errc::not_controller, Errc::outcome_unknown, Errc::closed,
        Errc::connection_refused, Errc::cancelled, Errc::budget_exceeded}) {
    EXPECT_EQ(answers(outcome).propose, std::nullopt);
    EXPECT_EQ(later(99ms).propose, std::nullopt) << to_string(outcome);
    EXPECT_EQ(later(1ms).propose, proposal) << to_string(outcome);
    EXPECT_EQ(later(1h).propose, std::nullopt) << "a copy is under way";
  }
  EXPECT_EQ(answers(Errc::ineligible_replica, true).propose, std::nullopt);
  EXPECT_EQ(later(100ms).propose, proposal) << "a deposed controller's refusal is none";
}

TEST_F(InSyncTest, ARefusalOfARepeatSettlesNothingButIsWithdrawn) {
  lead({kSelf, kSecond});
  (void)tells(kThird, 100);
  (void)answers(Errc::request_timed_out);
  (void)later(100ms);
  writes(130);
  (void)tells(kSecond, 130);
  EXPECT_EQ(answers(Errc::ineligible_replica).high_watermark, std::nullopt)
      << "the first copy may yet be accepted";
  const auto withdrawal = later(100ms).propose;
  ASSERT_TRUE(withdrawal);
  EXPECT_THAT(brokers(*withdrawal), ElementsAre(kSelf, kSecond));
  EXPECT_EQ(withdrawal->partition_epoch, PartitionEpoch(7));
  EXPECT_EQ(answers(Errc::none).high_watermark, std::nullopt) << "until the log shows it";
  EXPECT_EQ(later(1h).propose, std::nullopt);
  EXPECT_EQ(applies({kSelf, kSecond}).high_watermark, Offset(130));
}

TEST_F(InSyncTest, ANewLifeOfWhoIsProposedHoldsBackUntilTheProposalIsWithdrawn) {
  lead({kSelf, kSecond});
  const InSyncProposal proposal = *tells(kThird, 100).propose;
  leadership_.replicas[kThird].incarnation = life(31);
  (void)step(Changed{leadership_});
  writes(130);
  EXPECT_EQ(tells(kSecond, 130).high_watermark, std::nullopt);
  (void)answers(Errc::request_timed_out);
  const auto next = later(100ms).propose;
  ASSERT_TRUE(next);
  for (const auto& member : next->in_sync) EXPECT_NE(member.incarnation, life(31));
  EXPECT_THAT(brokers(*next), ElementsAre(kSelf, kSecond));
  EXPECT_EQ(next->ticket, proposal.ticket);
}

TEST_F(InSyncTest, ALateAnswerToAnEarlierProposalSettlesNothing) {
  lead({kSelf, kSecond});
  const auto first = tells(kThird, 100).propose->ticket;
  (void)answers(Errc::ineligible_replica);
  (void)later(100ms);
  writes(130);
  (void)step(ProposalAnswered{.ticket = first, .outcome = Errc::ineligible_replica});
  EXPECT_EQ(tells(kSecond, 130).high_watermark, std::nullopt) << "the second one is under way";
}

TEST_F(InSyncTest, AHigherPartitionEpochSettlesWhateverItShows) {
  lead({kSelf, kSecond});
  (void)tells(kThird, 100);
  writes(130);
  (void)tells(kSecond, 130);
  EXPECT_EQ(applies({kSelf, kSecond}).high_watermark, Offset(130));
}

TEST_F(InSyncTest, WhoHasNotCaughtUpInTimeIsProposedOut) {
  lead({kSelf, kSecond, kThird});
  (void)tells(kSecond, 100);
  (void)tells(kThird, 100);
  EXPECT_EQ(leader_->next_tick(), env::kNever) << "nobody is behind";
  now_ += 1h;
  writes(110);
  (void)tells(kSecond, 110);
  EXPECT_EQ(leader_->next_tick(), now_ + 10s) << "behind since now, however long it was quiet";
  EXPECT_EQ(later(10s - 1ns).propose, std::nullopt);
  const auto effects = later(1ns);
  ASSERT_TRUE(effects.propose);
  EXPECT_THAT(brokers(*effects.propose), ElementsAre(kSelf, kSecond));
}

TEST_F(InSyncTest, UnderSteadyLoadItIsEnoughToReachWhatTheLogWas) {
  lead({kSelf, kSecond, kThird});
  for (int i = 1; i <= 30; i++) {
    now_ += 1s;
    writes(100 + i * 10);
    EXPECT_EQ(tells(kSecond, 100 + i * 10).propose, std::nullopt);
    EXPECT_EQ(tells(kThird, 100 + i * 10 - 5).propose, std::nullopt) << "always a little behind";
  }
}

// More often than it catches up: each telling finds a log that has gone on.
TEST_F(InSyncTest, WhoTellsOftenStaysToo) {
  lead({kSelf, kSecond, kThird});
  for (int i = 1; i <= 400; i++) {
    now_ += 100ms;
    writes(100 + i * 10);
    EXPECT_EQ(tells(kSecond, 100 + i * 10).propose, std::nullopt);
    EXPECT_EQ(tells(kThird, 100 + std::max(i - 10, 0) * 10).propose, std::nullopt) << "1 s behind";
  }
}

TEST_F(InSyncTest, WhoFallsBackFurtherAndFurtherLeaves) {
  lead({kSelf, kSecond, kThird});
  for (int i = 1; i <= 400 && proposed_.in_sync.empty(); i++) {
    now_ += 100ms;
    writes(100 + i * 10);
    (void)tells(kSecond, 100 + i * 10);
    (void)tells(kThird, 100 + i * 2);
  }
  EXPECT_THAT(brokers(proposed_), ElementsAre(kSelf, kSecond));
}

// What it told before may be why it had to go.
TEST_F(InSyncTest, WhoHasLeftMustTellAnewToComeBack) {
  lead({kSelf, kSecond, kThird});
  (void)tells(kSecond, 100);
  (void)tells(kThird, 100);
  EXPECT_EQ(applies({kSelf, kSecond}).propose, std::nullopt);
  EXPECT_EQ(later(1min).propose, std::nullopt);
  EXPECT_TRUE(tells(kThird, 100).propose);
}

TEST_F(InSyncTest, WhoClaimsMoreThanTheLeaderHasIsNotHeard) {
  lead({kSelf, kSecond});
  EXPECT_EQ(tells(kThird, 101).propose, std::nullopt);
  EXPECT_TRUE(tells(kThird, 100).propose);
}

TEST_F(InSyncTest, WhoNeverTellsLeavesAndARemovalCountsOnlyOnceApplied) {
  lead({kSelf, kSecond, kThird});
  writes(110);
  (void)tells(kSecond, 110);
  const auto effects = later(10s);
  ASSERT_TRUE(effects.propose);
  EXPECT_THAT(brokers(*effects.propose), ElementsAre(kSelf, kSecond));
  EXPECT_EQ(answers(Errc::none).high_watermark, std::nullopt);
  EXPECT_EQ(leader_->high_watermark(), Offset(100));
  EXPECT_EQ(applies({kSelf, kSecond}).high_watermark, Offset(110));
}

TEST_F(InSyncTest, ARemovalOfWhoHasCaughtUpAgainIsWithdrawn) {
  lead({kSelf, kSecond, kThird});
  writes(110);
  (void)tells(kSecond, 110);
  ASSERT_TRUE(later(10s).propose);
  (void)tells(kThird, 110);
  (void)answers(Errc::request_timed_out);
  const auto withdrawal = later(100ms).propose;
  ASSERT_TRUE(withdrawal);
  EXPECT_THAT(brokers(*withdrawal), ElementsAre(kSelf, kSecond, kThird));
}

TEST_F(InSyncTest, ANewMemberHasItsTime) {
  lead({kSelf, kSecond});
  writes(110);
  now_ += 1min;
  (void)tells(kSecond, 110);
  (void)tells(kThird, 110);
  (void)answers(Errc::none);
  writes(120);
  (void)applies({kSelf, kSecond, kThird});
  EXPECT_EQ(leader_->next_tick(), now_ + 10s);
}

TEST_F(InSyncTest, ALowerMinimumLetsTheWatermarkMove) {
  lead({kSelf});
  writes(110);
  EXPECT_EQ(leader_->high_watermark(), Offset(100));
  leadership_.min_in_sync = 1;
  EXPECT_EQ(step(Changed{leadership_}).high_watermark, Offset(110));
}

}  // namespace
}  // namespace ropewalk::replication
