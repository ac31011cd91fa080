// Moving replicas (metadata-quorum.md, 6.11), and brokers that are forgotten.
#include "broker/metadata/topic_settings.h"
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::IsEmpty;

const BrokerId kOne(1), kTwo(2), kThree(3), kFour(4), kFive(5);

// Brokers 1 to 5; "orders" has replicas 1, 2, 3, led by 1 under a minimum of 2.
class ReassignmentTest : public ControllerTest {
 protected:
  ReassignmentTest() {
    for (std::int32_t id = 1; id <= 5; id++) register_and_unfence(id);
    makes("orders", {kOne, kTwo, kThree});
  }
  void makes(const std::string& name, Replicas replicas) {
    NewTopic topic;
    topic.name = name;
    topic.assignments = {{0, std::move(replicas)}};
    decide(CreateTopics{{topic}});
  }
  TopicPartition id_of_topic(const std::string& name) { return {image_->topic(name)->id, 0}; }
  Errc moves(std::optional<Replicas> to, const std::string& name = "orders") {
    return code(decide(AlterReassignments{{{id_of_topic(name), std::move(to)}}}));
  }
  Errc calls_off(const std::string& name = "orders") { return moves(std::nullopt, name); }
  Errc in_sync_are(std::vector<BrokerId> members, const std::string& name = "orders") {
    const Partition& now = partition(name);
    InSyncChange wanted;
    wanted.partition = id_of_topic(name);
    wanted.leader_epoch = now.leader_epoch;
    wanted.partition_epoch = now.partition_epoch;
    for (const BrokerId id : members)
      wanted.in_sync.push_back({id, image_->broker(id)->incarnation});
    const BrokerId leader = now.leader;
    return code(decide(AlterInSync{leader, image_->broker(leader)->epoch, {wanted}}));
  }
  void fences(BrokerId id) {
    decide(BrokerHeartbeat{id, image_->broker(id)->epoch, image_->offset(), true});
  }
  const Partition& orders() { return partition("orders"); }
};

TEST_F(ReassignmentTest, NewReplicasCatchUpBeforeOldOnesGo) {
  const auto before = orders();
  ASSERT_EQ(moves(Replicas{kFour, kFive, kThree}), Errc::none);
  EXPECT_THAT(orders().replicas, ElementsAre(kFour, kFive, kThree, kOne, kTwo));
  EXPECT_THAT(orders().adding, ElementsAre(kFour, kFive));
  EXPECT_THAT(orders().removing, ElementsAre(kOne, kTwo));
  EXPECT_EQ(orders().directories[0], image_->broker(kFour)->directories[0]);
  EXPECT_EQ(orders().directories[3], image_->broker(kOne)->directories[0]);
  EXPECT_EQ(orders().in_sync, before.in_sync);
  EXPECT_EQ(orders().leader, kOne);
  EXPECT_EQ(orders().leader_epoch, before.leader_epoch);

  ASSERT_EQ(in_sync_are({kOne, kTwo, kThree, kFour}), Errc::none);
  EXPECT_THAT(orders().adding, ElementsAre(kFour, kFive)) << "one is missing";
  ASSERT_EQ(in_sync_are({kOne, kTwo, kThree, kFour, kFive}), Errc::none);
  EXPECT_THAT(orders().replicas, ElementsAre(kFour, kFive, kThree));
  EXPECT_THAT(orders().in_sync, testing::UnorderedElementsAre(kFour, kFive, kThree));
  EXPECT_THAT(orders().adding, IsEmpty());
  EXPECT_THAT(orders().removing, IsEmpty());
  EXPECT_EQ(orders().leader, kFour) << "the old one has gone";
  EXPECT_GT(orders().leader_epoch, before.leader_epoch);
  EXPECT_EQ(orders().directories.size(), 3u);
  EXPECT_EQ(orders().last_unclean_epoch, kNoLeaderEpoch);
}

