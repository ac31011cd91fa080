// How a broker is emptied.
#include <map>
#include <set>

#include "broker/controller/drain_plan.h"
#include "broker/metadata/broker_settings.h"
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const BrokerId kOne(1), kTwo(2), kThree(3), kFour(4);

class DrainTest : public ControllerTest {
 protected:
  Errc drains(BrokerId broker, bool drained = true) {
    ConfigChange change;
    change.scope = broker;
    change.key = kDrained;
    if (drained) change.value = kIsDrained;
    return code(decide(SetConfigs{{change}}));
  }
  void joins(std::int32_t id, const std::string& rack) {
    auto event = registration(id, 1);
    event.broker.rack = rack;
    decide(event);
    decide(BrokerHeartbeat{BrokerId(id), image_->broker(BrokerId(id))->epoch, image_->offset()});
  }
  std::map<BrokerId, int> replicas() {
    std::map<BrokerId, int> counts;
    image_->topics().for_each([&](const TopicId&, const TopicPtr& topic) {
      for (const auto& each : topic->partitions)
        for (const BrokerId id : each->replicas) counts[id]++;
    });
    return counts;
  }
};

TEST_F(DrainTest, TheOthersTakeOverInEqualParts) {
  for (std::int32_t id = 1; id <= 4; id++) joins(id, "");
  create("orders", 12, 2);
  ASSERT_EQ(replicas()[kTwo], 6);
  const DrainPlan plan = plan_drain(*image_, kTwo);
  EXPECT_THAT(plan.moves, SizeIs(6));
  EXPECT_THAT(plan.stuck, IsEmpty());
  std::map<BrokerId, int> after = replicas();
  for (const Reassignment& move : plan.moves) {
    const Partition& now = *image_->partition(move.partition);
    ASSERT_EQ(move.replicas->size(), 2u);
    EXPECT_EQ(std::set<BrokerId>(move.replicas->begin(), move.replicas->end()).size(), 2u);
    for (std::size_t i = 0; i < 2; i++) {
      if (now.replicas[i] == kTwo)
        after[(*move.replicas)[i]]++;
      else
        EXPECT_EQ((*move.replicas)[i], now.replicas[i]) << "nothing else moves";
    }
  }
  for (const BrokerId id : {kOne, kThree, kFour}) EXPECT_EQ(after[id], 8) << id.value();
  for (const auto& item : decide(AlterReassignments{plan.moves})) EXPECT_TRUE(item);
  EXPECT_THAT(plan_drain(*image_, kTwo).moves, IsEmpty()) << "it is on its way";
}

TEST_F(DrainTest, ReplicasStayInDifferentRacks) {
  for (std::int32_t id = 1; id <= 4; id++) joins(id, id <= 2 ? "a" : "b");
  create("orders", 8, 2);
  for (const Reassignment& move : plan_drain(*image_, kThree).moves) {
    std::set<std::string> racks;
    for (const BrokerId id : *move.replicas) racks.insert(image_->broker(id)->rack);
    EXPECT_THAT(racks, SizeIs(2));
  }
}

TEST_F(DrainTest, WhatNobodyElseCanTakeIsNamed) {
  for (std::int32_t id = 1; id <= 3; id++) joins(id, "");
  create("three", 1, 3);
  create("one", 3, 1);
  const DrainPlan plan = plan_drain(*image_, kOne);
  EXPECT_THAT(plan.stuck, ElementsAre(TopicPartition{image_->topic("three")->id, 0}));
  EXPECT_THAT(plan.moves, SizeIs(1));
}

TEST_F(DrainTest, WhoIsDrainedGetsNoNewReplicas) {
  for (std::int32_t id = 1; id <= 4; id++) joins(id, "");
  create("before", 4, 4);
  ASSERT_EQ(drains(kTwo), Errc::none);
  create("orders", 6, 3);
  decide(CreatePartitions{{{{TopicId(), "orders"}, 12}}});
  create("default", 4);
  EXPECT_EQ(replicas()[kTwo], 4) << "those that it had";
  EXPECT_EQ(replicas()[kOne], 4 + 12 + 4);
  for (const Reassignment& move : plan_drain(*image_, kOne).moves)
    for (const BrokerId id : *move.replicas)
      if (id == kTwo) EXPECT_EQ(image_->topic(move.partition.topic)->name, "before");
  ASSERT_EQ(drains(kTwo, false), Errc::none);
  create("after", 4, 4);
  EXPECT_EQ(replicas()[kTwo], 8);
}

