// In-sync sets that leaders ask for, and who is eligible beside them (R6; metadata-quorum.md, 6.5
// and 6.8).
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const BrokerId kOne(1), kTwo(2), kThree(3), kFour(4);

// Brokers 1 to 4; "orders" has replicas 1, 2, 3, led by 1 under a minimum of 2.
class InSyncDecisionsTest : public ControllerTest {
 protected:
  InSyncDecisionsTest() {
    for (std::int32_t id = 1; id <= 4; id++) register_and_unfence(id);
    NewTopic topic;
    topic.name = "orders";
    topic.assignments = {{0, {kOne, kTwo, kThree}}};
    decide(CreateTopics{{topic}});
  }
  const Partition& orders() { return partition("orders"); }
  InSyncChange change(std::vector<BrokerId> in_sync) {
    InSyncChange wanted;
    wanted.partition = {image_->topic("orders")->id, 0};
    wanted.leader_epoch = orders().leader_epoch;
    wanted.partition_epoch = orders().partition_epoch;
    for (const BrokerId id : in_sync)
      wanted.in_sync.push_back(
          {id, image_->broker(id) ? image_->broker(id)->incarnation : IncarnationId()});
    return wanted;
  }
  Errc alters(InSyncChange wanted, BrokerId sender = kOne) {
    return code(decide(AlterInSync{sender, image_->broker(sender)->epoch, {std::move(wanted)}}));
  }
  Errc alters(std::vector<BrokerId> in_sync) { return alters(change(std::move(in_sync))); }
  void fences(BrokerId id) {
    decide(BrokerHeartbeat{id, image_->broker(id)->epoch, image_->offset(), true});
  }
};

TEST_F(InSyncDecisionsTest, ALeaderShrinksAndGrowsItsSet) {
  const auto before = orders();
  ASSERT_EQ(alters({kOne, kThree}), Errc::none);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kThree));
  EXPECT_EQ(orders().partition_epoch, before.partition_epoch.next());
  EXPECT_EQ(orders().leader_epoch, before.leader_epoch) << "nobody else leads";
  ASSERT_EQ(alters({kThree, kTwo, kOne}), Errc::none);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kTwo, kThree)) << "in the order of preference";
}

TEST_F(InSyncDecisionsTest, EachDisagreementHasItsError) {
  ASSERT_EQ(alters({kOne, kTwo}), Errc::none);
  auto wanted = change({kOne, kTwo, kThree});
  wanted.leader_epoch = orders().leader_epoch.next();
  EXPECT_EQ(alters(wanted), Errc::not_controller);
  wanted = change({kOne, kTwo, kThree});
  wanted.partition_epoch = orders().partition_epoch.next();
  EXPECT_EQ(alters(wanted), Errc::not_controller);
  wanted = change({kOne, kTwo, kThree});
  wanted.leader_epoch = LeaderEpoch(orders().leader_epoch.value() - 1);
  EXPECT_EQ(alters(wanted), Errc::fenced_leader_epoch);
  wanted = change({kOne, kTwo, kThree});
  wanted.partition_epoch = PartitionEpoch(orders().partition_epoch.value() - 1);
  EXPECT_EQ(alters(wanted), Errc::invalid_update_version);
  EXPECT_EQ(alters(change({kOne, kTwo, kThree}), kTwo), Errc::invalid_request) << "not the leader";
  EXPECT_EQ(alters({kTwo, kThree}), Errc::invalid_request) << "without the leader";
  EXPECT_EQ(alters({kOne, kFour}), Errc::invalid_request) << "no replica";
  EXPECT_EQ(alters({kOne, kTwo, kTwo}), Errc::invalid_request);
  EXPECT_EQ(alters(std::vector<BrokerId>{}), Errc::invalid_request);
  wanted = change({kOne});
  wanted.partition.partition = 7;
  EXPECT_EQ(alters(wanted), Errc::unknown_topic_or_partition);
  EXPECT_EQ(code(decide(AlterInSync{kOne, BrokerEpoch(1), {change({kOne}), change({kOne})}}), 1),
            Errc::stale_broker_epoch);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kTwo));
  EXPECT_EQ(static_cast<int>(Errc::invalid_update_version), 95) << "Kafka's number";
  EXPECT_EQ(static_cast<int>(Errc::ineligible_replica), 107) << "Kafka's number";
}

TEST_F(InSyncDecisionsTest, OnlyWhoLivesOnAsItWasSeenJoins) {
  ASSERT_EQ(alters({kOne, kTwo}), Errc::none);
  auto wanted = change({kOne, kTwo, kThree});
  // It starts again, and what it told belongs to its last life.
  register_and_unfence(3, 9);
  EXPECT_EQ(alters(wanted), Errc::ineligible_replica);
  EXPECT_EQ(alters({kOne, kTwo, kThree}), Errc::none);
}

