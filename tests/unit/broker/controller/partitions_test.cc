// Which brokers and directories get partitions: of new topics by assignment, and of topics that
// grow.
#include <map>
#include <set>

#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::UnorderedElementsAre;

const BrokerId kOne(1), kTwo(2), kThree(3), kFour(4);

NewTopic assigned(std::string name, std::vector<ReplicaAssignment> assignments) {
  NewTopic topic;
  topic.name = std::move(name);
  topic.assignments = std::move(assignments);
  return topic;
}

class PartitionsTest : public ControllerTest {
 protected:
  PartitionsTest() {
    for (std::int32_t id = 1; id <= 3; id++) register_and_unfence(id);
  }
  void fence(BrokerId id) {
    decide(BrokerHeartbeat{id, image_->broker(id)->epoch, image_->offset(), true});
  }
  CreatePartitions grow(const std::string& name, std::int32_t total,
                        std::optional<std::vector<Replicas>> assignments = std::nullopt) {
    return {{{{TopicId(), name}, total, std::move(assignments)}}};
  }
};

TEST_F(PartitionsTest, NewOnesFollowInTheRound) {
  create("orders", 2, 2);
  ASSERT_EQ(code(decide(grow("orders", 6))), Errc::none);
  ASSERT_EQ(image_->topic("orders")->partitions.size(), 6u);
  std::map<BrokerId, int> leads;
  for (std::int32_t i = 0; i < 6; i++) {
    const auto& p = partition("orders", i);
    EXPECT_EQ(p.index, PartitionId(i));
    EXPECT_EQ(std::set<BrokerId>(p.replicas.begin(), p.replicas.end()).size(), 2u);
    EXPECT_EQ(p.in_sync, p.replicas);
    leads[p.leader]++;
  }
  EXPECT_THAT(leads,
              UnorderedElementsAre(std::pair(kOne, 2), std::pair(kTwo, 2), std::pair(kThree, 2)));
}

TEST_F(PartitionsTest, NewOnesHaveTheTopicsDurability) {
  create("orders", 1, 1, {{"durability", "replicated"}});
  decide(grow("orders", 2));
  EXPECT_EQ(partition("orders", 1).durability, Durability::replicated);
}

TEST_F(PartitionsTest, GrowingIsRefusedWithWhatIsWrong) {
  create("orders", 2, 2);
  EXPECT_EQ(code(decide(grow("nope", 3))), Errc::unknown_topic_or_partition);
  for (const std::int32_t total : {2, 1, 0, -1, 101})
    EXPECT_EQ(code(decide(grow("orders", total))), Errc::invalid_partitions) << total;
  for (const BrokerId id : {kOne, kTwo, kThree}) fence(id);
  EXPECT_EQ(code(decide(grow("orders", 3))), Errc::broker_not_available);
  EXPECT_EQ(image_->topic("orders")->partitions.size(), 2u);
}

TEST_F(PartitionsTest, GrowingIsRefusedWhereBrokersAreFull) {
  for (const char* const name : {"a", "b"}) create(name, 100, 3);
  create("c", 50, 3);  // 250 on each.
  const auto items = decide(grow("c", 51));
  EXPECT_EQ(code(items), Errc::policy_violation);
  EXPECT_THAT(items[0].error().context, HasSubstr("max_partitions is 250"));
  EXPECT_TRUE(last_records_.empty());
}

TEST_F(PartitionsTest, ATopicMeantTwiceGrowsFromWhereItIs) {
  create("orders", 1, 1);
  auto event = grow("orders", 3);
  event.topics.push_back(event.topics.front());
  const auto items = decide(event);
  EXPECT_EQ(code(items, 0), Errc::none);
  EXPECT_EQ(code(items, 1), Errc::invalid_partitions);
  EXPECT_EQ(image_->topic("orders")->partitions.size(), 3u);
}

TEST_F(PartitionsTest, ValidatingGrowthChangesNothing) {
  create("orders", 1, 1);
  auto event = grow("orders", 3);
  event.validate_only = true;
  EXPECT_EQ(code(decide(event)), Errc::none);
  EXPECT_TRUE(last_records_.empty());
  event.topics[0].total = 1;
  EXPECT_EQ(code(decide(event)), Errc::invalid_partitions);
}

TEST_F(PartitionsTest, NewOnesGoWhereTheyAreAssigned) {
  create("orders", 1, 2);
  ASSERT_EQ(code(decide(grow("orders", 3, {{{kThree, kOne}, {kTwo, kThree}}}))), Errc::none);
  EXPECT_THAT(partition("orders", 1).replicas, ElementsAre(kThree, kOne));
  EXPECT_EQ(partition("orders", 1).leader, kThree);
  EXPECT_THAT(partition("orders", 2).replicas, ElementsAre(kTwo, kThree));
}

