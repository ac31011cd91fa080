// What operators do while clients go on: replicas move, leaders change, brokers are emptied and go.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::int32_t kPartitions = 4;
constexpr std::int32_t kDrained = 4;  // A broker that does not vote.

class Operations : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto started = cluster_.start_all();
    ASSERT_TRUE(started) << to_string(started.error());
    const auto created = admin_.create_topic({.name = "orders", .partitions = kPartitions});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  static PartitionName name(std::int32_t partition) { return {"orders", partition}; }
  std::vector<DescribedPartition> partitions() {
    const auto described = admin_.describe_topics({"orders"});
    EXPECT_TRUE(described) << to_string(described.error());
    return described ? described->at(0).partitions : std::vector<DescribedPartition>{};
  }
  bool none_is_moved(sim::Duration limit = 120s) {
    return cluster_.world().run_until(
        [&] {
          send(1);
          const auto running = admin_.list_reassignments();
          return running && running->empty();
        },
        limit);
  }
  void send(int each) {
    for (int i = 0; i < each; i++)
      for (std::int32_t partition = 0; partition < kPartitions; partition++)
        deliveries_.push_back(producer_.send({.topic = "orders",
                                              .value = std::to_string(sent_[partition]++),
                                              .partition = partition}));
  }
  // All that was sent was acknowledged, and is there, once and in order.
  void expect_all() {
    ASSERT_TRUE(producer_.flush(60s));
    for (Delivery& delivery : deliveries_) {
      const auto result = delivery.wait(1s);
      ASSERT_TRUE(result) << to_string(result.error());
    }
    Consumer consumer(cluster_.client());
    ASSERT_TRUE(consumer.assign_topic("orders"));
    std::map<std::int32_t, int> next;
    for (;;) {
      const auto polled = consumer.poll(2s);
      ASSERT_TRUE(polled) << to_string(polled.error());
      if (polled->empty()) break;
      for (const auto& record : *polled)
        ASSERT_EQ(*record.value, std::to_string(next[record.partition]++));
    }
    EXPECT_EQ(next, sent_);
  }
  void alter(const std::vector<WantedReplicas>& wanted) {
    const auto altered = admin_.alter_reassignments(wanted);
    ASSERT_TRUE(altered) << to_string(altered.error());
    for (const auto& one : *altered) ASSERT_EQ(one.error.code, Errc::none) << to_string(one.error);
  }
  void drain(std::int32_t broker) {
    const auto plan = admin_.plan_drain(broker);
    ASSERT_TRUE(plan) << to_string(plan.error());
    ASSERT_THAT(plan->stuck, IsEmpty());
    std::vector<WantedReplicas> wanted;
    for (const PlannedMove& move : plan->moves) wanted.push_back({move.partition, move.to});
    alter(wanted);
  }

  SimCluster cluster_{{.brokers = 4, .voters = 3, .seed = sim::seed_from_environment(21)}};
  Admin admin_{cluster_.client()};
  Producer producer_{cluster_.client(), {.linger = 1ms}};
  std::vector<Delivery> deliveries_;
  std::map<std::int32_t, int> sent_;
};

TEST_F(Operations, ReplicasMoveUnderLoadAndNothingIsLost) {
  send(100);
  std::vector<WantedReplicas> wanted;
  for (const DescribedPartition& partition : partitions()) {
    // Another leader, and the one broker that does not hold it.
    auto replicas = partition.replicas;
    for (std::int32_t id = 1; id <= 4; id++)
      if (std::ranges::count(replicas, id) == 0) replicas.push_back(id);
    replicas.erase(replicas.begin());
    wanted.push_back({name(partition.partition), replicas});
  }
  alter(wanted);
  ASSERT_TRUE(none_is_moved());
  const auto moved = partitions();
  for (std::size_t i = 0; i < moved.size(); i++) {
    EXPECT_EQ(moved[i].replicas, *wanted[i].replicas);
    EXPECT_EQ(moved[i].in_sync_replicas.size(), 3u);
    EXPECT_THAT(moved[i].replicas, Contains(moved[i].leader));
  }
  send(20);
  expect_all();
}