TEST_F(InSyncDecisionsTest, WhoIsFencedOrLeavesDoesNotJoin) {
  ASSERT_EQ(alters({kOne, kTwo}), Errc::none);
  fences(kThree);
  EXPECT_EQ(alters({kOne, kTwo, kThree}), Errc::ineligible_replica);
  const auto epoch = image_->broker(kThree)->epoch;
  decide(BrokerHeartbeat{kThree, epoch, image_->offset()});
  decide(BrokerHeartbeat{kThree, epoch, image_->offset(), false, true});
  EXPECT_EQ(alters({kOne, kTwo, kThree}), Errc::ineligible_replica);
}

// R6: every older copy of a proposal is stale after its withdrawal.
// R12: its files are elsewhere; what it holds now is not what it counted with.
TEST_F(InSyncDecisionsTest, WhoIsWithoutItsDirectoryDoesNotJoin) {
  const DirectoryId lost = image_->broker(kTwo)->directories.front();
  decide(registration(2, 9, {lost, id_of<DirectoryId>(88)}));
  BrokerHeartbeat beat{kTwo, image_->broker(kTwo)->epoch, image_->offset()};
  beat.failed_directories = {lost};
  decide(beat);
  ASSERT_FALSE(image_->broker(kTwo)->fenced);
  ASSERT_THAT(orders().in_sync, ElementsAre(kOne, kThree));
  EXPECT_EQ(alters({kOne, kTwo, kThree}), Errc::ineligible_replica);
}

// D5, R13: they left while the page cache counted.
TEST_F(InSyncDecisionsTest, BecomingSyncedForgetsWhoWasEligible) {
  const auto set = [&](const char* value) {
    decide(SetConfigs{{{TopicRef{{}, "orders"}, "durability", value}}});
  };
  set("replicated");
  set("synced");
  ASSERT_EQ(alters({kOne}), Errc::none);
  ASSERT_FALSE(orders().eligible.empty());
  EXPECT_EQ(code(decide(ReportSynced{kOne,
                                     image_->broker(kOne)->epoch,
                                     {image_->topic("orders")->id, 0},
                                     orders().leader_epoch})),
            Errc::none);
  EXPECT_TRUE(orders().eligible.empty());
}

TEST_F(InSyncDecisionsTest, TheSetAsItIsWithdraws) {
  const auto proposed = change({kOne, kTwo});
  ASSERT_EQ(alters({kOne, kTwo, kThree}), Errc::none);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kTwo, kThree));
  EXPECT_EQ(alters(proposed), Errc::invalid_update_version);
}

TEST_F(InSyncDecisionsTest, ACopyOfWhatWasAcceptedIsStale) {
  const auto proposed = change({kOne, kTwo});
  ASSERT_EQ(alters(proposed), Errc::none);
  EXPECT_EQ(alters(proposed), Errc::invalid_update_version);
}

TEST_F(InSyncDecisionsTest, WhoLeavesBelowTheMinimumIsEligible) {
  ASSERT_EQ(alters({kOne, kTwo}), Errc::none);
  EXPECT_THAT(orders().eligible, IsEmpty()) << "the third lacks what is committed from now on";
  ASSERT_EQ(alters({kOne}), Errc::none);
  EXPECT_THAT(orders().eligible, ElementsAre(kTwo));
  ASSERT_EQ(alters({kOne, kThree}), Errc::none);
  EXPECT_THAT(orders().eligible, IsEmpty()) << "the minimum is there again";
}

TEST_F(InSyncDecisionsTest, AllWhoLeaveAtOnceBelowTheMinimumAreEligible) {
  ASSERT_EQ(alters({kOne}), Errc::none);
  EXPECT_THAT(orders().eligible, UnorderedElementsAre(kTwo, kThree));
  decide(SetConfigs{{{TopicRef{{}, "orders"}, "min.insync.replicas", "3"}}});
  EXPECT_THAT(orders().eligible, IsEmpty()) << "another minimum";
  ASSERT_EQ(alters({kOne, kTwo}), Errc::none);
  EXPECT_THAT(orders().eligible, IsEmpty());
}

TEST_F(InSyncDecisionsTest, WhoJoinsIsNotEligibleAnyMore) {
  decide(SetConfigs{{{TopicRef{{}, "orders"}, "min.insync.replicas", "3"}}});
  ASSERT_EQ(alters({kOne}), Errc::none);
  ASSERT_EQ(alters({kOne, kTwo}), Errc::none);
  EXPECT_THAT(orders().eligible, ElementsAre(kThree));
}

