// Elections where nobody who is left is whole (R7's last clause, R13), and unclean ones.
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using std::chrono::seconds;
using ::testing::IsEmpty;

const BrokerId kOne(1), kTwo(2), kThree(3);

// Brokers 1 to 3; "synced" and "replicated" have replicas 1, 2, 3, led by 1 under a minimum of 2.
class RecoveryTest : public ControllerTest {
 protected:
  RecoveryTest() {
    for (std::int32_t id = 1; id <= 3; id++) register_and_unfence(id);
    for (const char* const name : {"synced", "replicated"}) {
      NewTopic topic;
      topic.name = name;
      topic.configs = {{"durability", name}};
      topic.assignments = {{0, {kOne, kTwo, kThree}}};
      decide(CreateTopics{{topic}});
    }
  }
  TopicPartition id_of_topic(const std::string& name) { return {image_->topic(name)->id, 0}; }
  void fences(BrokerId id) {
    decide(BrokerHeartbeat{id, image_->broker(id)->epoch, image_->offset(), true});
  }
  struct Comes {
    std::int32_t epoch = 0;
    std::int64_t end = 0;
    bool cut = false;
    bool damaged = false;
    bool clean = false;
  };
  // A new life, not let in yet.
  void registers(BrokerId id, Comes with) {
    auto event = registration(id.value(), ++incarnation_);
    for (const char* const name : {"synced", "replicated"}) {
      if (!image_->topic(name)) continue;
      const TopicPartition partition = id_of_topic(name);
      if (with.cut) event.cut.push_back(partition);
      if (with.damaged)
        event.damaged.push_back(partition);
      else
        event.ends.push_back({partition, LeaderEpoch(with.epoch), Offset(with.end)});
    }
    if (with.clean) event.clean_stop_epoch = image_->broker(id)->epoch;
    ASSERT_TRUE(decide(event)[0]);
  }
  void comes_back(BrokerId id, Comes with) {
    registers(id, with);
    decide(BrokerHeartbeat{id, image_->broker(id)->epoch, image_->offset()});
  }
  // The power goes: 3 first, then 2, then 1, which led alone.
  void all_go() {
    for (const BrokerId id : {kThree, kTwo, kOne}) fences(id);
    for (const char* const name : {"synced", "replicated"}) {
      ASSERT_EQ(partition(name).leader, kNoBroker);
      ASSERT_THAT(partition(name).in_sync, ElementsAre(kOne));
      ASSERT_THAT(partition(name).eligible, ElementsAre(kTwo));
    }
  }
  void time_passes(Controller::Time::duration time) {
    for (const auto end = now_ + time; now_ < end;) {
      now_ += std::min<Controller::Time::duration>(seconds(1), end - now_);
      for (const auto& [id, broker] : image_->brokers())
        if (!broker->fenced) decide(BrokerHeartbeat{id, broker->epoch, image_->offset()});
      Batch batch(image_, next());
      controller_->expire(batch, now_);
      commit(batch);
    }
  }
  UncleanCause cause() {
    for (const Record& record : last_records_)
      if (const auto* change = std::get_if<PartitionChangeRecord>(&record);
          change && change->unclean)
        return change->unclean_cause;
    return UncleanCause::none;
  }
  void succeeds() {
    ControllerOptions options;
    options.cluster = kCluster;
    controller_.emplace(options, *image_, now_);
  }
  std::uint8_t incarnation_ = 100;
};

TEST_F(RecoveryTest, WithoutALossTheFirstMemberLeads) {
  all_go();
  comes_back(kTwo, {.end = 10, .clean = true});
  EXPECT_EQ(partition("synced").leader, kTwo);
  EXPECT_EQ(partition("replicated").leader, kTwo);
  EXPECT_EQ(partition("replicated").last_unclean_epoch, kNoLeaderEpoch);
}

// Nobody has a clean end: all who were in sync last must be back, and the longest log wins.
TEST_F(RecoveryTest, TheLongestLogLeadsOnceAllAreBack) {
  all_go();
  comes_back(kOne, {.epoch = 3, .end = 10});
  EXPECT_EQ(partition("synced").leader, kOne) << "what was synced is there";
  EXPECT_EQ(partition("replicated").leader, kNoBroker);
  EXPECT_THAT(partition("replicated").last_known_eligible, ElementsAre(kOne));
  comes_back(kThree, {.epoch = 3, .end = 50});
  EXPECT_EQ(partition("replicated").leader, kNoBroker) << "it had left before";
  comes_back(kTwo, {.epoch = 3, .end = 11});
  EXPECT_EQ(partition("replicated").leader, kTwo);
  EXPECT_THAT(partition("replicated").in_sync, ElementsAre(kTwo));
  EXPECT_THAT(partition("replicated").last_known_eligible, IsEmpty());
  EXPECT_EQ(partition("replicated").last_unclean_epoch, partition("replicated").leader_epoch);
  EXPECT_EQ(partition("replicated").recovery, Recovery::recovering);
}

