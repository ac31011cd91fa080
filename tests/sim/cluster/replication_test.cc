// Three brokers hold every partition three times: what was acknowledged outlives any one of them
// (R1 to R6, R13 for whole brokers).
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/testing/damage.h"
#include "broker/testing/sim_cluster.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"

namespace ropewalk::testing {
namespace {

using namespace std::chrono_literals;

class ThreeCopies : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto started = cluster_.start_all();
    ASSERT_TRUE(started) << to_string(started.error());
    const auto created = admin_.create_topic({.name = "orders", .partitions = 1});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  DescribedPartition partition() {
    const auto described = admin_.describe_topics({"orders"});
    EXPECT_TRUE(described) << to_string(described.error());
    if (!described) return {};
    return described->at(0).partitions.at(0);
  }
  std::size_t leader() {
    std::int32_t id = -1;
    EXPECT_TRUE(cluster_.world().run_until(
        [&] {
          id = partition().leader;
          return id > 0;
        },
        30s));
    return static_cast<std::size_t>(id - 1);
  }
  bool all_in_sync() {
    return cluster_.world().run_until([&] { return partition().in_sync_replicas.size() == 3; },
                                      30s);
  }
  void produce(int count) {
    std::vector<Delivery> deliveries;
    for (int i = 0; i < count; i++) {
      deliveries.push_back(
          producer_.send({.topic = "orders", .value = std::to_string(sent_++), .partition = 0}));
    }
    const auto flushed = producer_.flush(60s);
    ASSERT_TRUE(flushed) << to_string(flushed.error());
    for (Delivery& delivery : deliveries) {
      const auto result = delivery.wait(1s);
      ASSERT_TRUE(result) << to_string(result.error());
    }
  }
  std::vector<std::string> consume() {
    Consumer consumer(cluster_.client());
    EXPECT_TRUE(consumer.assign({{.topic = "orders", .partition = 0}}));
    std::vector<std::string> values;
    for (;;) {
      const auto polled = consumer.poll(2s);
      EXPECT_TRUE(polled) << to_string(polled.error());
      if (!polled || polled->empty()) return values;
      for (const auto& record : *polled) values.emplace_back(*record.value);
    }
  }
  void expect_all() {
    const auto values = consume();
    ASSERT_EQ(values.size(), static_cast<std::size_t>(sent_));
    for (int i = 0; i < sent_; i++)
      EXPECT_EQ(values[static_cast<std::size_t>(i)], std::to_string(i));
  }