// The last member stays in the set when it goes; when another leads instead, it holds everything
// committed as well as that one does.
TEST_F(InSyncDecisionsTest, TheLastMemberIsEligibleOnceAnEligibleOneLeads) {
  fences(kThree);
  fences(kTwo);
  ASSERT_THAT(orders().eligible, ElementsAre(kTwo));
  fences(kOne);
  ASSERT_EQ(orders().leader, kNoBroker);
  ASSERT_THAT(orders().in_sync, ElementsAre(kOne));
  decide(BrokerHeartbeat{kTwo, image_->broker(kTwo)->epoch, image_->offset()});
  EXPECT_EQ(orders().leader, kTwo);
  EXPECT_THAT(orders().in_sync, ElementsAre(kTwo));
  EXPECT_THAT(orders().eligible, ElementsAre(kOne));
  fences(kTwo);
  decide(BrokerHeartbeat{kOne, image_->broker(kOne)->epoch, image_->offset()});
  EXPECT_EQ(orders().leader, kOne);
}

// Rule 8: what it may have lost is of interest only below the minimum.
TEST_F(InSyncDecisionsTest, WhoIsNotWholeIsRememberedBelowTheMinimumOnly) {
  const auto restarts_damaged = [&](std::int32_t id, std::uint8_t incarnation) {
    auto again = registration(id, incarnation);
    again.damaged = {{image_->topic("orders")->id, 0}};
    decide(again);
  };
  restarts_damaged(3, 20);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kTwo));
  EXPECT_THAT(orders().last_known_eligible, IsEmpty());
  restarts_damaged(2, 21);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne));
  EXPECT_THAT(orders().last_known_eligible, ElementsAre(kTwo));
  decide(BrokerHeartbeat{kTwo, image_->broker(kTwo)->epoch, image_->offset()});
  ASSERT_EQ(alters({kOne, kTwo}), Errc::none);
  EXPECT_THAT(orders().last_known_eligible, IsEmpty()) << "the minimum is there again";
}

TEST_F(InSyncDecisionsTest, ManyPartitionsAreDecidedOneByOne) {
  decide(CreateTopics{{[] {
    NewTopic topic;
    topic.name = "many";
    topic.assignments = {{0, {kOne, kTwo}}, {1, {kOne, kThree}}, {2, {kTwo, kOne}}};
    return topic;
  }()}});
  AlterInSync event{kOne, image_->broker(kOne)->epoch, {}};
  for (std::int32_t i = 0; i < 3; i++) {
    InSyncChange each = change({kOne});
    each.partition = {image_->topic("many")->id, i};
    each.leader_epoch = partition("many", i).leader_epoch;
    each.partition_epoch = partition("many", i).partition_epoch;
    event.partitions.push_back(each);
  }
  event.partitions.push_back(event.partitions.front());
  const auto items = decide(event);
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(code(items, 0), Errc::none);
  EXPECT_EQ(code(items, 1), Errc::none);
  EXPECT_EQ(code(items, 2), Errc::invalid_request) << "another leads it";
  EXPECT_EQ(code(items, 3), Errc::invalid_update_version) << "the first has changed it";
  EXPECT_EQ(last_records_.size(), 2u);
  EXPECT_THAT(partition("many", 1).in_sync, ElementsAre(kOne));
  EXPECT_THAT(partition("many", 2).in_sync, ElementsAre(kTwo, kOne));
}

TEST_F(InSyncDecisionsTest, ARecoveringLeaderIsAloneUntilItSaysThatItHasRecovered) {
  Batch batch(image_, next());
  PartitionChangeRecord unclean;
  unclean.topic = image_->topic("orders")->id;
  unclean.index = PartitionId(0);
  unclean.leader = kOne;
  unclean.in_sync = std::vector{kOne};
  unclean.recovery = Recovery::recovering;
  unclean.unclean = true;
  batch.add(unclean);
  commit(batch);
  auto wanted = change({kOne, kTwo});
  wanted.recovery = Recovery::recovering;
  EXPECT_EQ(alters(wanted), Errc::invalid_request);
  wanted.recovery = Recovery::recovered;
  EXPECT_EQ(alters(wanted), Errc::none);
  EXPECT_EQ(orders().recovery, Recovery::recovered);
  wanted = change({kOne});
  wanted.recovery = Recovery::recovering;
  EXPECT_EQ(alters(wanted), Errc::invalid_request) << "it has recovered";
}

}  // namespace
}  // namespace ropewalk::controller
