// How a broker is emptied.
#include <map>
#include <set>

#include "broker/controller/drain_plan.h"
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

const BrokerId kOne(1), kTwo(2), kThree(3), kFour(4);

class DrainTest : public ControllerTest {
 protected:
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

}  // namespace
}  // namespace ropewalk::controller
