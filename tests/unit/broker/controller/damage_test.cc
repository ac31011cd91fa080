// Replicas that turn out damaged while their broker runs (R12).
#include "tests/unit/broker/controller/controller_fixture.h"

namespace ropewalk::controller {
namespace {

using ::testing::IsEmpty;

const BrokerId kOne(1), kTwo(2), kThree(3);

// "orders" has replicas 1, 2, 3, led by 1 under a minimum of 2; "alone" is on 1 only.
class DamageTest : public ControllerTest {
 protected:
  DamageTest() {
    for (std::int32_t id = 1; id <= 3; id++) register_and_unfence(id);
    NewTopic orders, alone;
    orders.name = "orders";
    orders.assignments = {{0, {kOne, kTwo, kThree}}};
    alone.name = "alone";
    alone.assignments = {{0, {kOne}}};
    decide(CreateTopics{{orders, alone}});
  }
  TopicPartition id_of_topic(const std::string& name) { return {image_->topic(name)->id, 0}; }
  std::vector<Result<ItemAnswer>> reports(BrokerId broker, std::vector<TopicPartition> damaged) {
    return decide(ReportDamaged{broker, image_->broker(broker)->epoch, std::move(damaged)});
  }
  void fences(BrokerId id) {
    decide(BrokerHeartbeat{id, image_->broker(id)->epoch, image_->offset(), true});
  }
  const Partition& orders() { return partition("orders"); }
};

TEST_F(DamageTest, ADamagedLeaderGivesWay) {
  const auto before = orders();
  ASSERT_EQ(code(reports(kOne, {id_of_topic("orders")})), Errc::none);
  EXPECT_EQ(orders().leader, kTwo);
  EXPECT_GT(orders().leader_epoch, before.leader_epoch);
  EXPECT_THAT(orders().in_sync, ElementsAre(kTwo, kThree));
  EXPECT_THAT(orders().eligible, IsEmpty());
  EXPECT_FALSE(image_->broker(kOne)->fenced) << "its other replicas are whole";
  ASSERT_EQ(code(reports(kOne, {id_of_topic("orders")})), Errc::none);
  EXPECT_TRUE(last_records_.empty()) << "it has been said";
}

TEST_F(DamageTest, ADamagedFollowerLeavesTheLeaderInItsEpoch) {
  const auto before = orders();
  ASSERT_EQ(code(reports(kThree, {id_of_topic("orders")})), Errc::none);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kTwo));
  EXPECT_EQ(orders().leader_epoch, before.leader_epoch);
  EXPECT_EQ(orders().partition_epoch, before.partition_epoch.next());
}

TEST_F(DamageTest, BelowTheMinimumADamagedReplicaIsNotEligible) {
  fences(kThree);
  fences(kTwo);
  ASSERT_THAT(orders().eligible, ElementsAre(kTwo));
  ASSERT_EQ(code(reports(kTwo, {id_of_topic("orders")})), Errc::none);
  EXPECT_THAT(orders().eligible, IsEmpty());
  EXPECT_EQ(orders().leader, kOne);
}

// Nobody can take over: there is no leader, and a stale third does not become one.
TEST_F(DamageTest, WithoutAnotherWholeReplicaNobodyLeads) {
  fences(kThree);
  fences(kTwo);
  reports(kTwo, {id_of_topic("orders")});
  decide(BrokerHeartbeat{kThree, image_->broker(kThree)->epoch, image_->offset()});
  ASSERT_EQ(code(reports(kOne, {id_of_topic("orders")})), Errc::none);
  EXPECT_EQ(orders().leader, kNoBroker);
  EXPECT_THAT(orders().in_sync, IsEmpty());
  EXPECT_THAT(orders().eligible, IsEmpty());
}

TEST_F(DamageTest, TheLastHolderStays) {
  const auto before = partition("alone");
  ASSERT_EQ(code(reports(kOne, {id_of_topic("alone")})), Errc::none);
  EXPECT_TRUE(last_records_.empty());
  EXPECT_EQ(partition("alone"), before);
}

TEST_F(DamageTest, EachPartitionHasItsAnswer) {
  const auto items = reports(
      kTwo, {{image_->topic("orders")->id, 7}, id_of_topic("alone"), id_of_topic("orders")});
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(code(items, 0), Errc::unknown_topic_or_partition);
  EXPECT_EQ(code(items, 1), Errc::invalid_request);
  EXPECT_EQ(code(items, 2), Errc::none);
  EXPECT_THAT(orders().in_sync, ElementsAre(kOne, kThree));
  EXPECT_EQ(code(decide(ReportDamaged{kOne, BrokerEpoch(1), {id_of_topic("orders")}})),
            Errc::stale_broker_epoch);
}

}  // namespace
}  // namespace ropewalk::controller