  SimCluster cluster_{{.brokers = 3, .seed = sim::seed_from_environment(11)}};
  Admin admin_{cluster_.client()};
  Producer producer_{cluster_.client(), {.linger = 1ms}};
  int sent_ = 0;
};

TEST_F(ThreeCopies, StayInSyncAndGiveBackWhatWasProduced) {
  produce(200);
  EXPECT_EQ(partition().in_sync_replicas.size(), 3u);
  cluster_.world().run_for(60s);
  EXPECT_EQ(partition().in_sync_replicas.size(), 3u);
  expect_all();
}

TEST_F(ThreeCopies, OutliveTheirLeader) {
  produce(100);
  for (int round = 0; round < 4; round++) {
    const std::size_t victim = leader();
    if (round % 2 == 0)
      cluster_.kill(victim);
    else
      cluster_.power_cut(victim);
    produce(100);
    EXPECT_NE(leader(), victim);
    ASSERT_TRUE(cluster_.start(victim));
    EXPECT_TRUE(all_in_sync());
  }
  expect_all();
}

TEST_F(ThreeCopies, ComeBackAfterAPowerCutOfAll) {
  produce(150);
  for (std::size_t broker = 0; broker < 3; broker++) cluster_.power_cut(broker);
  ASSERT_TRUE(cluster_.start_all());
  produce(50);
  EXPECT_TRUE(all_in_sync());
  expect_all();
}

// R12: it is out of both sets before it changes a byte, and comes back as a whole one.
TEST_F(ThreeCopies, MakeAnewTheOneWhoseFilesAreGone) {
  produce(100);
  const std::size_t victim = (leader() + 1) % 3;
  cluster_.stop(victim);
  sim::Disk& disk = cluster_.disk(victim);
  std::size_t removed = 0;
  for (const std::string& path : disk.paths())
    if (path.contains("partitions/") && path.ends_with(".log"))
      removed += disk.remove(path).has_value();
  ASSERT_EQ(removed, 1u);
  ASSERT_TRUE(cluster_.start(victim));
  EXPECT_TRUE(all_in_sync());
  produce(10);
  cluster_.world().run_for(5s);
  for (std::size_t broker = 0; broker < 3; broker++)
    if (broker != victim) cluster_.kill(broker);
  ASSERT_TRUE(cluster_.start((victim + 1) % 3));
  EXPECT_EQ(leader(), victim);
  ASSERT_TRUE(cluster_.start((victim + 2) % 3));
  expect_all();
}

// The disk is replaced and formatted anew: nothing of the broker's replicas is on it.
// R12 while it runs: a reader cannot use what the leader sends, the leader looks, another one
// leads.
TEST_F(ThreeCopies, HealTheLeaderWhoseDiskChangesARecord) {
  produce(200);
  const std::size_t damaged = leader();
  ASSERT_TRUE(damage_a_batch(cluster_.disk(damaged), cluster_.world().random()));
  expect_all();
  EXPECT_NE(leader(), damaged);
  EXPECT_TRUE(all_in_sync()) << "it is made anew";
  for (int round = 0; round < 2; round++) {
    const std::size_t victim = leader();
    cluster_.kill(victim);
    expect_all();
    ASSERT_TRUE(cluster_.start(victim));
    EXPECT_TRUE(all_in_sync());
  }
}

// The same when a replica that was away cannot use it.
TEST_F(ThreeCopies, CatchUpFromAnotherLeaderWhereTheFirstIsDamaged) {
  const std::size_t damaged = leader();
  const std::size_t away = (damaged + 1) % 3;
  cluster_.kill(away);
  produce(200);
  ASSERT_TRUE(damage_a_batch(cluster_.disk(damaged), cluster_.world().random()));
  ASSERT_TRUE(cluster_.start(away));
  EXPECT_TRUE(all_in_sync());
  EXPECT_NE(leader(), damaged);
  expect_all();
}

TEST_F(ThreeCopies, FillADiskThatWasReplaced) {
  produce(100);
  const std::size_t victim = (leader() + 1) % 3;
  cluster_.kill(victim);
  cluster_.lose_disk(victim);
  produce(100);
  ASSERT_TRUE(cluster_.start(victim));
  EXPECT_TRUE(all_in_sync());
  produce(10);
  expect_all();
  // Led by it, it is all there: the others go for a while.
  const auto moved = admin_.alter_reassignments(
      {{{"orders", 0}, std::vector{static_cast<std::int32_t>(victim) + 1}}});
  ASSERT_TRUE(moved) << to_string(moved.error());
  EXPECT_TRUE(cluster_.world().run_until([&] { return leader() == victim; }, 30s));
  expect_all();
}

// The controller still takes the broker for its last life, of which nobody has seen the end.
TEST_F(ThreeCopies, FillADiskThatWasReplacedBeforeTheSessionEnded) {
  produce(10);
  const std::size_t victim = (leader() + 1) % 3;
  cluster_.world().network().isolate(cluster_.node(victim).name());
  cluster_.kill(victim);
  cluster_.lose_disk(victim);
  cluster_.world().network().heal();
  const auto started = cluster_.start(victim);
  ASSERT_TRUE(started) << to_string(started.error());
  EXPECT_TRUE(all_in_sync());
  expect_all();
}

// D5: whoever switches is told `synced` only once it is so.
TEST_F(ThreeCopies, BecomeSyncedAgainAfterASwitch) {
  const auto set = [&](const std::string& value) {
    const auto changed = admin_.set_topic_config("orders", {{"durability", value}});
    ASSERT_TRUE(changed) << to_string(changed.error());
  };
  set("replicated");
  EXPECT_EQ(partition().durability, "replicated");
  produce(100);
  set("synced");
  EXPECT_TRUE(cluster_.world().run_until([&] { return partition().durability == "synced"; }, 30s));
  produce(10);
  expect_all();
}

}  // namespace
}  // namespace ropewalk::testing