TEST_F(RecoveryTest, TheLaterEpochBeatsTheLongerLog) {
  all_go();
  comes_back(kOne, {.epoch = 4, .end = 10});
  comes_back(kTwo, {.epoch = 3, .end = 99});
  EXPECT_EQ(partition("replicated").leader, kOne);
}

TEST_F(RecoveryTest, OfEqualsTheFirstInOrderLeads) {
  all_go();
  comes_back(kTwo, {.epoch = 3, .end = 10});
  comes_back(kOne, {.epoch = 3, .end = 10});
  EXPECT_EQ(partition("replicated").leader, kOne);
}

// Where records need not be synced one does not wait for ever.
TEST_F(RecoveryTest, AReplicatedPartitionWaitsForAWhile) {
  all_go();
  comes_back(kOne, {.epoch = 3, .end = 10});
  fences(kTwo);
  registers(kTwo, {.epoch = 3, .end = 11});
  time_passes(seconds(29));
  EXPECT_EQ(partition("replicated").leader, kNoBroker);
  time_passes(seconds(1));
  EXPECT_EQ(partition("replicated").leader, kOne);
  EXPECT_EQ(cause(), UncleanCause::wait_is_over);
  EXPECT_EQ(partition("replicated").last_unclean_epoch, partition("replicated").leader_epoch);
}

// R7: the wait does not run while somebody is away who is whole as far as anybody knows.
TEST_F(RecoveryTest, TheWaitDoesNotRunWhileAnEligibleReplicaIsAway) {
  all_go();
  comes_back(kOne, {.epoch = 3, .end = 10});
  time_passes(seconds(300));
  EXPECT_EQ(partition("replicated").leader, kNoBroker);
  EXPECT_THAT(partition("replicated").eligible, ElementsAre(kTwo));
  comes_back(kTwo, {.epoch = 3, .end = 9, .clean = true});
  EXPECT_EQ(partition("replicated").leader, kTwo);
  EXPECT_EQ(partition("replicated").last_unclean_epoch, kNoLeaderEpoch);
}

TEST_F(RecoveryTest, ASyncedPartitionWaitsForEver) {
  all_go();
  comes_back(kOne, {.epoch = 3, .end = 10, .cut = true});
  registers(kTwo, {.epoch = 3, .end = 11, .cut = true});
  time_passes(seconds(300));
  EXPECT_EQ(partition("synced").leader, kNoBroker);
  decide(BrokerHeartbeat{kTwo, image_->broker(kTwo)->epoch, image_->offset()});
  EXPECT_EQ(cause(), UncleanCause::tail_was_cut);
  EXPECT_EQ(partition("synced").leader, kTwo);
}

// What is known of their ends is in the log: another controller goes on with it, and waits anew.
TEST_F(RecoveryTest, AnotherControllerKnowsTheEndsAndWaitsAnew) {
  all_go();
  comes_back(kOne, {.epoch = 3, .end = 10});
  registers(kTwo, {.epoch = 3, .end = 11});
  time_passes(seconds(29));
  succeeds();
  time_passes(seconds(29));
  EXPECT_EQ(partition("replicated").leader, kNoBroker);
  decide(BrokerHeartbeat{kTwo, image_->broker(kTwo)->epoch, image_->offset()});
  EXPECT_EQ(partition("replicated").leader, kTwo);
  EXPECT_EQ(cause(), UncleanCause::all_are_back);
}

TEST_F(RecoveryTest, AWaitThatANewControllerBeginsEndsToo) {
  all_go();
  comes_back(kOne, {.epoch = 3, .end = 10});
  registers(kTwo, {.epoch = 3, .end = 11});
  succeeds();
  EXPECT_LE(controller_->next_expiry(), now_ + seconds(3));
  time_passes(seconds(30));
  EXPECT_EQ(partition("replicated").leader, kOne);
}

// A tail that was cut stays cut in later lives, and damage stays damage.
TEST_F(RecoveryTest, WhatWasLostStaysLost) {
  all_go();
  registers(kTwo, {.epoch = 3, .end = 10, .damaged = true});
  EXPECT_THAT(partition("synced").last_known_eligible, ElementsAre(kTwo));
  comes_back(kTwo, {.epoch = 3, .end = 0, .clean = true});
  EXPECT_THAT(partition("synced").last_known_eligible, ElementsAre(kTwo));
  EXPECT_TRUE(partition("synced").last_known_ends.at(0).damaged);
  comes_back(kOne, {.epoch = 3, .end = 10, .damaged = true});
  EXPECT_EQ(partition("synced").leader, kNoBroker) << "nobody is left";
  EXPECT_EQ(partition("replicated").leader, kNoBroker);
}