// A restart, also with a new disk, is no end of it; being forgotten is.
TEST_F(DrainTest, ItHoldsUntilItIsEnded) {
  for (std::int32_t id = 1; id <= 3; id++) joins(id, "");
  ASSERT_EQ(drains(kThree), Errc::none);
  ASSERT_EQ(drains(kThree), Errc::none);
  EXPECT_TRUE(last_records_.empty()) << "it is so already";
  decide(BrokerHeartbeat{kThree, image_->broker(kThree)->epoch, image_->offset(), true});
  auto again = registration(3, 7);
  decide(again);
  EXPECT_TRUE(is_drained(*image_, kThree));
  create("orders", 3, 2);
  EXPECT_EQ(replicas()[kThree], 0) << "also while it is away";
  ASSERT_EQ(code(decide(UnregisterBroker{kThree})), Errc::none);
  joins(3, "");
  EXPECT_FALSE(is_drained(*image_, kThree));
  EXPECT_EQ(drains(kThree, false), Errc::none);
  EXPECT_TRUE(last_records_.empty());
}

TEST_F(DrainTest, WhoIsDrainedDoesNotCountAsAPlace) {
  for (std::int32_t id = 1; id <= 3; id++) joins(id, "");
  create("three", 1, 3);
  ASSERT_EQ(drains(kTwo), Errc::none);
  const auto items = decide(CreateTopics{{{"more", 1, 3, {}}}});
  ASSERT_EQ(code(items), Errc::invalid_replication_factor);
  EXPECT_THAT(items[0].error().context, HasSubstr("there are 2 brokers that are not drained"));
  EXPECT_EQ(code(decide(CreatePartitions{{{{TopicId(), "three"}, 2}}})),
            Errc::invalid_replication_factor);
  create("default");
  EXPECT_THAT(partition("default").replicas, SizeIs(2));
  ASSERT_EQ(drains(kOne), Errc::none);
  ASSERT_EQ(drains(kThree), Errc::none);
  EXPECT_EQ(code(decide(CreateTopics{{{"more", 1, 1, {}}}})), Errc::broker_not_available);
  EXPECT_THAT(plan_drain(*image_, kTwo).stuck, SizeIs(1));
}

// Who names a broker means it.
TEST_F(DrainTest, ListsOfReplicasMayNameWhoIsDrained) {
  for (std::int32_t id = 1; id <= 2; id++) joins(id, "");
  for (const BrokerId id : {kOne, kTwo}) ASSERT_EQ(drains(id), Errc::none);
  NewTopic topic;
  topic.name = "chosen";
  topic.assignments = {{0, {kTwo}}};
  ASSERT_EQ(code(decide(CreateTopics{{topic}})), Errc::none);
  EXPECT_THAT(partition("chosen").replicas, ElementsAre(kTwo));
  const TopicPartition id{image_->topic("chosen")->id, 0};
  EXPECT_EQ(code(decide(AlterReassignments{{{id, Replicas{kOne}}}})), Errc::none);
}

TEST_F(DrainTest, ABrokerHasNoOtherSetting) {
  joins(1, "");
  EXPECT_EQ(drains(kTwo), Errc::broker_id_not_registered);
  ConfigChange change{.scope = kOne, .key = "retention.ms", .value = "1"};
  EXPECT_EQ(code(decide(SetConfigs{{change}})), Errc::invalid_config);
  change = {.scope = kOne, .key = std::string(kDrained), .value = "false"};
  EXPECT_EQ(code(decide(SetConfigs{{change}})), Errc::invalid_config);
  EXPECT_FALSE(is_drained(*image_, kOne));
}

}  // namespace
}  // namespace ropewalk::controller