TEST_F(PartitionsTest, BadAssignmentsOfNewOnesAreRefused) {
  create("orders", 1, 2);
  const std::vector<std::vector<Replicas>> cases = {
      {},                            // None for a new one.
      {{kOne, kTwo}, {kOne, kTwo}},  // More than new ones.
      {{}},
      {{kOne}},         // The topic has two replicas.
      {{kOne, kOne}},   // Twice the same.
      {{kOne, kFour}},  // Unknown.
  };
  for (const auto& assignments : cases)
    EXPECT_EQ(code(decide(grow("orders", 2, assignments))), Errc::invalid_replica_assignment);
  EXPECT_EQ(image_->topic("orders")->partitions.size(), 1u);
}

TEST_F(PartitionsTest, TopicsGoWhereTheyAreAssigned) {
  const auto items =
      decide(CreateTopics{{assigned("orders", {{1, {kTwo, kOne}}, {0, {kThree, kTwo}}})}});
  ASSERT_EQ(code(items), Errc::none);
  EXPECT_EQ(std::get<TopicCreated>(*items[0]).partitions, 2);
  EXPECT_EQ(std::get<TopicCreated>(*items[0]).replication_factor, 2);
  EXPECT_THAT(partition("orders", 0).replicas, ElementsAre(kThree, kTwo));
  EXPECT_THAT(partition("orders", 1).replicas, ElementsAre(kTwo, kOne));
}

TEST_F(PartitionsTest, AnAssignedBrokerThatIsNotAliveIsNotInSync) {
  fence(kThree);
  ASSERT_EQ(code(decide(CreateTopics{{assigned("orders", {{0, {kThree, kTwo}}})}})), Errc::none);
  EXPECT_THAT(partition("orders").replicas, ElementsAre(kThree, kTwo));
  EXPECT_THAT(partition("orders").in_sync, ElementsAre(kTwo));
  EXPECT_EQ(partition("orders").leader, kTwo);
  EXPECT_EQ(code(decide(CreateTopics{{assigned("dead", {{0, {kThree}}})}})),
            Errc::invalid_replica_assignment);
}

TEST_F(PartitionsTest, BadAssignmentsOfTopicsAreRefused) {
  const std::vector<std::vector<ReplicaAssignment>> cases = {
      {{0, {kOne}}, {0, {kTwo}}},        // Twice the same.
      {{1, {kOne}}},                     // A gap.
      {{-1, {kOne}}},                    // No number of a partition.
      {{0, {kOne}}, {1, {kOne, kTwo}}},  // Of different sizes.
      {{0, {}}},                         // Nobody.
      {{0, {kFour}}},                    // Unknown.
      {{0, {kOne}}, {1, {kTwo, kTwo}}}};
  for (const auto& assignments : cases)
    EXPECT_EQ(code(decide(CreateTopics{{assigned("orders", assignments)}})),
              Errc::invalid_replica_assignment);
  NewTopic both = assigned("orders", {{0, {kOne}}});
  both.partitions = 1;
  EXPECT_EQ(code(decide(CreateTopics{{both}})), Errc::invalid_request);
  EXPECT_EQ(image_->topic("orders"), nullptr);
}

TEST_F(PartitionsTest, LeadersAreSpreadOverTheDirectoriesOfABroker) {
  now_ += milliseconds(5000);
  for (std::int32_t id = 1; id <= 3; id++) {
    const auto first = static_cast<std::uint8_t>(10 * id);
    const auto second = static_cast<std::uint8_t>(10 * id + 1);
    decide(registration(id, 9, {id_of<DirectoryId>(first), id_of<DirectoryId>(second)}));
    decide(BrokerHeartbeat{BrokerId(id), image_->broker(BrokerId(id))->epoch, image_->offset()});
  }
  fence(kThree);  // Of two brokers, each with two directories.
  create("orders", 8, 1);
  std::map<DirectoryId, int> counts;
  for (std::int32_t i = 0; i < 8; i++) counts[partition("orders", i).directories.front()]++;
  EXPECT_EQ(counts.size(), 4u);
}

// Whatever came first: three and then five more are as eight at once.
TEST_F(ControllerTest, GrowingGoesOnThroughTheDirectories) {
  const std::vector<DirectoryId> two = {id_of<DirectoryId>(1), id_of<DirectoryId>(11)};
  decide(registration(1, 1, two));
  decide(BrokerHeartbeat{BrokerId(1), image_->broker(BrokerId(1))->epoch, image_->offset()});
  for (const char* const name : {"a", "b"}) {
    create(name, 3, 1);
    decide(CreatePartitions{{{{TopicId(), name}, 8}}});
    for (std::int32_t i = 1; i < 8; i++)
      EXPECT_NE(partition(name, i).directories, partition(name, i - 1).directories) << name << i;
  }
}

}  // namespace
}  // namespace ropewalk::controller