// 6.11: whoever goes takes part no more, although the leader is the same.
TEST_F(ReassignmentTest, AReplicaFewerBeginsALeaderEpoch) {
  const auto before = orders();
  ASSERT_EQ(moves(Replicas{kOne, kTwo}), Errc::none);
  EXPECT_THAT(orders().replicas, ElementsAre(kOne, kTwo)) << "at once: nobody has to catch up";
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kTwo));
  EXPECT_EQ(orders().leader, kOne);
  EXPECT_EQ(orders().leader_epoch, before.leader_epoch.next());
}

TEST_F(ReassignmentTest, AnotherOrderIsTakenAtOnce) {
  ASSERT_EQ(moves(Replicas{kThree, kOne, kTwo}), Errc::none);
  EXPECT_THAT(orders().replicas, ElementsAre(kThree, kOne, kTwo));
  EXPECT_EQ(orders().leader, kOne) << "giving it back is another decision";
}

// KIP-966: not while fewer of those that stay are in sync than the minimum.
TEST_F(ReassignmentTest, OldReplicasStayWhileTooFewOthersAreInSync) {
  ASSERT_EQ(in_sync_are({kOne, kTwo}), Errc::none);
  ASSERT_EQ(moves(Replicas{kTwo, kThree}), Errc::none);
  EXPECT_THAT(orders().removing, ElementsAre(kOne)) << "3 is not in sync";
  EXPECT_EQ(orders().leader, kOne);
  ASSERT_EQ(in_sync_are({kOne, kTwo, kThree}), Errc::none);
  EXPECT_THAT(orders().replicas, ElementsAre(kTwo, kThree));
  EXPECT_EQ(orders().leader, kTwo);
}

// R3: a raised factor holds from the completing change on.
TEST_F(ReassignmentTest, TheMinimumRisesWithTheLastReplicaAdded) {
  makes("alone", {kOne});
  ASSERT_EQ(moves(Replicas{kOne, kTwo, kThree}, "alone"), Errc::none);
  const auto minimum = [&] {
    return effective_min_in_sync(effective_settings(*image_, *image_->topic("alone")),
                                 partition("alone"));
  };
  EXPECT_EQ(minimum(), 1);
  ASSERT_EQ(in_sync_are({kOne, kTwo}, "alone"), Errc::none);
  EXPECT_EQ(minimum(), 1);
  ASSERT_EQ(in_sync_are({kOne, kTwo, kThree}, "alone"), Errc::none);
  EXPECT_EQ(minimum(), 2);
  EXPECT_THAT(partition("alone").adding, IsEmpty());
}

TEST_F(ReassignmentTest, CalledOffItIsAsItWas) {
  EXPECT_EQ(calls_off(), Errc::no_reassignment_in_progress);
  ASSERT_EQ(moves(Replicas{kFour, kFive}), Errc::none);
  ASSERT_EQ(in_sync_are({kOne, kTwo, kThree, kFour}), Errc::none);
  ASSERT_EQ(calls_off(), Errc::none);
  EXPECT_THAT(orders().replicas, testing::UnorderedElementsAre(kOne, kTwo, kThree));
  EXPECT_THAT(orders().in_sync, testing::UnorderedElementsAre(kOne, kTwo, kThree));
  EXPECT_EQ(orders().leader, kOne);
  EXPECT_THAT(orders().adding, IsEmpty());
  EXPECT_THAT(orders().removing, IsEmpty());
}

TEST_F(ReassignmentTest, ItIsNotCalledOffIfNobodyIsLeftInSync) {
  ASSERT_EQ(moves(Replicas{kFour, kFive}), Errc::none);
  ASSERT_EQ(in_sync_are({kOne, kTwo, kThree, kFour}), Errc::none);
  for (const BrokerId id : {kOne, kTwo, kThree}) fences(id);
  ASSERT_EQ(orders().leader, kFour);
  EXPECT_EQ(calls_off(), Errc::invalid_replica_assignment);
  EXPECT_THAT(orders().adding, ElementsAre(kFour, kFive));
}