// R5, 6.11: what dies in the middle comes back and catches up, and the move ends.
TEST_F(Operations, AMoveEndsThoughTheNewReplicaDiesInItsMiddle) {
  send(200);
  const DescribedPartition before = partitions().at(0);
  std::int32_t fresh = 1;
  while (std::ranges::count(before.replicas, fresh) > 0) fresh++;
  auto replicas = before.replicas;
  replicas.back() = fresh;
  alter({{name(0), replicas}});
  cluster_.power_cut(static_cast<std::size_t>(fresh - 1));
  send(200);
  EXPECT_THAT(partitions().at(0).adding_replicas, ElementsAre(fresh));
  ASSERT_TRUE(cluster_.start(static_cast<std::size_t>(fresh - 1)));
  ASSERT_TRUE(none_is_moved());
  EXPECT_EQ(partitions().at(0).replicas, replicas);
  expect_all();
}

TEST_F(Operations, CalledOffItIsAsItWas) {
  send(50);
  const DescribedPartition before = partitions().at(0);
  std::int32_t fresh = 1;
  while (std::ranges::count(before.replicas, fresh) > 0) fresh++;
  cluster_.stop(static_cast<std::size_t>(fresh - 1));
  const auto refused = admin_.alter_reassignments({{name(0), {{fresh}}}});
  ASSERT_TRUE(refused) << to_string(refused.error());
  EXPECT_EQ(refused->at(0).error.code, Errc::invalid_replica_assignment) << "it is not there";
  ASSERT_TRUE(cluster_.start(static_cast<std::size_t>(fresh - 1)));
  cluster_.node(static_cast<std::size_t>(fresh - 1)).pause(1s);
  alter({{name(0), {{fresh}}}});
  alter({{name(0), std::nullopt}});
  const DescribedPartition after = partitions().at(0);
  EXPECT_THAT(after.replicas, ::testing::UnorderedElementsAreArray(before.replicas));
  EXPECT_THAT(after.adding_replicas, IsEmpty());
  EXPECT_THAT(after.removing_replicas, IsEmpty());
  expect_all();
}

TEST_F(Operations, ADrainedBrokerEndsForGoodAndNothingIsLost) {
  send(100);
  ASSERT_THAT(admin_.unregister_broker(kDrained).error().code, Errc::policy_violation);
  drain(kDrained);
  ASSERT_TRUE(none_is_moved());
  for (const DescribedPartition& partition : partitions()) {
    EXPECT_THAT(partition.replicas, Not(Contains(kDrained)));
    EXPECT_EQ(partition.replicas.size(), 3u);
  }
  cluster_.stop(kDrained - 1);
  send(20);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return admin_.unregister_broker(kDrained).has_value(); }, 30s));
  const auto status = admin_.cluster_status();
  ASSERT_TRUE(status) << to_string(status.error());
  EXPECT_EQ(status->brokers.size(), 3u);
  expect_all();
}

// Whoever is the controller, and whatever restarts.
TEST_F(Operations, ADrainedBrokerGetsNoNewReplicasUntilThatIsEnded) {
  const auto held_of = [&](const std::string& topic) {
    const auto described = admin_.describe_topics({topic});
    EXPECT_TRUE(described) << to_string(described.error());
    return std::ranges::count_if(described->at(0).partitions, [](const DescribedPartition& each) {
      return std::ranges::count(each.replicas, kDrained) > 0;
    });
  };
  ASSERT_TRUE(admin_.set_drained(kDrained, true));
  drain(kDrained);
  ASSERT_TRUE(none_is_moved());
  const auto controller = cluster_.controller();
  ASSERT_TRUE(controller);
  cluster_.stop(kDrained - 1);
  cluster_.power_cut(*controller);
  ASSERT_TRUE(cluster_.start_all());
  ASSERT_TRUE(admin_.create_topic({.name = "during", .partitions = 8}));
  EXPECT_EQ(held_of("during"), 0);
  EXPECT_EQ(held_of("orders"), 0);
  const auto status = admin_.cluster_status();
  ASSERT_TRUE(status) << to_string(status.error());
  for (const BrokerStatus& broker : status->brokers)
    EXPECT_EQ(broker.drained, broker.broker_id == kDrained) << broker.broker_id;
  ASSERT_TRUE(admin_.set_drained(kDrained, false));
  ASSERT_TRUE(admin_.create_topic({.name = "after", .partitions = 8}));
  EXPECT_GT(held_of("after"), 0);
}