TEST_F(RecoveryTest, WhoIsInSyncAgainHasLostNothing) {
  decide(SetConfigs{{{TopicRef{{}, "synced"}, "min.insync.replicas", "3"}}});
  registers(kTwo, {.damaged = true});
  decide(BrokerHeartbeat{kTwo, image_->broker(kTwo)->epoch, image_->offset()});
  registers(kThree, {.damaged = true});
  ASSERT_THAT(partition("synced").last_known_eligible, ElementsAre(kTwo, kThree));
  InSyncChange wanted;
  wanted.partition = id_of_topic("synced");
  wanted.leader_epoch = partition("synced").leader_epoch;
  wanted.partition_epoch = partition("synced").partition_epoch;
  for (const BrokerId id : {kOne, kTwo})
    wanted.in_sync.push_back({id, image_->broker(id)->incarnation});
  ASSERT_EQ(code(decide(AlterInSync{kOne, image_->broker(kOne)->epoch, {wanted}})), Errc::none);
  EXPECT_THAT(partition("synced").last_known_eligible, ElementsAre(kThree));
  EXPECT_TRUE(partition("synced").last_known_ends.at(0).damaged);
}

TEST_F(RecoveryTest, TheOperatorElectsWhoeverIsThere) {
  all_go();
  comes_back(kThree, {.epoch = 2, .end = 5});
  ASSERT_EQ(partition("synced").leader, kNoBroker);
  const TopicPartition unknown{id_of_topic("synced").topic, 9};
  auto items = decide(ElectLeaders{ElectionKind::unclean, {id_of_topic("synced"), unknown}});
  EXPECT_EQ(code(items, 0), Errc::none);
  EXPECT_EQ(code(items, 1), Errc::unknown_topic_or_partition);
  EXPECT_EQ(cause(), UncleanCause::was_asked_for);
  EXPECT_EQ(partition("synced").leader, kThree);
  EXPECT_THAT(partition("synced").in_sync, ElementsAre(kThree));
  EXPECT_THAT(partition("synced").eligible, IsEmpty());
  EXPECT_EQ(partition("synced").last_unclean_epoch, partition("synced").leader_epoch);
  EXPECT_EQ(code(decide(ElectLeaders{ElectionKind::unclean, {id_of_topic("synced")}})),
            Errc::election_not_needed);
  fences(kThree);
  EXPECT_EQ(code(decide(ElectLeaders{ElectionKind::unclean, {id_of_topic("replicated")}})),
            Errc::eligible_leaders_not_available);
}

// Of those that it may choose from, the operator means the best.
TEST_F(RecoveryTest, TheOperatorElectsTheBestThatIsThere) {
  all_go();
  comes_back(kThree, {.epoch = 9, .end = 99});
  comes_back(kTwo, {.epoch = 3, .end = 10, .cut = true});
  ASSERT_EQ(partition("synced").leader, kNoBroker);
  decide(ElectLeaders{ElectionKind::unclean, {id_of_topic("synced")}});
  EXPECT_EQ(partition("synced").leader, kTwo) << "it was in sync last";
}

TEST_F(RecoveryTest, ATopicMayAllowUncleanElections) {
  decide(SetConfigs{{{TopicRef{{}, "synced"}, "unclean.leader.election.enable", "true"}}});
  fences(kTwo);
  comes_back(kTwo, {});
  ASSERT_THAT(partition("synced").in_sync, ElementsAre(kOne, kThree));
  fences(kThree);
  fences(kOne);
  EXPECT_EQ(partition("synced").leader, kTwo);
  EXPECT_EQ(cause(), UncleanCause::topic_allows);
  EXPECT_EQ(partition("replicated").leader, kNoBroker);
  decide(SetConfigs{{{ClusterScope{}, "unclean.leader.election.enable", "true"}}});
  EXPECT_EQ(partition("replicated").leader, kTwo);
  EXPECT_EQ(partition("replicated").last_unclean_epoch, partition("replicated").leader_epoch);
}

TEST_F(RecoveryTest, PreferredLeadersComeBackWhenAskedFor) {
  fences(kOne);
  decide(BrokerHeartbeat{kOne, image_->broker(kOne)->epoch, image_->offset()});
  const auto prefer = [&] {
    return code(decide(ElectLeaders{ElectionKind::preferred, {id_of_topic("synced")}}));
  };
  EXPECT_EQ(prefer(), Errc::preferred_leader_not_available) << "it is not in sync";
  InSyncChange wanted;
  wanted.partition = id_of_topic("synced");
  wanted.leader_epoch = partition("synced").leader_epoch;
  wanted.partition_epoch = partition("synced").partition_epoch;
  for (const BrokerId id : {kOne, kTwo, kThree})
    wanted.in_sync.push_back({id, image_->broker(id)->incarnation});
  ASSERT_EQ(code(decide(AlterInSync{kTwo, image_->broker(kTwo)->epoch, {wanted}})), Errc::none);
  const auto before = partition("synced").leader_epoch;
  EXPECT_EQ(prefer(), Errc::none);
  EXPECT_EQ(partition("synced").leader, kOne);
  EXPECT_EQ(partition("synced").leader_epoch, before.next());
  EXPECT_EQ(partition("synced").last_unclean_epoch, kNoLeaderEpoch);
  EXPECT_EQ(prefer(), Errc::election_not_needed);
}

}  // namespace
}  // namespace ropewalk::controller