TEST_F(ReassignmentTest, AnotherWishReplacesTheFirst) {
  ASSERT_EQ(moves(Replicas{kFour, kTwo, kThree}), Errc::none);
  ASSERT_EQ(moves(Replicas{kFive, kTwo, kThree}), Errc::none);
  EXPECT_THAT(orders().replicas, ElementsAre(kFive, kTwo, kThree, kOne));
  EXPECT_THAT(orders().adding, ElementsAre(kFive));
  EXPECT_THAT(orders().removing, ElementsAre(kOne));
  ASSERT_EQ(moves(Replicas{kOne, kTwo, kThree}), Errc::none);
  EXPECT_THAT(orders().replicas, ElementsAre(kOne, kTwo, kThree));
  EXPECT_THAT(orders().adding, IsEmpty());
}

TEST_F(ReassignmentTest, BadWishesAreRefused) {
  const std::vector<Replicas> cases = {{}, {kOne, kOne}, {kOne, BrokerId(9)}};
  for (const Replicas& wanted : cases) EXPECT_EQ(moves(wanted), Errc::invalid_replica_assignment);
  fences(kFour);
  EXPECT_EQ(moves(Replicas{kOne, kFour}), Errc::invalid_replica_assignment)
      << "it never catches up";
  fences(kThree);
  EXPECT_EQ(moves(Replicas{kOne, kThree}), Errc::none) << "it is one already";
  const TopicPartition nowhere{id_of_topic("orders").topic, 4};
  EXPECT_EQ(code(decide(AlterReassignments{{{nowhere, Replicas{kOne}}}})),
            Errc::unknown_topic_or_partition);
}

TEST_F(ReassignmentTest, NobodyGetsMoreThanItMayHold) {
  for (const char* const name : {"a", "b"}) create(name, 100, 5);
  create("c", 49, 5);
  makes("d", {kFour});
  EXPECT_EQ(moves(Replicas{kOne, kFour}), Errc::policy_violation);
}

// The items of one event count together, whatever goes with what is called off in between.
TEST_F(ReassignmentTest, NobodyGetsMoreThanItMayHoldByOneEvent) {
  for (const char* const name : {"a", "b"}) create(name, 100, 5);
  create("c", 46, 5);
  for (const char* const name : {"d", "e", "f"}) makes(name, {kOne, kTwo});
  for (const char* const name : {"g", "h"}) makes(name, {kFour});
  const auto to_four = [&](const char* name) {
    return Reassignment{id_of_topic(name), Replicas{kOne, kTwo, kFour}};
  };
  const auto items = decide(AlterReassignments{
      {to_four("d"), to_four("e"), to_four("f"), {id_of_topic("e"), std::nullopt}, to_four("f")}});
  EXPECT_EQ(code(items, 0), Errc::none);
  EXPECT_EQ(code(items, 1), Errc::none);
  EXPECT_EQ(code(items, 2), Errc::policy_violation);
  EXPECT_EQ(code(items, 3), Errc::none);
  EXPECT_EQ(code(items, 4), Errc::none) << "there is room again";
}

TEST_F(ReassignmentTest, ABrokerThatIsGoneIsForgottenOnceItHoldsNothing) {
  const auto forgets = [&](BrokerId id) { return code(decide(UnregisterBroker{id})); };
  EXPECT_EQ(forgets(BrokerId(9)), Errc::broker_id_not_registered);
  EXPECT_EQ(forgets(kThree), Errc::policy_violation) << "it lives";
  fences(kThree);
  EXPECT_EQ(forgets(kThree), Errc::not_empty);
  ASSERT_EQ(moves(Replicas{kOne, kTwo}), Errc::none);
  voter_ = kThree;
  EXPECT_EQ(forgets(kThree), Errc::policy_violation) << "it votes";
  voter_ = kNoBroker;
  EXPECT_EQ(forgets(kThree), Errc::none);
  EXPECT_EQ(image_->broker(kThree), nullptr);
  now_ += std::chrono::seconds(60);
  Batch batch(image_, next());
  controller_->expire(batch, now_);
  commit(batch);
  EXPECT_NE(register_and_unfence(3, 50), BrokerEpoch(0)) << "it may come back as a new one";
}

}  // namespace
}  // namespace ropewalk::controller
