// Cases of other brokers' users that need several brokers (tests/cases.md).
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
using ::testing::HasSubstr;

class Cases : public ::testing::Test {
 protected:
  explicit Cases(SimClusterOptions options = {.brokers = 3, .seed = sim::seed_from_environment(31)})
      : cluster_(std::move(options)) {}
  void SetUp() override {
    const auto started = cluster_.start_all();
    ASSERT_TRUE(started) << to_string(started.error());
  }
  void create(const std::string& name, std::int32_t partitions = 1) {
    const auto created = admin_.create_topic({.name = name, .partitions = partitions});
    ASSERT_TRUE(created) << to_string(created.error());
  }
  DescribedPartition partition(const std::string& topic) {
    const auto described = admin_.describe_topics({topic});
    EXPECT_TRUE(described) << to_string(described.error());
    return described ? described->at(0).partitions.at(0) : DescribedPartition();
  }
  std::int64_t end_of(const std::string& topic) {
    const auto told = admin_.list_offsets({{.partition = {topic, 0}}});
    EXPECT_TRUE(told) << to_string(told.error());
    return told ? told->at(0).offset : -1;
  }
  Result<Delivered> send(const std::string& topic, ProducerOptions options) {
    Producer producer(cluster_.client(), std::move(options));
    return producer.send({.topic = topic, .value = "x", .partition = 0}).wait(60s);
  }
  bool all_in_sync(const std::string& topic, sim::Duration limit) {
    return cluster_.world().run_until([&] { return partition(topic).in_sync_replicas.size() == 3; },
                                      limit);
  }

  SimCluster cluster_;
  Admin admin_{cluster_.client()};
};

// C05: whoever is told that a topic is made may use it at once, also through other brokers.
TEST_F(Cases, ATopicServesThroughAllBrokersOnceItsMakingIsAnswered) {
  Client& other = cluster_.add_client("other", {});
  Producer producer(other, {.linger = 0ms, .delivery_timeout = 1s});
  for (int i = 0; i < 60; i++) {
    const std::string name = "topic-" + std::to_string(i);
    create(name, 3);
    for (std::int32_t each = 0; each < 3; each++) {
      const auto sent = producer.send({.topic = name, .value = "x", .partition = each}).wait(5s);
      ASSERT_TRUE(sent) << name << ": " << to_string(sent.error());
    }
  }
}

class FourOfWhichOneVotes : public Cases {
 protected:
  FourOfWhichOneVotes()
      : Cases({.brokers = 4, .voters = 1, .seed = sim::seed_from_environment(32)}) {}
};

// C07: with two of three brokers down it is refused with the reason, and nothing is stored.
TEST_F(FourOfWhichOneVotes, TooFewInSyncStoreNothingAndSaySo) {
  create("orders");
  ASSERT_TRUE(admin_.alter_reassignments({{{"orders", 0}, {{1, 2, 3}}}}));
  ASSERT_TRUE(cluster_.world().run_until(
      [&] {
        const DescribedPartition now = partition("orders");
        return now.leader == 1 && now.replicas.size() == 3 && now.in_sync_replicas.size() == 3;
      },
      60s));
  ASSERT_TRUE(send("orders", {}));
  for (const std::size_t follower : {1u, 2u}) cluster_.kill(follower);
  ASSERT_TRUE(cluster_.world().run_until(
      [&] { return partition("orders").in_sync_replicas.size() == 1; }, 30s));
  const std::int64_t end = end_of("orders");
  EXPECT_EQ(end, 1);
  const auto refused = send("orders", {.delivery_timeout = 2s});
  ASSERT_FALSE(refused);
  EXPECT_THAT(to_string(refused.error()), HasSubstr("not_enough_replicas"));
  ASSERT_TRUE(cluster_.start(1));
  const auto sent = send("orders", {});
  ASSERT_TRUE(sent) << to_string(sent.error());
  EXPECT_EQ(sent->offset, end) << "what was refused is not there";
}

// C46: leaders die under pipelines of an idempotent producer: each record is there once and in
// order.
TEST_F(Cases, LeadersThatDieNeitherDoubleNorDisorderAPipeline) {
  constexpr std::int32_t kPartitions = 12;
  create("orders", kPartitions);
  Producer producer(cluster_.client(), {.linger = 1ms});
  std::vector<Delivery> deliveries;
  int next = 0;
  const auto send_some = [&] {
    for (int i = 0; i < 20; i++, next++)
      for (std::int32_t each = 0; each < kPartitions; each++)
        deliveries.push_back(
            producer.send({.topic = "orders", .value = std::to_string(next), .partition = each}));
  };
  for (int round = 0; round < 5; round++) {
    send_some();
    cluster_.world().run_for(3ms);
    const std::int32_t leader = partition("orders").leader;
    ASSERT_GT(leader, 0);
    cluster_.kill(static_cast<std::size_t>(leader - 1));
    send_some();
    cluster_.world().run_for(1s);
    ASSERT_TRUE(cluster_.start(static_cast<std::size_t>(leader - 1)));
    ASSERT_TRUE(all_in_sync("orders", 60s));
  }
  ASSERT_TRUE(producer.flush(120s));
  for (Delivery& delivery : deliveries) {
    const auto result = delivery.wait(1s);
    ASSERT_TRUE(result) << to_string(result.error());
  }
  Consumer consumer(cluster_.client());
  ASSERT_TRUE(consumer.assign_topic("orders"));
  std::map<std::int32_t, int> read;
  for (;;) {
    const auto polled = consumer.poll(2s);
    ASSERT_TRUE(polled) << to_string(polled.error());
    if (polled->empty()) break;
    for (const auto& record : *polled)
      ASSERT_EQ(*record.value, std::to_string(read[record.partition]++)) << record.partition;
  }
  for (std::int32_t each = 0; each < kPartitions; each++) EXPECT_EQ(read[each], next) << each;
}

// C67: a copy that is made anew comes into the set without a record's help, also where all records
// have been let go.
TEST_F(Cases, ACopyOfAnIdlePartitionComesBackWithoutTraffic) {
  for (const char* const topic : {"idle", "emptied"}) {
    create(topic);
    for (int i = 0; i < 3; i++) ASSERT_TRUE(send(topic, {}));
  }
  ASSERT_TRUE(admin_.delete_records({{.partition = {"emptied", 0}, .before = std::nullopt}}));
  cluster_.world().run_for(5s);
  const std::size_t victim = static_cast<std::size_t>(partition("idle").leader) % 3;
  cluster_.stop(victim);
  sim::Disk& disk = cluster_.disk(victim);
  std::size_t removed = 0;
  for (const std::string& path : disk.paths())
    if (path.contains("partitions/")) removed += disk.remove(path).has_value();
  ASSERT_GT(removed, 0u);
  ASSERT_TRUE(cluster_.start(victim));
  for (const char* const topic : {"idle", "emptied"}) {
    EXPECT_TRUE(all_in_sync(topic, 10s)) << topic;
    EXPECT_EQ(end_of(topic), 3) << topic;
  }
}

}  // namespace
}  // namespace ropewalk::testing
