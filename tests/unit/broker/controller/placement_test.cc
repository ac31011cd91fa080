// How leaders and other replicas are spread over brokers and racks.
#include <map>
#include <set>

#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::SizeIs;

class PlacementTest : public ControllerTest {
 protected:
  void joins(std::int32_t id, const std::string& rack) {
    auto event = registration(id, 1);
    event.broker.rack = rack;
    decide(event);
    decide(BrokerHeartbeat{BrokerId(id), image_->broker(BrokerId(id))->epoch, image_->offset()});
  }
  void fence(std::int32_t id) {
    decide(
        BrokerHeartbeat{BrokerId(id), image_->broker(BrokerId(id))->epoch, image_->offset(), true});
  }
  const std::vector<PartitionPtr>& partitions(const std::string& topic) {
    return image_->topic(topic)->partitions;
  }
  std::map<BrokerId, int> leads(const std::string& topic) {
    std::map<BrokerId, int> counts;
    for (const auto& each : partitions(topic)) counts[each->leader]++;
    return counts;
  }
  std::map<BrokerId, int> replicas(const std::string& topic) {
    std::map<BrokerId, int> counts;
    for (const auto& each : partitions(topic))
      for (const BrokerId id : each->replicas) counts[id]++;
    return counts;
  }
};

TEST_F(PlacementTest, EachBrokerHasItsShareOfLeadersAndReplicas) {
  for (std::int32_t id = 1; id <= 5; id++) joins(id, "");
  create("orders", 20, 3);
  EXPECT_THAT(leads("orders"), SizeIs(5));
  for (const auto& [id, count] : leads("orders")) EXPECT_EQ(count, 4) << id.value();
  for (const auto& [id, count] : replicas("orders")) EXPECT_EQ(count, 12) << id.value();
}

// Not all to its neighbour in the round.
TEST_F(PlacementTest, WhatADeadBrokerLedGoesToManyOthers) {
  for (std::int32_t id = 1; id <= 5; id++) joins(id, "");
  create("orders", 20, 3);
  auto before = leads("orders");
  fence(2);
  int gained = 0;
  for (const auto& [id, count] : leads("orders")) {
    EXPECT_NE(id, BrokerId(2));
    gained += count > before[id] ? 1 : 0;
  }
  EXPECT_EQ(gained, 4);
}

TEST_F(PlacementTest, ReplicasStandInDifferentRacks) {
  for (std::int32_t id = 1; id <= 6; id++) joins(id, id <= 2 ? "a" : id <= 4 ? "b" : "c");
  create("three", 12, 3);
  create("two", 12, 2);
  for (const char* const topic : {"three", "two"}) {
    for (const auto& each : partitions(topic)) {
      std::set<std::string> racks;
      for (const BrokerId id : each->replicas) racks.insert(image_->broker(id)->rack);
      EXPECT_EQ(racks.size(), each->replicas.size());
    }
    for (const auto& [id, count] : leads(topic)) EXPECT_EQ(count, 2) << id.value();
  }
  for (const auto& [id, count] : replicas("three")) EXPECT_EQ(count, 6) << id.value();
}

TEST_F(PlacementTest, MoreReplicasThanRacksUseAllRacks) {
  for (std::int32_t id = 1; id <= 4; id++) joins(id, id <= 3 ? "a" : "b");
  create("orders", 8, 3);
  for (const auto& each : partitions("orders")) {
    std::map<std::string, int> racks;
    for (const BrokerId id : each->replicas) racks[image_->broker(id)->rack]++;
    EXPECT_EQ(racks["b"], 1);
    EXPECT_EQ(racks["a"], 2);
  }
}

// During a restart of one of three a topic still gets its three replicas.
TEST_F(PlacementTest, WhoIsAwayCountsButIsNotInSync) {
  for (std::int32_t id = 1; id <= 3; id++) joins(id, "");
  fence(2);
  const auto items = decide(CreateTopics{{{"orders", 6, -1, {}}}});
  ASSERT_EQ(code(items), Errc::none);
  EXPECT_EQ(std::get<TopicCreated>(*items[0]).replication_factor, 3);
  for (const auto& each : partitions("orders")) {
    EXPECT_EQ(each->replicas.back(), BrokerId(2));
    EXPECT_THAT(each->in_sync, SizeIs(2));
    EXPECT_NE(each->leader, BrokerId(2));
  }
  create("one", 6, 1);
  for (const auto& each : partitions("one")) EXPECT_NE(each->replicas.front(), BrokerId(2));
  EXPECT_EQ(code(decide(CreatePartitions{{{{TopicId(), "orders"}, 7}}})), Errc::none);
  EXPECT_THAT(partition("orders", 6).replicas, SizeIs(3));
}

}  // namespace
}  // namespace ropewalk::controller