TEST_F(Operations, ABrokerWithReplicasIsNotForgotten) {
  ASSERT_GT(std::ranges::count_if(partitions(),
                                  [](const DescribedPartition& each) {
                                    return std::ranges::count(each.replicas, kDrained) > 0;
                                  }),
            0);
  cluster_.kill(kDrained - 1);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return admin_.unregister_broker(kDrained).error().code == Errc::not_empty; }, 30s));
  drain(kDrained);
  ASSERT_TRUE(none_is_moved());
  EXPECT_TRUE(admin_.unregister_broker(kDrained));
}

TEST_F(Operations, TheLeaderSaysHowFarItsReplicasAre) {
  send(50);
  ASSERT_TRUE(producer_.flush(60s));
  const DescribedPartition partition = partitions().at(0);
  const auto at_the_end = [&](const PartitionReplicas& told) {
    return std::ranges::all_of(told.replicas, [&](const ReplicaState& replica) {
      return replica.in_sync && replica.log_end == 50;
    });
  };
  ASSERT_TRUE(cluster_.world().run_until(
      [&] {
        const auto told = admin_.describe_replicas({name(0)});
        return told && told->at(0).log_end == 50 && at_the_end(told->at(0));
      },
      30s));
  const std::int32_t behind =
      partition.leader == partition.replicas[1] ? partition.replicas[2] : partition.replicas[1];
  cluster_.kill(static_cast<std::size_t>(behind - 1));
  send(30);
  ASSERT_TRUE(producer_.flush(60s));
  const auto told = admin_.describe_replicas({name(0)});
  ASSERT_TRUE(told) << to_string(told.error());
  for (const ReplicaState& replica : told->at(0).replicas)
    if (replica.broker_id == behind) EXPECT_NE(replica.log_end, 80);
}

// C68 (LRK#4425, #4340): metadata never goes back, and a reader has no gap however often leaders
// move.
TEST_F(Operations, ALeaderThatMovesToAndFroIsNoTroubleToReaders) {
  auto replicas = partitions().at(0).replicas;
  Consumer consumer(cluster_.client());
  ASSERT_TRUE(consumer.assign({name(0)}));
  int next = 0;
  const auto read = [&](sim::Duration limit) {
    const auto polled = consumer.poll(limit);
    ASSERT_TRUE(polled) << to_string(polled.error());
    for (const auto& record : *polled) ASSERT_EQ(*record.value, std::to_string(next++));
  };
  std::int32_t epoch = -1;
  for (int round = 0; round < 40; round++) {
    std::swap(replicas[0], replicas[1]);
    alter({{name(0), replicas}});
    const auto elected = admin_.elect_leaders(ElectionKind::preferred, {name(0)});
    ASSERT_TRUE(elected) << to_string(elected.error());
    ASSERT_EQ(elected->at(0).error.code, Errc::none) << to_string(elected->at(0).error);
    EXPECT_EQ(elected->at(0).leader, replicas[0]);
    EXPECT_GT(elected->at(0).leader_epoch, epoch);
    epoch = elected->at(0).leader_epoch;
    send(5);
    const auto seen = [&] { return partitions().at(0).leader_epoch >= epoch; };
    ASSERT_TRUE(cluster_.world().run_until(seen, 1s));
    ASSERT_NO_FATAL_FAILURE(read(200ms));
    ASSERT_TRUE(cluster_.world().run_until(
        [&] { return partitions().at(0).in_sync_replicas.size() == 3; }, 10s));
  }
  EXPECT_GT(next, 0) << "it got something while they moved";
  ASSERT_TRUE(producer_.flush(60s));
  for (int i = 0; i < 10 && next < sent_[0]; i++) ASSERT_NO_FATAL_FAILURE(read(1s));
  EXPECT_EQ(next, sent_[0]);
  expect_all();
}

}  // namespace
}  // namespace ropewalk::testing
